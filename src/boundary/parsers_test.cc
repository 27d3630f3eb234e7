// The parsers of what comes from a sandbox: hosts, targets, heads, bodies, SOCKS, DNS and TLS hellos.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "boundary/client_hello.h"
#include "boundary/dns_message.h"
#include "boundary/host.h"
#include "boundary/http_message.h"
#include "boundary/socks.h"
#include "boundary/target.h"
#include "codec/tls.h"

namespace belljar::boundary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): literals alone

TEST(Host, OneSpellingComesOut) {
  struct Row {
    std::string_view text;
    HostKind kind;
    std::string_view normal;
  };
  for (const Row& row :
       {Row{"Example.COM", HostKind::name, "example.com"}, Row{"a-b.c1", HostKind::name, "a-b.c1"},
        Row{"xn--mnchen-3ya.de", HostKind::name, "xn--mnchen-3ya.de"}, Row{"1.2.3.4", HostKind::v4, "1.2.3.4"},
        Row{"[2001:DB8:0::1]", HostKind::v6, "2001:db8::1"}, Row{"0x.example", HostKind::name, "0x.example"},
        Row{"localhost", HostKind::name, "localhost"}}) {
    const auto host = parse_host(row.text, Brackets::around_v6);
    ASSERT_TRUE(host) << row.text << ": " << host.error().message();
    EXPECT_EQ(host.value().kind, row.kind) << row.text;
    EXPECT_EQ(host.value().text, row.normal);
  }
}

TEST(Host, WhatTwoReadersCouldTakeDifferentlyIsRefused) {
  const std::string long_label(64, 'a');
  for (const std::string& text : {""s,
                                  "."s,
                                  "a..b"s,
                                  ".a"s,
                                  "a."s,
                                  "-a.b"s,
                                  "a-.b"s,
                                  "a_b.c"s,
                                  "a b"s,
                                  "a\tb"s,
                                  "a\0b"s,
                                  "a\r\nb"s,
                                  "a%2eb"s,
                                  "u@h"s,
                                  "a\\b"s,
                                  "m\xc3\xbcnchen.de"s,
                                  long_label,
                                  long_label + ".de",
                                  std::string(300, 'a'),
                                  "127.1"s,
                                  "0x7f.1"s,
                                  "0177.0.0.1"s,
                                  "2130706433"s,
                                  "0x7f000001"s,
                                  "017700000001"s,
                                  "1.2.3"s,
                                  "1.2.3.4.5"s,
                                  "256.1.1.1"s,
                                  "1.2.3.4."s,
                                  "example.0x10"s,
                                  "::1"s,
                                  "[::1"s,
                                  "[::1%eth0]"s,
                                  "[1.2.3.4]"s,
                                  "[]"s,
                                  "1.2.3.04"s}) {
    EXPECT_FALSE(parse_host(text, Brackets::around_v6)) << testing::PrintToString(text);
  }
}

TEST(Host, AuthoritiesHaveOnePort) {
  const auto with = parse_authority("Example.com:8080", 80);
  ASSERT_TRUE(with);
  EXPECT_EQ(with.value().port, 8080);
  EXPECT_EQ(parse_authority("[::1]", 443).value().port, 443);
  EXPECT_EQ(parse_authority("[::1]:8", 443).value().port, 8);
  for (const std::string_view text :
       {"a:", "a:0", "a:080", "a:65536", "a:1:2", "a:+1", "a: 1", "a", "[::1", "::1:80"}) {
    EXPECT_FALSE(parse_authority(text, 0)) << text;
  }
}

TEST(Host, SpecialAddressesAreNamed) {
  for (const std::string_view text : {"127.0.0.1",
                                      "10.1.2.3",
                                      "172.31.0.1",
                                      "192.168.1.1",
                                      "169.254.169.254",
                                      "100.100.100.200",
                                      "0.0.0.0",
                                      "224.0.0.1",
                                      "255.255.255.255",
                                      "198.18.0.1",
                                      "192.0.2.1",
                                      "168.63.129.16",
                                      "::1",
                                      "::",
                                      "::ffff:8.8.8.8",
                                      "::7f00:1",
                                      "fe80::1",
                                      "fd00:ec2::254",
                                      "ff02::1",
                                      "64:ff9b::808:808",
                                      "2002:7f00:1::",
                                      "2001::1",
                                      "2001:db8::1"}) {
    EXPECT_FALSE(special_use(IpAddress::parse(text).value()).empty()) << text;
  }
  for (const std::string_view text : {"8.8.8.8", "172.32.0.1", "100.128.0.1", "198.20.0.1", "2606:4700::1111"}) {
    EXPECT_TRUE(special_use(IpAddress::parse(text).value()).empty()) << text;
  }
}

TEST(Target, OneFormComesOut) {
  EXPECT_EQ(normal_target("/%61dmin/%7euser?q=%41", "GET").value(), "/admin/~user?q=%41");
  EXPECT_EQ(normal_target("/@scope%2fname", "GET").value(), "/@scope%2Fname");
  EXPECT_EQ(normal_target("*", "OPTIONS").value(), "*");
  const auto absolute = parse_absolute("HTTP://Example.com:81?q");
  ASSERT_TRUE(absolute) << absolute.error().message();
  EXPECT_EQ(absolute.value().authority.host.text, "example.com");
  EXPECT_EQ(absolute.value().authority.port, 81);
  EXPECT_EQ(absolute.value().origin, "/?q");
}

TEST(Target, PathsThatAServerCouldResolveElsewhereAreRefused) {
  for (const std::string_view target :
       {"/a/../b", "/a/%2e%2e/b", "/a/.%2E", "/..%2fb", "/a%5c..%5cb", "/a\\b", "//b", "/a//b", "/.",       "/%",
        "/%4",     "/%zz",        "/%00",    "/%0d%0a", "/a#b",        "/?#",   "a",   "",      "/a/..;/b", "*"}) {
    EXPECT_FALSE(normal_target(target, "GET")) << target;
  }
  for (const std::string_view target : {"https://a/", "ftp://a/", "http://u:p@a/", "http:///x", "http://a:b/",
                                        "http:/a", "/a", "http://127.1/", "http://a\\@b/"}) {
    EXPECT_FALSE(parse_absolute(target)) << target;
  }
}

TEST(HttpMessage, AHeadIsReadAndNamesAreLowered) {
  const std::string bytes = "GET /x HTTP/1.1\r\nHOST: a\r\nX-Y:  z \r\n\r\n";
  EXPECT_EQ(head_end(bytes + "more").value(), bytes.size());
  EXPECT_EQ(head_end(bytes.substr(0, bytes.size() - 1)).value(), 0U);
  const auto head = parse_request_head(bytes);
  ASSERT_TRUE(head) << head.error().message();
  EXPECT_EQ(head.value().method, "GET");
  EXPECT_EQ(head.value().target, "/x");
  EXPECT_THAT(head.value().headers, ElementsAre(Pair("host", "a"), Pair("x-y", "z")));
}

TEST(HttpMessage, AmbiguousFramingIsRefused) {
  for (const std::string& lines : {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"s,
                                   "Content-Length: 1\r\nContent-Length: 1\r\n"s,
                                   "Content-Length: 1, 1\r\n"s,
                                   "Content-Length: +1\r\n"s,
                                   "Content-Length: -1\r\n"s,
                                   "Content-Length: 0x1\r\n"s,
                                   "Content-Length:\r\n"s,
                                   "Transfer-Encoding: chunked, chunked\r\n"s,
                                   "Transfer-Encoding: gzip, chunked\r\n"s,
                                   "Transfer-Encoding: xchunked\r\n"s,
                                   "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"s,
                                   "Content_Length: 1\r\n"s,
                                   "Content-Length : 1\r\n"s,
                                   "X: a\r\n b\r\n"s,
                                   "X: a\0b\r\n"s,
                                   "X: a\rb\r\n"s,
                                   "X\r\n"s,
                                   ": a\r\n"s,
                                   "Host: b\r\n"s,
                                   "Content-Length: 1\n"s,
                                   "Transfer-Encoding: \x0b"s + "chunked\r\n"}) {
    const auto head = parse_request_head("POST / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n");
    EXPECT_FALSE(head && request_framing(head.value())) << testing::PrintToString(lines);
  }
}

TEST(HttpMessage, ABodyIsTheSameHoweverItIsCut) {
  const std::string bytes = "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\nNEXT";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    BodyReader reader{Framing{Framing::Kind::chunked, 0, true}};
    std::string out;
    std::size_t used = 0;
    for (std::size_t at = 0; at < bytes.size() && !reader.done(); at += step) {
      const auto fed = reader.feed(std::string_view{bytes}.substr(at, step), out);
      ASSERT_TRUE(fed) << fed.error().message();
      used += fed.value();
    }
    EXPECT_TRUE(reader.done());
    EXPECT_EQ(out, "Wikipedia");
    EXPECT_EQ(bytes.substr(used), "NEXT");
  }
  for (const std::string& broken :
       {"4;x=y\r\nWiki\r\n"s, "4\nWiki\r\n"s, "4 \r\nWiki"s, "4\r\nWikiX\r\n"s, "g\r\n"s, "-4\r\n"s, "0x4\r\n"s,
        "100000000\r\n"s, "\r\n"s, "0\r\nX: y\r\n\r\n"s, "4\r\nWiki\n"s}) {
    BodyReader reader{Framing{Framing::Kind::chunked, 0, true}};
    std::string out;
    EXPECT_FALSE(reader.feed(broken, out)) << testing::PrintToString(broken);
  }
}

TEST(HttpMessage, WhatIsBetweenNeighboursGoes) {
  Headers headers{
      {"host", "a"}, {"connection", "x-hop, host, keep-alive"}, {"x-hop", "1"}, {"x-stay", "2"}, {"upgrade", "h2c"}};
  drop_hop_by_hop(headers);
  EXPECT_THAT(headers, ElementsAre(Pair("host", "a"), Pair("x-stay", "2")));
}

TEST(Socks, GreetsAndReadsNamesByLength) {
  SocksReader reader;
  EXPECT_EQ(reader.feed("\x05\x01").value(), SocksStep::more);
  EXPECT_EQ(reader.feed("\0"s).value(), SocksStep::greet);
  EXPECT_EQ(reader.feed("\x05\x01\0\x03\x0b"s + "Example.com").value(), SocksStep::more);
  EXPECT_EQ(reader.feed("\x01\xbbhello").value(), SocksStep::connect);
  EXPECT_EQ(reader.target().host.text, "example.com");
  EXPECT_EQ(reader.target().port, 443);
  EXPECT_EQ(reader.rest(), "hello");
}

TEST(Socks, ANulInANameDoesNotEndIt) {
  SocksReader reader;
  ASSERT_EQ(reader.feed("\x05\x01\0"s).value(), SocksStep::greet);
  const auto step = reader.feed("\x05\x01\0\x03\x11"s + "evil.com\0good.com"s + "\0\x50"s);
  ASSERT_FALSE(step);
  EXPECT_THAT(step.error().message(), HasSubstr("NUL"));
  EXPECT_EQ(reader.code(), SocksCode::no_such_address);
}

TEST(Dns, AQuestionIsAnsweredWithItsAddress) {
  const std::string query = dns_query(7, "Api.Example.com", DnsType::a);
  const auto asked = parse_dns_query(query);
  ASSERT_TRUE(asked) << asked.error().message();
  EXPECT_EQ(asked.value().name, "api.example.com");
  const std::string answer = dns_address(asked.value(), IpAddress::v4(0xc6120005), 30);
  const auto found = parse_dns_answer(answer, 7, "api.example.com", DnsType::a);
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found.value().size(), 1U);
  EXPECT_EQ(found.value()[0].text(), "198.18.0.5");
  EXPECT_FALSE(parse_dns_answer(answer, 8, "api.example.com", DnsType::a));
  EXPECT_FALSE(parse_dns_answer(answer, 7, "other.example.com", DnsType::a));
}

TEST(Dns, BrokenQueriesAreErrors) {
  const std::string good = dns_query(7, "a.b", DnsType::a);
  for (std::size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(parse_dns_query(good.substr(0, size)));
  std::string pointer = good;
  pointer[12] = '\xc0';
  EXPECT_FALSE(parse_dns_query(pointer));
  std::string reply = good;
  reply[2] = '\x81';
  EXPECT_FALSE(parse_dns_query(reply));
  EXPECT_EQ(parse_dns_query(dns_query(7, "a\\b", DnsType::a)).value().name, "a\\092b");
}

TEST(ClientHello, OfARealClientIsRead) {
  auto authority = codec::TlsAuthority::make("test");
  auto trust = codec::TlsTrust::from_pem(authority.value()->certificate_pem());
  auto client = codec::TlsSession::client(*trust.value(), "Api.example.com");
  ASSERT_TRUE(client);
  const std::string bytes = client.value().take_output();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto part = read_client_hello(std::string_view{bytes}.substr(0, size));
    ASSERT_TRUE(part) << size << ": " << part.error().message();
    EXPECT_FALSE(part.value());
  }
  const auto hello = read_client_hello(bytes + "rest");
  ASSERT_TRUE(hello) << hello.error().message();
  ASSERT_TRUE(hello.value());
  EXPECT_EQ(hello.value()->server_name, "api.example.com");
  EXPECT_THAT(hello.value()->protocols, ElementsAre("http/1.1"));
  EXPECT_FALSE(read_client_hello("GET / HTTP/1.1\r\n"));
}

}  // namespace
}  // namespace belljar::boundary
