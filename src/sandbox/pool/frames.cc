#include "sandbox/pool/frames.h"

#include <cstring>

namespace belljar::sandbox {

namespace {

constexpr std::uint32_t kMagic = 0x426a7001;

struct Header {
  std::uint32_t magic = kMagic;
  FrameKind kind{};
  std::uint32_t bytes = 0;  // of what follows: words, each its length and its bytes
};

Error corrupt(const char* what) { return {Errc::corrupt, std::string{"read a frame of the pool: "} + what}; }

template <class T>
void put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

Result<std::vector<std::string>> split_words(std::string_view bytes) {
  std::vector<std::string> words;
  while (!bytes.empty()) {
    std::uint32_t length = 0;
    if (bytes.size() < sizeof length) return corrupt("a word without its length");
    std::memcpy(&length, bytes.data(), sizeof length);
    bytes.remove_prefix(sizeof length);
    if (bytes.size() < length) return corrupt("a word that is longer than its frame");
    words.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  return words;
}

}  // namespace

std::string encode_frame(const Frame& frame) {
  std::string body;
  for (const std::string& word : frame.words) {
    put(body, static_cast<std::uint32_t>(word.size()));
    body += word;
  }
  std::string out;
  put(out, Header{kMagic, frame.kind, static_cast<std::uint32_t>(body.size())});
  return out + body;
}

Result<std::optional<Frame>> FrameReader::next() {
  Header header;
  if (held_.size() < sizeof header) return std::optional<Frame>{};
  std::memcpy(&header, held_.data(), sizeof header);
  if (header.magic != kMagic) return corrupt("it does not begin as one");
  if (header.kind < FrameKind::start || header.kind > FrameKind::last) return corrupt("of no known kind");
  if (header.bytes > kFrameBytesMax) return corrupt("longer than 8 MiB");
  if (held_.size() - sizeof header < header.bytes) return std::optional<Frame>{};
  Frame frame{header.kind, TRY(split_words(std::string_view{held_}.substr(sizeof header, header.bytes)))};
  held_.erase(0, sizeof header + header.bytes);
  return std::optional<Frame>{std::move(frame)};
}

}  // namespace belljar::sandbox
