#include "ledger/body_pack.h"

#include "base/check.h"
#include "codec/crypto.h"
#include "codec/zstd.h"
#include "ledger/tiles.h"

namespace belljar::ledger {

namespace {

constexpr std::string_view kFolder = "blobs/";
constexpr std::string_view kSaltedPrefix = "\x02";
constexpr char kThere = 0x01;
constexpr char kErased = 0x00;
constexpr std::size_t kLengthBytes = 4;

}  // namespace

std::string pack_path(std::uint64_t number) { return std::string{kFolder} + index_path(number); }

std::optional<std::uint64_t> parse_pack_path(std::string_view path) {
  if (!path.starts_with(kFolder)) return {};
  return parse_index_path(path.substr(kFolder.size()));
}

Digest salted_digest(std::string_view salt, std::string_view body) {
  return codec::sha256_of({kSaltedPrefix, salt, body});
}

void PackWriter::add(std::string_view salt, std::string_view body) {
  CHECK(salt.size() == kSaltBytes && body.size() <= kBodyBytesMax, "a record's length fits its bytes");
  raw_ += kThere;
  raw_ += salt;
  for (int shift = 24; shift >= 0; shift -= 8) raw_ += static_cast<char>(body.size() >> shift & 0xFF);
  raw_ += body;
  ++count_;
}

void PackWriter::add_erased() {
  raw_ += kErased;
  ++count_;
}

std::string PackWriter::file() const { return codec::zstd_compress(raw_); }

void PackWriter::clear() {
  // A pack that one huge body has filled must not stay as large for good.
  if (raw_.capacity() > 4 * kPackBytesFull) raw_ = {};
  raw_.clear();
  count_ = 0;
}

Result<std::string> open_pack(std::string_view file) { return codec::zstd_decompress(file, kPackBytesMax); }

Result<std::optional<PackedBody>> PackReader::next() {
  if (rest_.empty()) return std::optional<PackedBody>{};
  const char kind = rest_.front();
  rest_.remove_prefix(1);
  if (kind == kErased) {
    PackedBody erased;
    erased.erased = true;
    return std::optional<PackedBody>{erased};
  }
  if (kind != kThere) return Error{Errc::corrupt, "a record that is neither there nor erased"};
  if (rest_.size() < kSaltBytes + kLengthBytes) return Error{Errc::corrupt, "a record is cut off"};
  PackedBody body;
  body.salt = rest_.substr(0, kSaltBytes);
  rest_.remove_prefix(kSaltBytes);
  std::size_t size = 0;
  for (std::size_t at = 0; at < kLengthBytes; ++at) size = size << 8 | static_cast<std::uint8_t>(rest_[at]);
  rest_.remove_prefix(kLengthBytes);
  if (rest_.size() < size) return Error{Errc::corrupt, "a record is cut off"};
  body.body = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return std::optional<PackedBody>{body};
}

}  // namespace belljar::ledger
