#include "boundary/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace belljar::boundary {

namespace {

constexpr std::size_t kHeadersMax = 100;
constexpr std::size_t kTargetMax = 8192;
constexpr std::size_t kMethodMax = 32;
constexpr std::size_t kSizeLineMax = 256;
constexpr std::size_t kTrailerMax = 8192;

Error bad(std::string why) { return Error{Errc::corrupt, std::move(why)}; }

constexpr std::array<bool, 256> token_table() {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view{"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
    table.at(static_cast<unsigned char>(c)) = true;
  }
  return table;
}
constexpr std::array<bool, 256> kToken = token_table();

bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return kToken.at(static_cast<unsigned char>(c)); });
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_fold(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// A server that maps '_' to '-' would take these for the real ones.
bool is_disguised(std::string_view name) {
  if (name.find('_') == std::string_view::npos) return false;
  std::string plain{name};
  std::replace(plain.begin(), plain.end(), '_', '-');
  return plain == "content-length" || plain == "transfer-encoding" || plain == "content-encoding" ||
         plain == "proxy-authorization";
}

Result<void> add_header(std::string_view line, Headers& headers) {
  if (line.front() == ' ' || line.front() == '\t') return bad("a folded header line");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return bad("a header line without a colon");
  std::string name{line.substr(0, colon)};
  if (!is_token(name)) return bad("a header name with characters that are none of a name: " + printable(name, 40));
  std::transform(name.begin(), name.end(), name.begin(), lower);
  if (is_disguised(name)) return bad("a framing header spelt with underscores: " + printable(name, 40));
  const std::string_view value = trim(line.substr(colon + 1));
  const auto control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; };
  if (std::any_of(value.begin(), value.end(), control))
    return bad("a control character in header " + printable(name, 40));
  if (headers.size() == kHeadersMax) return bad("more than 100 headers");
  headers.emplace_back(std::move(name), value);
  return {};
}

// Splits at CRLF and takes nothing else for the end of a line.
Result<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos || end == 0 || rest[end - 1] != '\r')
    return bad("a line that does not end in CRLF");
  const std::string_view line = rest.substr(0, end - 1);
  if (line.find('\r') != std::string_view::npos) return bad("a carriage return inside a line");
  if (line.find('\0') != std::string_view::npos) return bad("a NUL byte");
  rest.remove_prefix(end + 1);
  return line;
}

Result<Headers> parse_headers(std::string_view rest) {
  Headers headers;
  while (true) {
    const std::string_view line = TRY(take_line(rest));
    if (line.empty()) break;
    TRY(add_header(line, headers));
  }
  if (!rest.empty()) return bad("bytes after the end of a head");
  return headers;
}

Result<int> parse_version(std::string_view text) {
  if (text == "HTTP/1.1") return 1;
  if (text == "HTTP/1.0") return 0;
  if (text == "HTTP/2.0") return bad("HTTP/2 without TLS; speak HTTP/1.1");
  return bad("no version this gateway speaks (HTTP/1.1, HTTP/1.0): " + printable(text, 20));
}

std::size_t count_of(const Headers& headers, std::string_view name) {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(), [name](const auto& header) { return header.first == name; }));
}

// The framing that both directions share; none where neither header is there.
Result<Framing> framing_of(const Headers& headers, int minor) {
  const std::string* const length = find_header(headers, "content-length");
  const std::string* const coding = find_header(headers, "transfer-encoding");
  if (length != nullptr && coding != nullptr) return bad("both content-length and transfer-encoding");
  if (count_of(headers, "content-length") > 1) return bad("content-length twice");
  if (count_of(headers, "transfer-encoding") > 1) return bad("transfer-encoding twice");
  Framing framing;
  if (coding != nullptr) {
    if (minor == 0) return bad("transfer-encoding in HTTP/1.0");
    if (!equals_fold(*coding, "chunked"))
      return bad("a transfer coding other than chunked alone: " + printable(*coding, 40));
    framing.kind = Framing::Kind::chunked;
  }
  if (length != nullptr) {
    const bool digits = !length->empty() && length->size() <= 15 &&
                        std::all_of(length->begin(), length->end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) return bad("content-length is no number: " + printable(*length, 40));
    framing.kind = Framing::Kind::length;
    (void)std::from_chars(length->data(), length->data() + length->size(), framing.length);
  }
  return framing;
}

}  // namespace

Result<std::size_t> head_end(std::string_view bytes) {
  // Broken from the first byte on: what begins so is no HTTP, and waiting for its end would hold memory for nothing.
  if (!bytes.empty() && !kToken.at(static_cast<unsigned char>(bytes.front()))) {
    return bad(bytes.front() == '\x16' ? "TLS where plain HTTP is spoken" : "no HTTP request begins so");
  }
  const std::size_t end = bytes.substr(0, kHeadBytesMax).find("\r\n\r\n");
  if (end != std::string_view::npos) return end + 4;
  if (bytes.substr(0, kHeadBytesMax).find("\n\n") != std::string_view::npos)
    return bad("a line that does not end in CRLF");
  if (bytes.size() >= kHeadBytesMax) return bad("a head longer than 32 KiB");
  return std::size_t{0};
}

Result<RequestHead> parse_request_head(std::string_view bytes) {
  const std::string_view line = TRY(take_line(bytes));
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad("no request line (METHOD TARGET VERSION)");
  RequestHead head;
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  head.minor = TRY(parse_version(line.substr(last + 1)));
  if (!is_token(head.method) || head.method.size() > kMethodMax) return bad("no method: " + printable(head.method, 40));
  if (head.target.size() > kTargetMax) return bad("a target longer than 8192 bytes");
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (head.target.empty() || !std::all_of(head.target.begin(), head.target.end(), visible)) {
    return bad("a target with spaces, control characters or bytes past ASCII: " + printable(head.target, 80));
  }
  head.headers = TRY(parse_headers(bytes));
  const std::size_t hosts = count_of(head.headers, "host");
  if (hosts > 1) return bad("Host twice");
  if (hosts == 0 && head.minor == 1) return bad("no Host");
  return head;
}

Result<AnswerHead> parse_answer_head(std::string_view bytes) {
  const std::string_view line = TRY(take_line(bytes));
  AnswerHead head;
  const std::size_t space = std::min(line.find(' '), line.size());
  head.minor = TRY(parse_version(line.substr(0, space)));
  const std::string_view code = line.substr(std::min(space + 1, line.size()), 3);
  const auto [end, error] = std::from_chars(code.data(), code.data() + code.size(), head.status);
  const bool whole =
      error == std::errc{} && end == code.data() + 3 && (line.size() == space + 4 || line[space + 4] == ' ');
  if (!whole || head.status < 100 || head.status > 599) return bad("no status line: " + printable(line, 80));
  head.headers = TRY(parse_headers(bytes));
  return head;
}

Result<Framing> request_framing(const RequestHead& head) { return framing_of(head.headers, head.minor); }

Result<Framing> answer_framing(const AnswerHead& head, std::string_view request_method) {
  Framing framing = TRY(framing_of(head.headers, head.minor));
  framing.strict = false;
  const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304 || request_method == "HEAD";
  if (bodiless) return Framing{};
  if (framing.kind == Framing::Kind::none) framing.kind = Framing::Kind::until_close;
  return framing;
}

bool has_token(const Headers& headers, std::string_view name, std::string_view token) {
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    for (std::size_t at = 0; at <= value.size();) {
      const std::size_t comma = std::min(value.find(',', at), value.size());
      if (equals_fold(trim(std::string_view{value}.substr(at, comma - at)), token)) return true;
      at = comma + 1;
    }
  }
  return false;
}

bool keeps_alive(const Headers& headers, int minor) {
  if (has_token(headers, "connection", "close")) return false;
  return minor == 1 || has_token(headers, "connection", "keep-alive");
}

void drop_hop_by_hop(Headers& headers) {
  constexpr std::array<std::string_view, 9> kHops{
      "connection", "keep-alive",        "proxy-connection", "proxy-authorization", "proxy-authenticate", "te",
      "trailer",    "transfer-encoding", "upgrade"};
  std::string named;
  for (const auto& [key, value] : headers) {
    if (key == "connection") named += value + ",";
  }
  const Headers listed{{"connection", named}};
  std::erase_if(headers, [&](const auto& header) {
    const bool hop = std::find(kHops.begin(), kHops.end(), header.first) != kHops.end();
    // What frames and routes a message is no neighbour's to take away.
    const bool kept = header.first == "host" || header.first == "content-length" || header.first == "authorization";
    return hop || (!named.empty() && !kept && has_token(listed, "connection", header.first));
  });
}

BodyReader::BodyReader(Framing framing) : framing_{framing}, state_{State::data}, left_{framing.length} {
  if (framing.kind == Framing::Kind::chunked) state_ = State::size_line;
  if (framing.kind == Framing::Kind::none || (framing.kind == Framing::Kind::length && left_ == 0))
    state_ = State::done;
}

Result<void> BodyReader::take_size_line() {
  std::string_view text = line_;
  const std::size_t semicolon = text.find(';');
  if (semicolon != std::string_view::npos) {
    if (framing_.strict) return bad("a chunk extension");
    text = trim(text.substr(0, semicolon));
  }
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f'); };
  if (text.empty() || text.size() > 8 || !std::all_of(text.begin(), text.end(), hex)) {
    return bad("a bad chunk size: " + printable(line_, 40));
  }
  (void)std::from_chars(text.data(), text.data() + text.size(), left_, 16);
  state_ = left_ == 0 ? State::trailer : State::chunk;
  return {};
}

Result<std::size_t> BodyReader::feed(std::string_view bytes, std::string& out) {
  std::size_t at = 0;
  while (at < bytes.size() && state_ != State::done) {
    if (state_ == State::data || state_ == State::chunk) {
      const bool endless = framing_.kind == Framing::Kind::until_close;
      const std::size_t take =
          endless ? bytes.size() - at : static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
      out.append(bytes.substr(at, take));
      at += take;
      if (endless) continue;
      left_ -= take;
      if (left_ == 0) state_ = state_ == State::chunk ? State::chunk_end : State::done;
      continue;
    }
    const char c = bytes[at++];
    if (c == '\0') return bad("a NUL byte where a chunk begins");
    if (c != '\n') {
      const bool after_return = !line_.empty() && line_.back() == '\r';
      if (after_return || line_.size() >= kSizeLineMax) return bad("a line around a chunk that does not end in CRLF");
      line_ += c;
      if (state_ == State::chunk_end && line_ != "\r") return bad("a chunk longer than it said");
      continue;
    }
    if (line_.empty() || line_.back() != '\r') return bad("a line around a chunk that does not end in CRLF");
    line_.pop_back();
    if (state_ == State::size_line) {
      TRY(take_size_line());
    } else if (state_ == State::chunk_end) {
      state_ = State::size_line;
    } else {
      trailer_bytes_ += line_.size();
      if (!line_.empty() && framing_.strict) return bad("trailers after a chunked request");
      if (trailer_bytes_ > kTrailerMax) return bad("trailers longer than 8 KiB");
      if (line_.empty()) state_ = State::done;
    }
    line_.clear();
  }
  return at;
}

Result<void> BodyReader::closed() {
  if (state_ == State::done) return {};
  if (framing_.kind != Framing::Kind::until_close) return bad("the connection ended in the middle of a body");
  state_ = State::done;
  return {};
}

}  // namespace belljar::boundary
