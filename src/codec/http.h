// HttpResponseReader: one HTTP/1.1 response, out of bytes that an untrusted server sends in pieces of any size. The
// HTTP library stays inside http.cc.
//
//   HttpResponseReader reader{{.head_bytes_max = 16 << 10, .body_bytes_max = 1 << 20}};
//   TRY(reader.feed(bytes));                    // again and again, as bytes come
//   if (reader.head_done()) status = reader.status();
//   std::string piece = reader.take_body();     // what has come of the body, chunked or not, decoded
//   if (reader.done()) { ... reader.keep_alive() ... }
//
// How the bytes are cut never changes the response. An error (Errc::corrupt) means that the connection is of no further
// use. Memory is bounded by head_bytes_max and what take_body() has not taken; the body as a whole by body_bytes_max.
// Bytes after the end of the response are an error, for nobody has asked for them. Informational responses (1xx) and a
// change of protocol are errors, as nobody offers them. RFC 9110, RFC 9112. One thread at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace belljar::codec {

struct HttpLimits {
  std::size_t head_bytes_max = 16U << 10;
  std::size_t body_bytes_max = 1U << 20;
};

class HttpResponseReader {
 public:
  explicit HttpResponseReader(HttpLimits limits);
  ~HttpResponseReader();
  HttpResponseReader(HttpResponseReader&&) noexcept;
  HttpResponseReader& operator=(HttpResponseReader&&) noexcept;

  Result<void> feed(std::string_view bytes);
  // The server closed the connection: completes a body without a length, is an error in the middle of any other.
  Result<void> closed();

  bool head_done() const;
  bool done() const;
  int status() const;                // head_done()
  bool keep_alive() const;           // done(): another request may follow on this connection
  std::string content_type() const;  // head_done(): lower case, without parameters: "text/event-stream"
  // head_done(): in how many seconds a busy server wants to be asked again (Retry-After), where it says so in seconds.
  std::optional<std::chrono::seconds> retry_after() const;
  std::string take_body();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct HttpRequest {
  std::string_view method = "GET";
  std::string_view target = "/";
  std::string_view host = "127.0.0.1";
  std::string_view body = {};  // JSON; none: no body
  std::string_view authorization = {};
};

// The request's bytes. Targets and hosts are the house's own words, never a model's.
std::string http_request(const HttpRequest& request);

}  // namespace belljar::codec
