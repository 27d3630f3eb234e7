#include "boundary/postgres_frames.h"

namespace belljar::boundary {

namespace {

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = (value << 8U) | static_cast<std::uint8_t>(c);
  return value;
}

std::string big_endian(std::uint32_t value, int size) {
  std::string out;
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
    out += static_cast<char>(value >> static_cast<unsigned>(shift));
  return out;
}

}  // namespace

Result<std::optional<PgFrame>> PgFrames::next() {
  const std::size_t head = typed_ ? 5 : 4;
  const std::string_view rest = std::string_view{waiting_}.substr(at_);
  if (rest.size() < head) {
    waiting_.erase(0, at_);
    at_ = 0;
    return std::optional<PgFrame>{};
  }
  const std::size_t size = big_endian(rest.substr(head - 4, 4));
  if (size < 4 || size > (typed_ ? kFrameBytesMax : kStartupBytesMax)) {
    return Error{Errc::corrupt, "read a message of a PostgreSQL client: its length is " + std::to_string(size)};
  }
  if (rest.size() < head - 4 + size) return std::optional<PgFrame>{};
  PgFrame frame;
  frame.type = typed_ ? rest[0] : '\0';
  frame.body = rest.substr(head, size - 4);
  at_ += head - 4 + size;
  return std::optional{std::move(frame)};
}

std::uint32_t PgReader::number(std::size_t size) {
  const std::string_view taken = bytes(size);
  return bad_ ? 0 : big_endian(taken);
}

std::string PgReader::text() {
  const std::size_t end = rest_.find('\0');
  if (end == std::string_view::npos) {
    bad_ = true;
    return {};
  }
  std::string out{rest_.substr(0, end)};
  rest_.remove_prefix(end + 1);
  return out;
}

std::string_view PgReader::bytes(std::size_t count) {
  if (bad_ || count > rest_.size()) {
    bad_ = true;
    return {};
  }
  const std::string_view out = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return out;
}

char PgReader::byte() {
  const std::string_view one = bytes(1);
  return one.empty() ? '\0' : one[0];
}

PgMessage& PgMessage::int16(std::size_t value) {
  body_ += big_endian(static_cast<std::uint32_t>(value), 2);
  return *this;
}

PgMessage& PgMessage::int32(std::int64_t value) {
  body_ += big_endian(static_cast<std::uint32_t>(value), 4);
  return *this;
}

PgMessage& PgMessage::text(std::string_view value) {
  body_ += value.substr(0, value.find('\0'));
  body_ += '\0';
  return *this;
}

PgMessage& PgMessage::raw(std::string_view bytes) {
  body_ += bytes;
  return *this;
}

std::string PgMessage::bytes() const {
  return std::string{type_} + big_endian(static_cast<std::uint32_t>(body_.size() + 4), 4) + body_;
}

}  // namespace belljar::boundary
