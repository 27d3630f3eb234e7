// CONNECT, tunnels and TLS ended at the gateway; services behind it; secrets that stay outside.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

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

constexpr const char* kPublic = "93.184.216.34";
constexpr const char* kHosts = "93.184.216.34 web.example.com tunnel.example.com\n";

std::string ok(const std::string& body, const std::string& more = {}) {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

// A TLS client at the end of an open connection.
class TlsProgram {
 public:
  TlsProgram(Program& through, const std::string& authority_pem, const std::string& host)
      : program_{through},
        trust_{codec::TlsTrust::from_pem(authority_pem)},
        session_{codec::TlsSession::client(*trust_.value(), host)} {}

  // Empty: the handshake is done. Otherwise what went wrong.
  std::string begin() {
    for (int turn = 0; turn < 20 && !session_.value().ready(); ++turn) {
      program_.say(session_.value().take_output());
      const std::string heard = program_.hear_some();
      if (heard.empty()) return "ended";
      const Result<void> fed = session_.value().feed(heard);
      if (!fed) return fed.error().message();
    }
    program_.say(session_.value().take_output());
    return session_.value().ready() ? "" : "never ready";
  }
  std::string ask(std::string_view bytes, std::string_view until) {
    (void)session_.value().write(bytes);
    program_.say(session_.value().take_output());
    std::string plain;
    while (plain.find(until) == std::string::npos) {
      const std::string heard = program_.hear_some();
      if (heard.empty() || !session_.value().feed(heard)) break;
      plain += session_.value().take_plain();
    }
    return plain;
  }
  std::string first_output() { return session_.value().take_output(); }

 private:
  Program& program_;
  Result<std::unique_ptr<codec::TlsTrust>> trust_;
  Result<codec::TlsSession> session_;
};

class Echo final : public HttpService {
 public:
  void answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) override {
    send(*reply, 200, "text/plain", ask.method + " " + ask.scheme + "://" + ask.host + ask.target + " " + ask.body);
  }
};

// Says a word first, then what it is told, in capitals; ends at "bye".
class Parrot final : public TalkService {
  class One final : public Talk {
   public:
    Said open() override { return {"hello\n", false, 0}; }
    Said feed(std::string_view bytes) override {
      std::string said{bytes};
      for (char& c : said) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      return {said, bytes.starts_with("bye"), 0};
    }
  };

 public:
  std::unique_ptr<Talk> open(std::string_view) override { return std::make_unique<One>(); }
};

class GatewayTlsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!enter_own_network({kPublic})) GTEST_SKIP() << "needs a network namespace of its own";
  }
  static Stage stage(const std::string& rules, Attachment attachment = {}) {
    attachment.policy = policy_of(rules);
    auto services = std::make_shared<Services>();
    (void)services->add({"api.example.com", 443}, {"api", Transport::tls, std::make_shared<Echo>(), nullptr});
    (void)services->add({"api.example.com", 80}, {"api", Transport::plain, std::make_shared<Echo>(), nullptr});
    (void)services->add({"talk.example.com", 25}, {"talk", Transport::plain, nullptr, std::make_shared<Parrot>()});
    attachment.services = services;
    return Stage{std::move(attachment), kHosts};
  }
};

constexpr const char* kRules = R"(
  - permit: api
    action: connect
    what: {hosts: [api.example.com], methods: [GET, POST], paths: [/v1/**]}
    terms: {tls: intercept}
  - permit: tunnel
    action: connect
    what: {hosts: [tunnel.example.com], ports: [443]}
  - permit: hidden
    action: connect
    what: {hosts: [web.example.com], ports: [443], paths: [/v1/**]}
  - permit: talk
    action: connect
    what: {hosts: [talk.example.com], ports: [25]}
)";

std::string connect_to(Program& program, const std::string& authority) {
  program.say("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n");
  return program.hear("\r\n\r\n");
}

TEST_F(GatewayTlsTest, AServiceBehindTlsIsSeenRequestByRequest) {
  Stage stage = GatewayTlsTest::stage(kRules);
  Program program{stage.http};
  ASSERT_THAT(connect_to(program, "api.example.com:443"), StartsWith("HTTP/1.1 200"));
  TlsProgram client{program, stage.gateway->authority_pem(), "api.example.com"};
  ASSERT_EQ(client.begin(), "");
  EXPECT_THAT(client.ask("POST /v1/x HTTP/1.1\r\nHost: api.example.com\r\nContent-Length: 2\r\n\r\nhi", " hi"),
              HasSubstr("POST https://api.example.com/v1/x hi"));
  EXPECT_THAT(client.ask("GET /admin HTTP/1.1\r\nHost: api.example.com\r\n\r\n", "}}\n"), StartsWith("HTTP/1.1 403"));
  const auto events = stage.refusals();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].door, "connect");
}

TEST_F(GatewayTlsTest, TheInnerHostMustBeTheOneConnectedTo) {
  Stage stage = GatewayTlsTest::stage(kRules);
  Program program{stage.http};
  ASSERT_THAT(connect_to(program, "api.example.com:443"), StartsWith("HTTP/1.1 200"));
  TlsProgram client{program, stage.gateway->authority_pem(), "api.example.com"};
  ASSERT_EQ(client.begin(), "");
  EXPECT_THAT(client.ask("GET /v1/x HTTP/1.1\r\nHost: evil.example.com\r\n\r\n", "}}\n"), HasSubstr("gateway/host"));
}

TEST_F(GatewayTlsTest, ATunnelCarriesTlsForItsOwnNameAlone) {
  StandIn server{kPublic, 443, [](const std::string& hello) { return "server heard " + std::to_string(hello.size()); }};
  Stage stage = GatewayTlsTest::stage(kRules);
  const std::string pem = stage.gateway->authority_pem();
  Program good{stage.http};
  ASSERT_THAT(connect_to(good, "tunnel.example.com:443"), StartsWith("HTTP/1.1 200"));
  const std::string hello = TlsProgram{good, pem, "tunnel.example.com"}.first_output();
  good.say(hello);
  EXPECT_EQ(good.hear_some(), "server heard " + std::to_string(hello.size()));

  Program fronting{stage.http};
  ASSERT_THAT(connect_to(fronting, "tunnel.example.com:443"), StartsWith("HTTP/1.1 200"));
  fronting.say(TlsProgram{fronting, pem, "evil.example.com"}.first_output());
  EXPECT_THAT(fronting.hear(), StartsWith("\x15\x03\x03\x00\x02\x02\x70"s));
  const auto events = stage.refusals();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, spec::NetworkKind::mismatch);
  EXPECT_EQ(events[0].rule, "gateway/sni");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(GatewayTlsTest, ARuleThatAsksForWhatTlsHidesOpensNoTunnel) {
  StandIn server{kPublic, 443, [](const std::string&) { return std::string{"no"}; }};
  Stage stage = GatewayTlsTest::stage(kRules);
  Program program{stage.http};
  ASSERT_THAT(connect_to(program, "web.example.com:443"), StartsWith("HTTP/1.1 200"));
  program.say(TlsProgram{program, stage.gateway->authority_pem(), "web.example.com"}.first_output());
  EXPECT_THAT(program.hear(), StartsWith("\x15\x03\x03\x00\x02\x02\x31"s));
  EXPECT_THAT(stage.refusals().at(0).rule, "gateway/tunnel");
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(GatewayTlsTest, AConversationIsHeldWithItsService) {
  Stage stage = GatewayTlsTest::stage(kRules);
  Program program{stage.http};
  std::string heard = connect_to(program, "talk.example.com:25");
  if (heard.find("hello\n") == std::string::npos) heard += program.hear("hello\n");
  EXPECT_THAT(heard, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\r\n\r\nhello\n")));
  program.say("abc");
  EXPECT_EQ(program.hear("ABC"), "ABC");
  program.say("bye");
  EXPECT_EQ(program.hear(), "BYE");
}

// A real server with TLS whose authority the gateway trusts, for one exchange.
class TlsStandIn {
 public:
  TlsStandIn(codec::TlsAuthority& authority, const std::string& host, std::string answer)
      : listener_{testing::listen_at(kPublic, 443)}, thread_{[this, &authority, host, answer] {
          serve(authority, host, answer);
        }} {}
  ~TlsStandIn() {
    (void)::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  std::string heard() {
    const std::lock_guard held{lock_};
    return heard_;
  }

 private:
  void serve(codec::TlsAuthority& authority, const std::string& host, const std::string& answer) {
    const os::Fd fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    Result<codec::TlsSession> session = codec::TlsSession::server(authority, host);
    std::string heard;
    while (fd && heard.find("\r\n\r\n") == std::string::npos) {
      char piece[16384];
      const ssize_t bytes = ::recv(fd.get(), piece, sizeof piece, 0);
      if (bytes <= 0 || !session.value().feed({piece, static_cast<std::size_t>(bytes)})) return;
      heard += session.value().take_plain();
      const std::string out = session.value().take_output();
      (void)::send(fd.get(), out.data(), out.size(), MSG_NOSIGNAL);
    }
    {
      const std::lock_guard held{lock_};
      heard_ = heard;
    }
    // In two pieces, cut through the secret.
    for (const std::string& part : {answer.substr(0, answer.size() - 9), answer.substr(answer.size() - 9)}) {
      if (!session || !session.value().ready()) return;
      (void)session.value().write(part);
      const std::string out = session.value().take_output();
      (void)::send(fd.get(), out.data(), out.size(), MSG_NOSIGNAL);
      std::this_thread::sleep_for(std::chrono::milliseconds{30});
    }
  }

  os::Fd listener_;
  std::mutex lock_;
  std::string heard_;
  std::thread thread_;
};

TEST_F(GatewayTlsTest, ASecretIsPutInForItsOwnRuleAndComesBackFromNoAnswer) {
  auto outside = codec::TlsAuthority::make("the world's authority");
  ASSERT_TRUE(outside);
  const std::string roots = "/tmp/belljar_gateway_roots." + std::to_string(::getpid());
  std::ofstream{roots} << outside.value()->certificate_pem();
  const std::string secret = "sk-live-0123456789abcdef";
  const std::string body = "you sent Bearer " + secret;
  TlsStandIn server{*outside.value(), "web.example.com", ok(body, "x-echo: " + secret + "\r\n")};
  Attachment attachment;
  attachment.policy = policy_of(R"(
  - permit: paid
    action: connect
    what: {hosts: [web.example.com], ports: [443], paths: [/v1/**]}
    terms: {tls: intercept, credential: openai}
)");
  attachment.credentials = {{"openai", secret}};
  Stage stage{std::move(attachment), kHosts, roots};
  Program program{stage.http};
  ASSERT_THAT(connect_to(program, "web.example.com:443"), StartsWith("HTTP/1.1 200"));
  TlsProgram client{program, stage.gateway->authority_pem(), "web.example.com"};
  ASSERT_EQ(client.begin(), "");
  const std::string answer = client.ask(
      "GET /v1/x HTTP/1.1\r\nHost: web.example.com\r\nAuthorization: Bearer belljar-credential-openai\r\nConnection: "
      "close\r\n\r\n",
      "0\r\n\r\n");
  EXPECT_THAT(server.heard(), HasSubstr("authorization: Bearer " + secret));
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("you sent Bearer "),
                            HasSubstr("belljar-credential-openai\r\n0\r\n"), Not(HasSubstr(secret))));
  (void)::unlink(roots.c_str());
}

TEST_F(GatewayTlsTest, AServerThatCannotProveItsNameGetsNothing) {
  auto stranger = codec::TlsAuthority::make("nobody's authority");
  auto outside = codec::TlsAuthority::make("the world's authority");
  const std::string roots = "/tmp/belljar_gateway_roots." + std::to_string(::getpid());
  std::ofstream{roots} << outside.value()->certificate_pem();
  TlsStandIn server{*stranger.value(), "web.example.com", ok("secret")};
  Attachment attachment;
  attachment.policy = policy_of(R"(
  - permit: web
    action: connect
    what: {hosts: [web.example.com]}
    terms: {tls: intercept}
)");
  Stage stage{std::move(attachment), kHosts, roots};
  Program program{stage.http};
  ASSERT_THAT(connect_to(program, "web.example.com:443"), StartsWith("HTTP/1.1 200"));
  TlsProgram client{program, stage.gateway->authority_pem(), "web.example.com"};
  ASSERT_EQ(client.begin(), "");
  EXPECT_THAT(client.ask("GET / HTTP/1.1\r\nHost: web.example.com\r\n\r\n", "}}\n"), StartsWith("HTTP/1.1 502"));
  EXPECT_EQ(server.heard(), "");
  (void)::unlink(roots.c_str());
}

TEST_F(GatewayTlsTest, WhatAPolicyNamesMustBeGiven) {
  for (const std::string terms : {"{credential: openai}", "{filters: [strict]}"}) {
    const std::string rules =
        "  - permit: x\n    action: connect\n    what: {hosts: [a.example.com]}\n    terms: " + terms + "\n";
    EXPECT_THROW((void)GatewayTlsTest::stage(rules), std::runtime_error) << terms;
  }
}

}  // namespace
}  // namespace belljar::boundary
