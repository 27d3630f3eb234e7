// The gateway as programs inside and servers outside meet it: real sockets, in a network namespace of the test's own.
#include "boundary/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "boundary/dns_message.h"
#include "boundary/gateway/stage_test.h"
#include "codec/tls.h"

namespace belljar::boundary {
namespace {

using namespace std::string_literals;  // NOLINT(google-build-using-namespace): literals alone
using ::testing::AllOf;
using testing::enter_own_network;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::policy_of;
using testing::Program;
using ::testing::SizeIs;
using testing::Stage;
using testing::StandIn;
using ::testing::StartsWith;

constexpr std::string_view kPublic = "93.184.216.34";
constexpr std::string_view kHosts =
    "93.184.216.34 web.example.com other.example.com\n"
    "127.0.0.1 inward.example.com\n"
    "93.184.216.34 rebind.example.com models.belljar\n10.0.0.7 rebind.example.com\n";

std::string ok(const std::string& body, const std::string& more = {}) {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

class GatewayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!enter_own_network({std::string{kPublic}})) GTEST_SKIP() << "needs a network namespace of its own";
  }
  static Stage stage(const std::string& rules, Attachment attachment = {}) {
    attachment.policy = policy_of(rules);
    return Stage{std::move(attachment), std::string{kHosts}};
  }
};

constexpr const char* kWeb = R"(
  - permit: web
    action: connect
    what: {hosts: [web.example.com], ports: [80], methods: [GET, POST, HEAD], paths: [/**]}
)";

TEST_F(GatewayTest, AnAllowedRequestReachesTheServerAndOnlyWhatIsForIt) {
  StandIn server{std::string{kPublic}, 80,
                 [](const std::string&) { return ok("hello", "x-server: yes\r\nconnection: x-hop\r\nx-hop: 1\r\n"); }};
  Stage stage = GatewayTest::stage(kWeb);
  const std::string answer =
      stage.get("http://Web.example.com/a/%62?q=1", "Proxy-Authorization: Basic eA==\r\nX-Mine: 1\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("x-server: yes"), HasSubstr("\r\n\r\nhello"),
                            Not(HasSubstr("x-hop"))));
  ASSERT_THAT(server.requests(), SizeIs(1));
  EXPECT_THAT(server.requests()[0], AllOf(StartsWith("GET /a/b?q=1 HTTP/1.1\r\nhost: web.example.com\r\n"),
                                          HasSubstr("x-mine: 1"), Not(HasSubstr("proxy-"))));
}

TEST_F(GatewayTest, WhatNoRulePermitsIsRefusedVisiblyAndTold) {
  StandIn server{std::string{kPublic}, 80, [](const std::string&) { return ok("hello"); }};
  Stage stage = GatewayTest::stage(kWeb);
  const std::string answer = stage.get("http://other.example.com/");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 403"), HasSubstr("x-belljar-rule: default"),
                            HasSubstr("\"type\":\"belljar_refused\"")));
  (void)stage.get("http://other.example.com/");
  const auto events = stage.refusals();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, spec::NetworkKind::refused);
  EXPECT_EQ(events[0].host, "other.example.com");
  EXPECT_EQ(events[0].count, 2U);
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(GatewayTest, AConnectionCarriesManyRequestsEachDecidedAnew) {
  StandIn server{std::string{kPublic}, 80,
                 [](const std::string& request) { return ok(request.substr(request.find("\r\n\r\n") + 4)); }};
  Stage stage = GatewayTest::stage(kWeb);
  Program program{stage.http};
  program.say("POST http://web.example.com/ HTTP/1.1\r\nHost: web.example.com\r\nContent-Length: 3\r\n\r\none");
  EXPECT_THAT(program.hear("one"), HasSubstr("one"));
  program.say(
      "POST http://web.example.com/ HTTP/1.1\r\nHost: web.example.com\r\nTransfer-Encoding: "
      "chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n");
  EXPECT_THAT(program.hear("two"), HasSubstr("two"));
  program.say("DELETE http://web.example.com/ HTTP/1.1\r\nHost: web.example.com\r\n\r\n");
  EXPECT_THAT(program.hear(), StartsWith("HTTP/1.1 403"));
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(GatewayTest, ANameThatLeadsInwardIsNotDialled) {
  StandIn inward{"127.0.0.1", 80, [](const std::string&) { return ok("inside"); }};
  StandIn outward{std::string{kPublic}, 80, [](const std::string&) { return ok("outside"); }};
  Stage stage = GatewayTest::stage(R"(
  - permit: any
    action: connect
    what: {hosts: ["**"]}
)");
  for (const std::string name : {"inward.example.com", "rebind.example.com"}) {
    EXPECT_THAT(stage.get("http://" + name + "/"), AllOf(StartsWith("HTTP/1.1 403"), HasSubstr("gateway/address")))
        << name;
    const auto events = stage.refusals();
    ASSERT_THAT(events, SizeIs(1));
    EXPECT_EQ(events[0].rule, "gateway/address");
  }
  EXPECT_THAT(stage.get("http://127.0.0.1/"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(stage.get("http://nowhere.example.com/"),
              AllOf(StartsWith("HTTP/1.1 502"), HasSubstr("gateway/resolve")));
  // A name of the house that nothing of the run stands behind is looked up nowhere, whatever the host says of it.
  EXPECT_THAT(stage.get("http://models.belljar/v1"),
              AllOf(StartsWith("HTTP/1.1 502"), HasSubstr("nothing stands at models.belljar")));
  EXPECT_EQ(inward.connections() + outward.connections(), 0);
}

TEST_F(GatewayTest, AnAddressThatARuleNamesIsDialled) {
  StandIn inward{"127.0.0.1", 8080, [](const std::string&) { return ok("inside"); }};
  Stage stage = GatewayTest::stage(R"(
  - permit: own
    action: connect
    what: {hosts: ["127.0.0.1"], ports: [8080]}
)");
  EXPECT_THAT(stage.get("http://127.0.0.1:8080/"), HasSubstr("inside"));
}

TEST_F(GatewayTest, DnsAnswersOnlyNamesThatSomeRuleMayLetThrough) {
  Stage stage = GatewayTest::stage(kWeb);
  Program program{stage.dns, SOCK_DGRAM};
  program.say(dns_query(1, "web.example.com", DnsType::a));
  const auto found = parse_dns_answer(program.hear("example"), 1, "web.example.com", DnsType::a);
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_THAT(found.value(), SizeIs(1));
  EXPECT_EQ(found.value()[0].text(), "198.18.0.1");
  program.say(dns_query(2, "web.example.com", DnsType::aaaa));
  EXPECT_THAT(parse_dns_answer(program.hear("example"), 2, "web.example.com", DnsType::aaaa).value(), SizeIs(0));
  program.say(dns_query(3, "secret-data.other.example.com", DnsType::a));
  const std::string refused = program.hear("example");
  ASSERT_GE(refused.size(), 4U);
  EXPECT_EQ(refused[3] & 0x0f, 5);
  const auto events = stage.refusals();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].door, "dns");
  EXPECT_EQ(events[0].host, "secret-data.other.example.com");
}

TEST_F(GatewayTest, SocksReachesNamesAndSeesTheHttpInside) {
  StandIn server{std::string{kPublic}, 80, [](const std::string&) { return ok("hello"); }};
  Stage stage = GatewayTest::stage(kWeb);
  Program program{stage.socks};
  program.say("\x05\x01\x00"s);
  EXPECT_EQ(program.hear("\x05\x00"s), "\x05\x00"s);
  program.say("\x05\x01\x00\x03\x0fweb.example.com\x00\x50"s);
  EXPECT_THAT(program.hear("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s), StartsWith("\x05\x00"s));
  program.say("GET /x HTTP/1.1\r\nHost: web.example.com\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(program.hear(), HasSubstr("hello"));
  EXPECT_THAT(server.requests().at(0), StartsWith("GET /x HTTP/1.1\r\nhost: web.example.com"));

  Program other{stage.socks};
  other.say("\x05\x01\x00\x05\x01\x00\x03\x11other.example.com\x00\x50"s);
  EXPECT_THAT(other.hear(), StartsWith("\x05\x00\x05\x02"s));
}

}  // namespace
}  // namespace belljar::boundary
