#include "codec/http.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "base/check.h"

namespace belljar::codec {

namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

Error broken(const std::string& what) { return Error{Errc::corrupt, "read an HTTP response: " + what}; }

}  // namespace

struct HttpResponseReader::State {
  explicit State(HttpLimits wanted) : limits{wanted} {
    // The reader's own bound comes first: the library's depends on how the bytes were cut.
    parser.header_limit(static_cast<std::uint32_t>(limits.head_bytes_max) + 1);
    parser.body_limit(limits.body_bytes_max);
    parser.eager(true);
  }

  HttpLimits limits;
  http::response_parser<http::string_body> parser;
  std::string waiting;  // bytes the parser has seen and cannot use yet: an unfinished head or chunk header
  bool failed = false;
};

HttpResponseReader::HttpResponseReader(HttpLimits limits) : state_{std::make_unique<State>(limits)} {}
HttpResponseReader::~HttpResponseReader() = default;
HttpResponseReader::HttpResponseReader(HttpResponseReader&&) noexcept = default;
HttpResponseReader& HttpResponseReader::operator=(HttpResponseReader&&) noexcept = default;

Result<void> HttpResponseReader::feed(std::string_view bytes) {
  State& state = *state_;
  if (state.failed) return broken("more after an error");
  state.waiting += bytes;
  if (!state.parser.is_header_done()) {
    const std::size_t end = state.waiting.find("\r\n\r\n");
    state.failed = std::min(end, state.waiting.size()) > state.limits.head_bytes_max - 4;
    if (state.failed) return broken("its head is past the limit");
    if (end == std::string::npos) return {};
  }
  // Beast 1.81 asserts that an unfinished last chunk it sees again has at least five bytes; every chunked body ends in
  // as many ("0\r\n\r\n"), so that waiting for them loses nothing.
  constexpr std::size_t kLastChunk = 5;
  const bool in_chunks = state.parser.is_header_done() && !state.parser.is_done() && state.parser.chunked();
  if (in_chunks && state.waiting.size() < kLastChunk) return {};
  std::size_t at = 0;
  while (at < state.waiting.size() && !state.parser.is_done()) {
    error_code error;
    const std::size_t used =
        state.parser.put(boost::asio::const_buffer{state.waiting.data() + at, state.waiting.size() - at}, error);
    at += used;
    if (error == http::error::need_more) break;
    state.failed = static_cast<bool>(error);
    if (error) return broken(error.message());
    if (used == 0) break;
  }
  state.waiting.erase(0, at);
  const int status = state.parser.is_header_done() ? static_cast<int>(state.parser.get().result_int()) : 0;
  state.failed = true;
  if (status != 0 && (status < 200 || status > 599)) return broken("status " + std::to_string(status));
  if (state.parser.is_done() && !state.waiting.empty()) return broken("bytes after its end");
  // What the parser leaves is less than a head or the line before a chunk.
  if (state.waiting.size() > state.limits.head_bytes_max) return broken("a line that does not end");
  state.failed = false;
  return {};
}

Result<void> HttpResponseReader::closed() {
  if (state_->failed) return broken("more after an error");
  if (done()) return {};
  error_code error;
  if (state_->parser.got_some()) state_->parser.put_eof(error);
  const bool whole = !error && state_->parser.is_done();
  state_->failed = !whole;
  return whole ? Result<void>{} : broken("the connection ended before it did");
}

bool HttpResponseReader::head_done() const { return state_->parser.is_header_done(); }
bool HttpResponseReader::done() const { return state_->parser.is_done() && !state_->failed; }

int HttpResponseReader::status() const {
  CHECK(head_done(), "a status is known once the head is");
  return static_cast<int>(state_->parser.get().result_int());
}

bool HttpResponseReader::keep_alive() const { return done() && state_->parser.keep_alive(); }

std::string HttpResponseReader::content_type() const {
  CHECK(head_done(), "a content type is known once the head is");
  std::string type{state_->parser.get()[http::field::content_type]};
  type.erase(std::min(type.find(';'), type.size()));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return type;
}

std::optional<std::chrono::seconds> HttpResponseReader::retry_after() const {
  CHECK(head_done(), "a header is known once the head is");
  const std::string text{state_->parser.get()[http::field::retry_after]};
  std::uint32_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds{seconds};
}

std::string HttpResponseReader::take_body() { return std::exchange(state_->parser.get().body(), {}); }

std::string http_request(const HttpRequest& request) {
  std::string text;
  text.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ").append(request.host);
  text += "\r\nAccept: application/json, text/event-stream\r\n";
  if (!request.authorization.empty()) text.append("Authorization: ").append(request.authorization).append("\r\n");
  if (!request.body.empty()) {
    text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text.append("\r\n").append(request.body);
}

}  // namespace belljar::codec
