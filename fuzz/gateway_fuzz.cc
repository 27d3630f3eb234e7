// What a program says to the gateway: HTTP heads and bodies, targets, hosts, SOCKS, DNS and TLS hellos. Whatever the
// bytes and however they are cut: no crash, one spelling comes out, and the pieces never change what is read. The first
// byte picks the parser, the second the pieces.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "boundary/client_hello.h"
#include "boundary/dns_message.h"
#include "boundary/host.h"
#include "boundary/http_message.h"
#include "boundary/socks.h"
#include "boundary/target.h"

namespace {

using namespace belljar;            // NOLINT(google-build-using-namespace): one small program
using namespace belljar::boundary;  // NOLINT(google-build-using-namespace)

void host(std::string_view text, std::size_t) {
  for (const Brackets brackets : {Brackets::around_v6, Brackets::never}) {
    const Result<Host> once = parse_host(text, brackets);
    if (!once) continue;
    const Host& read = once.value();
    const std::string again_text = brackets == Brackets::around_v6 ? read.in_url() : read.text;
    const Result<Host> again = parse_host(again_text, brackets);
    CHECK(again && again.value() == read, "what comes out is its own normal form");
    CHECK(read.text.size() <= 253, "a host is bounded");
    CHECK(std::all_of(read.text.begin(), read.text.end(),
                      [](char c) { return c > 0x20 && c < 0x7f && c != '%' && c != '@'; }),
          "a host is plain");
  }
  const Result<Authority> authority = parse_authority(text, 80);
  if (!authority) return;
  const std::string again = authority.value().host.in_url() + ":" + std::to_string(authority.value().port);
  const Result<Authority> second = parse_authority(again, 0);
  CHECK(second && second.value() == authority.value(), "an authority is its own normal form");
}

void target(std::string_view text, std::size_t) {
  const Result<std::string> once = normal_target(text, "GET");
  if (once) {
    const Result<std::string> again = normal_target(once.value(), "GET");
    CHECK(again && again.value() == once.value(), "a target is its own normal form");
    const std::string_view path = path_of(once.value());
    CHECK(path.find("/../") == std::string_view::npos && path.find("//") == std::string_view::npos,
          "a path leads where it says");
  }
  const Result<AbsoluteTarget> absolute = parse_absolute(text);
  if (absolute) CHECK(absolute.value().origin.starts_with('/'), "an origin is a path");
}

void body(const Framing& framing, std::string_view bytes, std::size_t step) {
  std::string whole;
  std::string pieces;
  BodyReader first{framing};
  const Result<std::size_t> used = first.feed(bytes, whole);
  BodyReader second{framing};
  std::size_t taken = 0;
  bool sound = true;
  for (std::size_t at = 0; at < bytes.size() && sound && !second.done(); at += step) {
    const Result<std::size_t> fed = second.feed(bytes.substr(at, step), pieces);
    sound = static_cast<bool>(fed);
    if (fed) taken += fed.value();
  }
  CHECK(static_cast<bool>(used) == sound, "pieces change nothing");
  if (used) CHECK(used.value() == taken && whole == pieces && first.done() == second.done(), "pieces change nothing");
}

void http(std::string_view bytes, std::size_t step) {
  const Result<std::size_t> end = head_end(bytes);
  if (!end || end.value() == 0) return;
  const std::string_view rest = bytes.substr(end.value());
  const Result<RequestHead> head = parse_request_head(bytes.substr(0, end.value()));
  if (head) {
    for (const auto& [name, value] : head.value().headers) {
      CHECK(value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos, "a value is one line");
      CHECK(name.find_first_of(" \t:\r\n") == std::string::npos && !name.empty(), "a name is a name");
    }
    const Result<Framing> framing = request_framing(head.value());
    if (framing) body(framing.value(), rest, step);
    Headers headers = head.value().headers;
    drop_hop_by_hop(headers);
    CHECK(find_header(headers, "transfer-encoding") == nullptr, "nothing of a neighbour's stays");
    (void)keeps_alive(headers, head.value().minor);
  }
  const Result<AnswerHead> answer = parse_answer_head(bytes.substr(0, end.value()));
  if (!answer) return;
  const Result<Framing> framing = answer_framing(answer.value(), "GET");
  if (framing) body(framing.value(), rest, step);
}

void socks(std::string_view bytes, std::size_t step) {
  SocksReader whole;
  SocksReader pieces;
  Result<SocksStep> last = whole.feed(bytes);
  if (last && last.value() == SocksStep::greet) last = whole.feed({});
  Result<SocksStep> piece = SocksStep::more;
  for (std::size_t at = 0; at < bytes.size() && piece && piece.value() != SocksStep::connect; at += step) {
    piece = pieces.feed(bytes.substr(at, step));
    if (piece && piece.value() == SocksStep::greet) piece = pieces.feed({});
  }
  CHECK(static_cast<bool>(last) == static_cast<bool>(piece), "pieces change nothing");
  if (last && last.value() == SocksStep::connect) CHECK(whole.target() == pieces.target(), "pieces change nothing");
}

void dns(std::string_view bytes, std::size_t) {
  const Result<DnsQuestion> question = parse_dns_query(bytes);
  if (question) {
    CHECK(question.value().name.size() <= 4 * 255, "a name is bounded");
    const std::string answer = dns_address(question.value(), IpAddress::v4(0xc6120001), 60);
    const auto type = static_cast<DnsType>(question.value().type);
    if (type == DnsType::a) {
      const auto found = parse_dns_answer(answer, question.value().id, question.value().name, type);
      CHECK(found && found.value().size() == 1, "what is answered can be read");
    }
  }
  (void)parse_dns_answer(bytes, 0, "example.com", DnsType::a);
  (void)parse_dns_answer(bytes, 0, "example.com", DnsType::aaaa);
}

void hello(std::string_view bytes, std::size_t step) {
  const auto whole = read_client_hello(bytes);
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const auto part = read_client_hello(bytes.substr(0, at));
    // What is enough or broken stays so, whatever follows.
    if (!part) CHECK(!whole, "broken stays broken");
    if (part && part.value()) {
      CHECK(whole && whole.value() && whole.value()->server_name == part.value()->server_name, "read stays read");
    }
  }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's own name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr void (*kParsers[])(std::string_view, std::size_t) = {host, target, http, socks, dns, hello};
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
  kParsers[data[0] % std::size(kParsers)](bytes, std::size_t{1} + data[1] % 32);
  return 0;
}
