// HttpMessage: HTTP/1.x heads and bodies, read so strictly that no other reader can take them differently. What a proxy
// lets through ambiguous, the server behind it may split in two: request smuggling.
//
//   if (auto end = head_end(buffer, 32 << 10); end && *end > 0) head = TRY(parse_request_head(buffer.substr(0, *end)));
//   BodyReader body{TRY(request_framing(head))};
//   std::size_t used = TRY(body.feed(bytes, piece));   // `piece` gains what has come of the body, decoded
//   if (body.done()) ...
//
// Refused: lines that end in anything but CRLF, folded lines, spaces around names, control characters and NUL anywhere,
// both or repeated content-length and transfer-encoding, any transfer coding but `chunked` alone, a framing header
// spelt with underscores, chunk extensions and trailers of a request, more than 100 headers, a missing or repeated
// Host, versions other than 1.0 and 1.1 (the preface of HTTP/2 with a reason of its own).
//
// Names are in lower case, values without surrounding blanks. Pure, no I/O; errors are Errc::corrupt and fit to show.
// Sources: RFC 9110, RFC 9112.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "boundary/service.h"

namespace belljar::boundary {

inline constexpr std::size_t kHeadBytesMax = 32U << 10;

struct RequestHead {
  std::string method;
  std::string target;  // as sent
  int minor = 1;       // HTTP/1.minor
  Headers headers;
};

struct AnswerHead {
  int status = 0;
  int minor = 1;
  Headers headers;
};

// Where the head at the front ends, its empty line included; 0: not yet. Too long or certainly broken: an error.
Result<std::size_t> head_end(std::string_view bytes);
Result<RequestHead> parse_request_head(std::string_view bytes);
Result<AnswerHead> parse_answer_head(std::string_view bytes);

struct Framing {
  enum class Kind : std::uint8_t { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;
  bool strict = true;  // of a request: no chunk extensions, no trailers
};

Result<Framing> request_framing(const RequestHead& head);
Result<Framing> answer_framing(const AnswerHead& head, std::string_view request_method);

// Whether the connection may carry another message after this one.
bool keeps_alive(const Headers& headers, int minor);
// The listed value is there, as a token of a comma-separated list, in any case: has_token(headers, "connection",
// "close").
bool has_token(const Headers& headers, std::string_view name, std::string_view token);
// Takes out what is between two neighbours alone: connection, what it names, keep-alive, proxy-*, te, trailer, upgrade,
// transfer-encoding.
void drop_hop_by_hop(Headers& headers);

class BodyReader {
 public:
  explicit BodyReader(Framing framing);

  // Appends what it decodes to `out` and says how many bytes were the body's; fewer than all: the rest is the next
  // message.
  Result<std::size_t> feed(std::string_view bytes, std::string& out);
  // The connection ended: sound for `until_close` alone.
  Result<void> closed();
  bool done() const { return state_ == State::done; }

 private:
  enum class State : std::uint8_t { data, size_line, chunk, chunk_end, trailer, done };
  Result<void> take_size_line();

  Framing framing_;
  State state_;
  std::uint64_t left_ = 0;
  std::string line_;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace belljar::boundary
