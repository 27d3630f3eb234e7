// Postgres frames: the messages of PostgreSQL's wire protocol 3.0, read from and written to bytes.
//
//   PgFrames frames;
//   frames.feed(bytes);
//   while (auto frame = TRY(frames.next())) ...    // 'Q' and its body; the first ones (startup) have type 0
//   out += PgMessage{'C'}.text("SELECT 1").bytes();
//
// A frame of more than kFrameBytesMax, or a length below four, is Errc::corrupt: nothing after it can be told apart.
// Pure; one thread at a time. Format: PostgreSQL 15 manual, 55.7.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar::boundary {

struct PgFrame {
  char type = 0;
  std::string body;
};

class PgFrames {
 public:
  static constexpr std::size_t kFrameBytesMax = 4U << 20;
  static constexpr std::size_t kStartupBytesMax = 10'000;  // as PostgreSQL has it

  void feed(std::string_view bytes) { waiting_.append(bytes); }
  Result<std::optional<PgFrame>> next();
  void startup_done() { typed_ = true; }

 private:
  std::string waiting_;
  std::size_t at_ = 0;
  bool typed_ = false;
};

// Reads the fields of a frame's body; whatever is missing makes it bad() and reads as zero or empty.
class PgReader {
 public:
  explicit PgReader(std::string_view body) : rest_{body} {}

  std::int16_t int16() { return static_cast<std::int16_t>(number(2)); }
  std::int32_t int32() { return static_cast<std::int32_t>(number(4)); }
  std::string text();  // up to NUL
  std::string_view bytes(std::size_t count);
  char byte();
  bool bad() const { return bad_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::uint32_t number(std::size_t size);

  std::string_view rest_;
  bool bad_ = false;
};

class PgMessage {
 public:
  explicit PgMessage(char type) : type_{type} {}

  PgMessage& int16(std::size_t value);
  PgMessage& int32(std::int64_t value);
  PgMessage& text(std::string_view value);  // with its NUL; a NUL inside ends it
  PgMessage& raw(std::string_view bytes);
  std::string bytes() const;

 private:
  char type_;
  std::string body_;
};

}  // namespace belljar::boundary
