// A model hosted elsewhere, asked through a gateway: a real server with TLS in a network of the test's own,
// well-behaved and otherwise, and whole runs against it. Nothing here can leave the test's network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "boundary/gateway/mirror_record.h"
#include "boundary/gateway/stage_test.h"
#include "boundary/openai_server.h"
#include "boundary/reply_for_tests.h"
#include "codec/tls.h"
#include "govern/again.h"
#include "govern/conduct.h"
#include "os/file.h"
#include "os/run_program.h"
#include "os/system.h"
#include "scenario/conversation.h"
#include "scenario/remote_port.h"

namespace belljar::scenario {
namespace {

using boundary::testing::enter_own_network;
using boundary::testing::listen_at;
using boundary::testing::port_of;
using codec::Json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPublic = "93.184.216.34";
constexpr const char* kMetadata = "169.254.169.254";
constexpr const char* kKey = "sk-live-0123456789abcdef";

std::string plain_http(int status, const std::string& body, const std::string& more = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\ncontent-type: application/json\r\n" + more +
         "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// What an honest server says to a request, by the same words that belljar's own stand-ins speak.
std::string honest(const std::string& request) {
  const std::size_t path = request.find(' ') + 1;
  const std::string target = request.substr(path, request.find(' ', path) - path);
  const auto ask = boundary::read_model_ask(target, request.substr(request.find("\r\n\r\n") + 4));
  boundary::GatheredReply reply;
  if (!ask) {
    boundary::answer_model_error(reply, 400, "bad", ask.error().message());
  } else if (ask.value().chat) {
    const std::string said = ask.value().request.find("messages")->as_array().back().find("content")->as_string();
    boundary::answer_model(reply, ask.value(),
                           Json::Object{{"text", "heard " + said + " as " + ask.value().model},
                                        {"finish", "stop"},
                                        {"usage", Json::Object{{"in", 3}, {"out", 2}}}},
                           1);
  } else {
    boundary::answer_model(reply, ask.value(), Json::Object{{"embeddings", Json::Array{Json::Array{0.5, 1}}}}, 1);
  }
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " X\r\n";
  for (const auto& [name, value] : reply.headers) {
    if (name != "content-length") head += name + ": " + value + "\r\n";
  }
  return head + "content-length: " + std::to_string(reply.text.size()) + "\r\n\r\n" + reply.text;
}

// A server with TLS, each connection in a thread of its own, until it is gone.
class TlsServer {
 public:
  using Answer = std::function<std::string(const std::string& request)>;
  TlsServer(const std::string& address, std::uint16_t port, codec::TlsAuthority& authority, std::string host,
            Answer answer)
      : listener_{listen_at(address, port)},
        authority_{authority},
        host_{std::move(host)},
        answer_{std::move(answer)},
        thread_{[this] { run(); }} {}
  ~TlsServer() {
    stop_ = true;
    (void)::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::uint16_t port() const { return port_of(listener_); }
  std::vector<std::string> heard() {
    const std::lock_guard held{lock_};
    return heard_;
  }

 private:
  void run() {
    std::vector<std::jthread> serving;
    while (!stop_) {
      os::Fd fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (fd) serving.emplace_back([this, connection = std::move(fd)] { serve(connection); });
    }
  }
  static bool is_whole(const std::string& request) {
    const std::size_t end = request.find("\r\n\r\n");
    const std::size_t length = request.find("content-length: ");
    if (end == std::string::npos) return false;
    return length > end || request.size() >= end + 4 + std::stoul(request.substr(length + 16));
  }
  void serve(const os::Fd& fd) {
    auto session = [&] {
      const std::lock_guard held{lock_};
      return codec::TlsSession::server(authority_, host_);
    }();
    std::string request;
    while (session && !stop_) {
      pollfd waiting{fd.get(), POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      char piece[16384];
      const ssize_t bytes = ::recv(fd.get(), piece, sizeof piece, 0);
      if (bytes <= 0 || !session.value().feed({piece, static_cast<std::size_t>(bytes)})) return;
      request += session.value().take_plain();
      if (session.value().ready() && is_whole(request)) {
        {
          const std::lock_guard held{lock_};
          heard_.push_back(request);
        }
        (void)session.value().write(answer_(std::exchange(request, {})));
      }
      const std::string out = session.value().take_output();
      (void)::send(fd.get(), out.data(), out.size(), MSG_NOSIGNAL);
    }
  }

  os::Fd listener_;
  codec::TlsAuthority& authority_;
  std::string host_;
  Answer answer_;
  std::atomic<bool> stop_ = false;
  std::mutex lock_;
  std::vector<std::string> heard_;
  std::thread thread_;
};

class RemoteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!enter_own_network({kPublic, kMetadata})) GTEST_SKIP() << "needs a network namespace of its own";
    char name[] = "/tmp/belljar-remote-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
    auto made = codec::TlsAuthority::make("the world's authority");
    ASSERT_TRUE(made);
    world_ = std::move(made).value();
    write("roots.pem", world_->certificate_pem());
    write("hosts", std::string{kPublic} + " api.example.com\n" + kMetadata + " meta.example.com\n");
    write("key", std::string{kKey} + "\n", 0600);
    model_.name = "lm";
    model_.adapter = spec::AdapterKind::remote;
    model_.remote = {"https://api.example.com/v1", "large-2", in_file("key"), ""};
    setup_.gateway = {directory_ + "/hosts", "/dev/null", directory_ + "/roots.pem"};
  }
  void TearDown() override {
    if (!directory_.empty()) (void)os::remove_tree(directory_);
  }
  void write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    ASSERT_TRUE(os::write_file_atomic(directory_ + "/" + name, text, mode));
  }
  static spec::CredentialSpec in_file(const std::string& path) {
    spec::CredentialSpec credential;
    credential.name = "lm";
    credential.file = path;
    return credential;
  }
  void permit(const std::string& rules) {
    auto spec = spec::parse_policy("belljar-policy: 1\nname: p\nrules:\n" + rules, "p.yaml", {});
    ASSERT_TRUE(spec) << spec.error().message();
    setup_.policy = policy::compile(std::move(spec).value()).value();
  }

  Result<std::unique_ptr<Port>> make() {
    return make_remote_port({model_, directory_, nullptr, TRY(LogKeeper::open("")), limits_, {}, 0, clock_}, setup_);
  }
  // The one thing that comes of a question; where `give_up_ms` is given, of a question that is given up then.
  Arrival ask(Port& port, const std::string& question, std::chrono::seconds patience = std::chrono::seconds{15}) {
    const CaseIds ids{Digest{}};
    const std::string id = ids.id(++number_);
    Json body = codec::parse_json(question).value();
    body.set("id", id);
    port.ask({number_, id, body, question});
    const auto until = clock_.monotonic() + Nanoseconds{patience};
    while (clock_.monotonic() < until) {
      os::PollSet set;
      port.watch(set);
      EXPECT_TRUE(set.wait(std::chrono::milliseconds{20}));
      EXPECT_TRUE(port.move(set));
      if (auto arrival = port.next()) return std::move(*arrival);
    }
    port.give_up(number_);
    Arrival none;
    none.text = "nothing came";
    return none;
  }
  Arrival ask_once(const std::string& question) {
    auto port = make();
    EXPECT_TRUE(port) << port.error().message();
    return port ? ask(*port.value(), question) : Arrival{};
  }

  static inline const std::string kChat = R"({"messages": [{"role": "user", "content": "hello"}]})";

  os::SystemClock clock_;
  std::string directory_;
  std::unique_ptr<codec::TlsAuthority> world_;
  spec::ModelSpec model_;
  RemoteSetup setup_;
  FrameLimits limits_{64U << 10, 32};
  std::uint64_t number_ = 0;
};

TEST_F(RemoteTest, ChatsStreamsAndEmbeddingsComeBackAsFromAnyServer) {
  TlsServer server{kPublic, 443, *world_, "api.example.com", honest};
  auto port = make();
  ASSERT_TRUE(port) << port.error().message();
  for (const std::string streams : {"false", "true"}) {
    const Arrival answer = ask(*port.value(), kChat.substr(0, kChat.size() - 1) + ", \"stream\": " + streams + "}");
    ASSERT_EQ(answer.kind, Arrival::Kind::answer) << answer.text;
    EXPECT_EQ(answer.body.find("text")->as_string(), "heard hello as large-2");
    EXPECT_TRUE(answer.usage.known) << streams;
    EXPECT_EQ(answer.usage.tokens_in + answer.usage.tokens_out, 5U);
  }
  const Arrival embedded = ask(*port.value(), R"({"input": ["hello"]})");
  EXPECT_EQ(codec::to_json(*embedded.body.find("embeddings")), "[[0.5,1]]") << embedded.text;
  const auto heard = server.heard();
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_THAT(heard[0], AllOf(HasSubstr("POST /v1/chat/completions HTTP/1.1"), HasSubstr("host: api.example.com\r\n"),
                              HasSubstr("authorization: Bearer " + std::string{kKey}), Not(HasSubstr("c-1-"))));
  EXPECT_THAT(heard[2], HasSubstr("POST /v1/embeddings HTTP/1.1"));
}

TEST_F(RemoteTest, AKeyThatAServerRepeatsComesNowhere) {
  TlsServer server{kPublic, 443, *world_, "api.example.com", [](const std::string& request) {
                     const std::size_t at = request.find("Bearer ");
                     return plain_http(401,
                                       R"({"error": {"message": "wrong key )" + request.substr(at + 7, 24) + "\"}}");
                   }};
  const Arrival answer = ask_once(kChat);
  ASSERT_EQ(server.heard().size(), 1U);
  EXPECT_THAT(server.heard()[0], HasSubstr(kKey));
  EXPECT_EQ(answer.kind, Arrival::Kind::failure);
  EXPECT_THAT(answer.text, AllOf(HasSubstr("wrong key"), Not(HasSubstr(kKey))));
}

// What is recorded to stand in for the world is asked the same way.
TEST_F(RemoteTest, AMirrorRecordsWhatIsServedOverTls) {
  const std::vector<std::string> urls{"https://api.example.com/old"};
  const auto pages = [](const std::string& request) {
    if (request.starts_with("GET /old ")) {
      return std::string{"HTTP/1.1 302 Found\r\nlocation: https://api.example.com/guide\r\ncontent-length: 0\r\n\r\n"};
    }
    return plain_http(200, "the guide");
  };
  {
    TlsServer server{kPublic, 443, *world_, "api.example.com", pages};
    const auto recording = boundary::record_mirror(urls, setup_.gateway);
    ASSERT_TRUE(recording) << recording.error().message();
    EXPECT_THAT(recording.value().missed, testing::IsEmpty());
    ASSERT_EQ(recording.value().entries.size(), 2U);
    EXPECT_EQ(recording.value().entries[1].url, "https://api.example.com/guide");
    EXPECT_EQ(recording.value().entries[1].body, "the guide");
    EXPECT_THAT(server.heard()[0], HasSubstr("host: api.example.com\r\n"));
  }
  auto stranger = codec::TlsAuthority::make("nobody's authority");
  ASSERT_TRUE(stranger);
  TlsServer server{kPublic, 443, *stranger.value(), "api.example.com", pages};
  const auto recording = boundary::record_mirror(urls, setup_.gateway);
  ASSERT_TRUE(recording) << recording.error().message();
  EXPECT_TRUE(recording.value().entries.empty());
  EXPECT_EQ(recording.value().missed.size(), 1U);
  EXPECT_TRUE(server.heard().empty());
}

TEST_F(RemoteTest, AServerThatCannotProveItsNameHearsNothing) {
  auto stranger = codec::TlsAuthority::make("nobody's authority");
  ASSERT_TRUE(stranger);
  {
    TlsServer server{kPublic, 443, *stranger.value(), "api.example.com", honest};
    EXPECT_EQ(ask_once(kChat).kind, Arrival::Kind::failure);
    EXPECT_TRUE(server.heard().empty());
  }
  {
    TlsServer server{kPublic, 443, *world_, "other.example.com", honest};
    EXPECT_EQ(ask_once(kChat).kind, Arrival::Kind::failure);
    EXPECT_TRUE(server.heard().empty());
  }
  write("ours.pem", stranger.value()->certificate_pem());
  model_.remote.ca = "ours.pem";
  TlsServer server{kPublic, 443, *stranger.value(), "api.example.com", honest};
  EXPECT_EQ(ask_once(kChat).kind, Arrival::Kind::answer) << "who may vouch is what the scenario says";
}

TEST_F(RemoteTest, ARedirectIsNotFollowed) {
  TlsServer server{kPublic, 443, *world_, "api.example.com", [](const std::string&) {
                     return plain_http(307, "", "location: https://api.example.com/v2/chat/completions\r\n");
                   }};
  const Arrival answer = ask_once(kChat);
  EXPECT_EQ(answer.kind, Arrival::Kind::failure);
  EXPECT_THAT(answer.text, HasSubstr("http-307"));
  EXPECT_EQ(server.heard().size(), 1U);
}

TEST_F(RemoteTest, ABusyServerIsAskedAgainWhenItSays) {
  int times = 0;
  TlsServer server{kPublic, 443, *world_, "api.example.com", [&times](const std::string& request) {
                     const std::string busy = R"({"error": {"code": "rate_limit_exceeded", "message": "slowly"}})";
                     return ++times == 1 ? plain_http(429, busy, "retry-after: 1\r\n")
                            : times == 2 ? honest(request)
                                         : plain_http(429, busy);
                   }};
  auto port = make();
  ASSERT_TRUE(port);
  const auto began = clock_.monotonic();
  EXPECT_EQ(ask(*port.value(), kChat).kind, Arrival::Kind::answer);
  EXPECT_GE(clock_.monotonic() - began, std::chrono::milliseconds{990});
  const Arrival failed = ask(*port.value(), kChat);
  EXPECT_EQ(failed.kind, Arrival::Kind::failure);
  EXPECT_EQ(failed.body.find("error")->find("code")->as_string(), "rate_limit_exceeded");
}

TEST_F(RemoteTest, AddressesOfSpecialUseAreRefusedUnlessThePolicyNamesThem) {
  const os::Fd metadata = listen_at(kMetadata, 443);
  model_.remote.url = "https://meta.example.com/v1";
  const Arrival answer = ask_once(kChat);
  EXPECT_EQ(answer.kind, Arrival::Kind::failure);
  EXPECT_THAT(answer.text, HasSubstr("169.254.169.254"));
  pollfd waiting{metadata.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&waiting, 1, 100), 0) << "nobody came";

  for (const std::string url : {"https://127.0.0.1/v1", "https://169.254.169.254/v1", "https://[::1]/v1",
                                "https://10.0.0.1/v1", "https://[::ffff:127.0.0.1]/v1"}) {
    model_.remote.url = url;
    const auto port = make();
    ASSERT_FALSE(port) << url;
    EXPECT_EQ(port.error().code(), Errc::invalid_argument) << url;
  }
  permit("  - {permit: own, action: connect, who: [lm], what: {hosts: [127.0.0.1]}}\n");
  TlsServer server{"127.0.0.1", 0, *world_, "127.0.0.1", honest};
  model_.remote.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/v1";
  EXPECT_EQ(ask_once(kChat).kind, Arrival::Kind::answer);
}

TEST_F(RemoteTest, ThePolicyOfTheScenarioDecides) {
  permit("  - {permit: other, action: connect, what: {hosts: [other.example.com]}}\n");
  const auto denied = make();
  ASSERT_FALSE(denied);
  EXPECT_THAT(denied.error().message(), HasSubstr("model lm (remote): the policy does not let it connect to "
                                                  "api.example.com:443"));
  // Two keys for one place: nobody could say which was meant.
  permit(
      "  - {permit: api, action: connect, what: {hosts: [api.example.com]}, terms: {tls: intercept, credential: k}}\n");
  const auto twice = make();
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message(), HasSubstr("puts in the credential \"k\""));
  permit("  - {permit: api, action: connect, who: [lm], what: {hosts: [api.example.com], paths: [/v1/embeddings]}}\n");
  TlsServer server{kPublic, 443, *world_, "api.example.com", honest};
  auto port = make();
  ASSERT_TRUE(port) << port.error().message();
  EXPECT_EQ(ask(*port.value(), R"({"input": ["x"]})").kind, Arrival::Kind::answer);
  EXPECT_EQ(ask(*port.value(), kChat).kind, Arrival::Kind::failure);
  EXPECT_EQ(server.heard().size(), 1U);
}

TEST_F(RemoteTest, WhatIsNoSecretOrNoUrlIsToldWithoutIt) {
  model_.remote.credential = in_file("");
  model_.remote.credential->variable = "BELLJAR_TEST_NO_SUCH_KEY";
  EXPECT_THAT(make().error().message(),
              AllOf(HasSubstr("model lm (remote)"), HasSubstr("the variable BELLJAR_TEST_NO_SUCH_KEY is not set")));
  model_.remote.credential = in_file("key");
  write("key", kKey, 0640);
  const auto shown = make();
  ASSERT_FALSE(shown);
  EXPECT_THAT(shown.error().message(), AllOf(HasSubstr("others may read"), HasSubstr("/key"), Not(HasSubstr(kKey))));
  write("key", "first-line\nsecond-line", 0600);
  const auto two = make();
  ASSERT_FALSE(two);
  EXPECT_THAT(two.error().message(), AllOf(HasSubstr("expected to be one line"), Not(HasSubstr("first-line"))));
  for (const std::string url : {"http://api.example.com/v1", "https://api.example.com/v1?x=1", "https:///v1",
                                "https://API..example.com/", "https://api.example.com/../x"}) {
    model_.remote.url = url;
    EXPECT_FALSE(make()) << url;
  }
}

TEST_F(RemoteTest, AHostileServerGetsOneArrivalOutOfEachQuestion) {
  const std::string head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
  const std::vector<std::string> hostile{
      "\xff\x01 not http at all\r\n\r\n",
      "HTTP/1.1 200 OK\r\nx: " + std::string(200'000, 'x') + "\r\n\r\n",
      head + "content-length: 5\r\n\r\nhello",
      head + "content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
      head + "transfer-encoding: chunked\r\n\r\nzz\r\n",
      plain_http(200, std::string(100'000, '[')),
      plain_http(200, R"({"choices": [{"message": {"content": 7}}]})"),
      plain_http(200, R"({"choices": [{"message": {"content": ")" + std::string(300'000, 'y') + "\"}}]}"),
      plain_http(200, R"({"data": [{"embedding": ["a"]}]})"),
      plain_http(200, "data: {\"choices\": [{\"delta\": 3}]}\n\n", "content-type: text/event-stream\r\n"),
      plain_http(500, "\x1b[31mred\x1b[0m"),
      plain_http(429, "{}", "retry-after: 99999999999999999999\r\n"),
      plain_http(101, ""),
  };
  std::atomic<std::size_t> at = 0;
  TlsServer server{kPublic, 443, *world_, "api.example.com",
                   [&](const std::string& request) { return at < hostile.size() ? hostile[at] : honest(request); }};
  auto port = make();
  ASSERT_TRUE(port);
  for (; at < hostile.size(); ++at) {
    const Arrival arrival = ask(*port.value(), kChat);
    EXPECT_NE(arrival.text, "nothing came") << at;
    EXPECT_NE(arrival.kind, Arrival::Kind::answer) << at << arrival.text;
    EXPECT_TRUE(arrival.kind == Arrival::Kind::failure || arrival.spoils) << at;
    EXPECT_LT(arrival.text.size(), 64U << 10U) << at;
  }
  EXPECT_EQ(ask(*port.value(), kChat).kind, Arrival::Kind::answer) << "it is none the worse";
}

// A whole run, its record and its repetition.
class RemoteRunTest : public RemoteTest {
 protected:
  void SetUp() override {
    RemoteTest::SetUp();
    if (IsSkipped()) return;
    for (const char* name : {"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"}) {
      ASSERT_EQ(::setenv(name, (directory_ + "/" + name).c_str(), 1), 0);
    }
    write("cases.jsonl", R"({"messages": [{"role": "user", "content": "one"}], "label": "heard one as large-2"})"
                         "\n");
    write("policy.yaml",
          "belljar-policy: 1\nname: p\nrules:\n"
          "  - {permit: messages, action: send, what: {models: [lm]}}\n"
          "  - {permit: own, action: connect, who: [lm], what: {hosts: [127.0.0.1]}}\n");
  }
  void write_scenario(std::uint16_t port) const {
    write("s.yaml",
          "belljar: 1\nname: remote\nseed: 5\npolicy: policy.yaml\nmodels:\n  lm:\n    adapter: remote\n"
          "    url: https://127.0.0.1:" +
              std::to_string(port) +
              "/v1\n    model: large-2\n    ca: roots.pem\n    credential: {variable: BELLJAR_TEST_REMOTE_KEY}\n"
              "links: [{to: lm}]\nworkload: {cases: cases.jsonl, label: label, answer: text}\n"
              "gates: [{metric: accuracy, at_least: 0.1}]\n");
  }
  os::SystemEntropy entropy_;
};

TEST_F(RemoteRunTest, ARunSaysThatTheModelWasNotSealedKeepsItsKeyOutAndRepeatsWithoutIt) {
  std::string transcript;
  const auto progress = govern::make_progress({.kind = govern::ProgressKind::none}, clock_);
  {
    TlsServer server{"127.0.0.1", 0, *world_, "127.0.0.1", honest};
    write_scenario(server.port());
    ASSERT_EQ(::setenv("BELLJAR_TEST_REMOTE_KEY", kKey, 1), 0);
    const auto verdict =
        govern::conduct({directory_ + "/s.yaml", std::nullopt, directory_ + "/r"}, {clock_, entropy_, *progress});
    ASSERT_TRUE(verdict) << verdict.error().message();
    EXPECT_EQ(verdict.value().error, "");
    ASSERT_EQ(verdict.value().limitations.size(), 1U);
    EXPECT_THAT(verdict.value().limitations[0], HasSubstr("model lm was hosted elsewhere (127.0.0.1, large-2)"));
    transcript = verdict.value().transcript_digest;
    ASSERT_EQ(server.heard().size(), 1U);
    EXPECT_THAT(server.heard()[0], HasSubstr(kKey));
  }
  ASSERT_EQ(::unsetenv("BELLJAR_TEST_REMOTE_KEY"), 0);
  const std::string manifest = os::read_file(directory_ + "/r/manifest.json", 1U << 20).value();
  EXPECT_THAT(manifest, AllOf(HasSubstr("\"sealed\": false"), HasSubstr("\"digested\": false"),
                              HasSubstr("\"provider\": \"127.0.0.1\"")));
  EXPECT_THAT(os::read_file(directory_ + "/r/verdict.json", 1U << 20).value(), HasSubstr("\"limitations\""));
  const auto found = os::run_program({"/bin/grep", "-rl", kKey, directory_ + "/r"}, {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found.value().output, "") << "the key is in the record";
  // Neither the server nor the key is there any more.
  const auto again = govern::conduct_again({govern::AgainKind::replay, directory_ + "/r", "", std::nullopt, ""},
                                           {"", std::nullopt, directory_ + "/again"}, {clock_, entropy_, *progress});
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again.value().verdict.transcript_digest, transcript);
  EXPECT_FALSE(again.value().difference.has_value());
}

}  // namespace
}  // namespace belljar::scenario
