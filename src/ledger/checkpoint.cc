#include "ledger/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "ledger/note.h"

namespace belljar::ledger {

namespace {

constexpr std::size_t kOriginBytesMax = 1024;

Error bad_checkpoint(const std::string& why) { return {Errc::corrupt, "checkpoint: " + why}; }

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

}  // namespace

std::string Checkpoint::text() const {
  const std::string_view root{reinterpret_cast<const char*>(head.root.bytes.data()), head.root.bytes.size()};
  return origin + '\n' + std::to_string(head.size) + '\n' + to_base64(root) + '\n';
}

bool is_origin(std::string_view origin) {
  const auto control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; };
  return !origin.empty() && origin.size() <= kOriginBytesMax && is_utf8(origin) &&
         std::none_of(origin.begin(), origin.end(), control);
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  std::string_view rest = text;
  Checkpoint checkpoint;
  checkpoint.origin = take_line(rest);
  if (!is_origin(checkpoint.origin)) return bad_checkpoint("its first line is no origin");
  const std::string_view size = take_line(rest);
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), checkpoint.head.size);
  if (error != std::errc{} || end != size.data() + size.size())
    return bad_checkpoint("its second line is no tree size");
  const Result<std::string> root = from_base64(take_line(rest));
  if (!root || root.value().size() != checkpoint.head.root.bytes.size()) {
    return bad_checkpoint("its third line is not base64 of a SHA-256");
  }
  std::copy(root.value().begin(), root.value().end(), checkpoint.head.root.bytes.begin());
  // Leading zeros, a missing newline, further lines: all that is not the one form.
  if (checkpoint.text() != text) return bad_checkpoint("not three lines in canonical form");
  return checkpoint;
}

std::string sign_checkpoint(const Checkpoint& checkpoint, const codec::SigningKey& key) {
  return sign_note(checkpoint.text(), kKeyName, key);
}

}  // namespace belljar::ledger
