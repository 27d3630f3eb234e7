// Budgets, deadlines, filters and the link's conditions: what a program may use, and that nothing it does takes the
// gateway from others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <thread>

#include "boundary/gateway/stage_test.h"
#include "content/screen.h"
#include "spec/filters.h"

namespace belljar::boundary {
namespace {

using ::testing::AllOf;
using testing::enter_own_network;
using ::testing::HasSubstr;
using testing::policy_of;
using testing::Program;
using ::testing::SizeIs;
using testing::Stage;
using testing::StandIn;
using ::testing::StartsWith;

constexpr const char* kPublic = "93.184.216.34";
constexpr const char* kHosts = "93.184.216.34 web.example.com\n";

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class GatewayLimitsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!enter_own_network({kPublic})) GTEST_SKIP() << "needs a network namespace of its own";
    server_ = std::make_unique<StandIn>(kPublic, 80, [](const std::string& request) {
      return request.find("/large") != std::string::npos ? ok(std::string(100'000, 'x')) : ok("hello");
    });
  }
  static Stage stage(const std::string& terms, Attachment attachment = {}) {
    attachment.policy = policy_of("  - permit: web\n    action: connect\n    what: {hosts: [web.example.com]}\n" +
                                  (terms.empty() ? std::string{} : "    terms: " + terms + "\n"));
    return Stage{std::move(attachment), kHosts};
  }
  std::unique_ptr<StandIn> server_;
};

TEST_F(GatewayLimitsTest, ABudgetIsSpentOnce) {
  Stage stage = GatewayLimitsTest::stage("{budget: {requests: 3}}");
  for (int at = 0; at < 3; ++at) EXPECT_THAT(stage.get("http://web.example.com/"), StartsWith("HTTP/1.1 200"));
  for (int at = 0; at < 3; ++at) EXPECT_THAT(stage.get("http://web.example.com/"), StartsWith("HTTP/1.1 429"));
  const auto events = stage.refusals();
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].kind, spec::NetworkKind::budget);
  EXPECT_EQ(events[0].count, 3U);
  EXPECT_THAT(server_->requests(), SizeIs(3));
}

TEST_F(GatewayLimitsTest, BytesAreBoundedBothWays) {
  Stage up = GatewayLimitsTest::stage("{budget: {bytes-up: 1KB}}");
  EXPECT_THAT(up.ask("POST http://web.example.com/ HTTP/1.1\r\nHost: web.example.com\r\nContent-Length: 2000\r\n\r\n" +
                     std::string(2000, 'x')),
              StartsWith("HTTP/1.1 429"));
  Stage down = GatewayLimitsTest::stage("{budget: {bytes-down: 50KB}}");
  EXPECT_LT(down.get("http://web.example.com/large").size(), 60'000U);
  EXPECT_EQ(down.refusals().at(0).kind, spec::NetworkKind::budget);
}

TEST_F(GatewayLimitsTest, SlowHeadsEndAndOthersAreServedMeanwhile) {
  Attachment attachment;
  attachment.limits.connections_max = 50;
  attachment.limits.head_deadline = std::chrono::milliseconds{800};
  Stage stage = GatewayLimitsTest::stage("", std::move(attachment));
  std::vector<std::unique_ptr<Program>> slow;
  for (int at = 0; at < 200; ++at) {
    slow.push_back(std::make_unique<Program>(stage.http));
    slow.back()->say("GET http://web.example.com/ HTTP/1.1\r\nHost: web");
  }
  EXPECT_THAT(stage.get("http://web.example.com/"), StartsWith("HTTP/1.1 200"));
  std::this_thread::sleep_for(std::chrono::milliseconds{1200});
  std::uint64_t crowded = 0;
  std::uint64_t late = 0;
  for (const auto& event : stage.refusals()) {
    if (event.kind == spec::NetworkKind::budget) crowded += event.count;
    if (event.kind == spec::NetworkKind::deadline) late += event.count;
  }
  EXPECT_GE(crowded, 150U);
  EXPECT_GE(late, 49U);
  EXPECT_THAT(stage.get("http://web.example.com/"), StartsWith("HTTP/1.1 200"));
}

TEST_F(GatewayLimitsTest, WithoutDescriptorsTheGatewayWaitsAndRecovers) {
  Stage stage = GatewayLimitsTest::stage("");
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  std::vector<std::unique_ptr<Program>> open;
  // The gateway is in this process: with everything used up for a while, neither side gets another.
  rlimit tight = before;
  tight.rlim_cur = 60;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  try {
    for (int at = 0; at < 100; ++at) open.push_back(std::make_unique<Program>(stage.http));
  } catch (const std::runtime_error&) {
    EXPECT_FALSE(open.empty());
  }
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  open.clear();
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  EXPECT_THAT(stage.get("http://web.example.com/"), StartsWith("HTTP/1.1 200"));
}

class Never final : public HttpService {
 public:
  void answer(const HttpAsk&, std::shared_ptr<Reply> reply) override {
    waiting.push_back(std::move(reply));
    ++asked;
  }
  std::vector<std::shared_ptr<Reply>> waiting;
  std::atomic<int> asked = 0;
};

TEST_F(GatewayLimitsTest, AServiceThatNeverAnswersGoesWithTheGateway) {
  auto services = std::make_shared<Services>();
  auto never = std::make_shared<Never>();
  ASSERT_TRUE(services->add({"web.example.com", 80}, {"slow", Transport::plain, never, nullptr}));
  Attachment attachment;
  attachment.services = std::move(services);
  Stage stage = GatewayLimitsTest::stage("", std::move(attachment));
  Program program{stage.http};
  program.say("GET http://web.example.com/ HTTP/1.1\r\nHost: web.example.com\r\n\r\n");
  for (int tries = 0; tries < 100 && never->asked == 0; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  ASSERT_EQ(never->asked, 1);
  const std::weak_ptr<Never> left = std::exchange(never, nullptr);
  stage.gateway.reset();
  EXPECT_TRUE(left.expired());
}

TEST_F(GatewayLimitsTest, BodiesHeldWholeAreBoundedTogether) {
  auto services = std::make_shared<Services>();
  const auto never = std::make_shared<Never>();
  ASSERT_TRUE(services->add({"web.example.com", 80}, {"slow", Transport::plain, never, nullptr}));
  Attachment attachment;
  attachment.services = services;
  Stage stage = GatewayLimitsTest::stage("", std::move(attachment));
  const std::string head =
      "POST http://web.example.com/ HTTP/1.1\r\nHost: web.example.com\r\nContent-Length: 16000000\r\n\r\n";
  const std::string body(15'999'999, 'x');
  std::vector<std::unique_ptr<Program>> many;
  std::vector<std::thread> senders;
  for (int at = 0; at < 6; ++at) {
    many.push_back(std::make_unique<Program>(stage.http));
    senders.emplace_back([&, program = many.back().get()] { program->say(head + body); });
  }
  for (std::thread& sender : senders) sender.join();
  const auto events = stage.refusals();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].rule, "gateway/held");
  many.clear();
  // What was held is given back with its connection.
  Program later{stage.http};
  later.say(head + body + "x");
  EXPECT_EQ(later.hear({}, 300), "");
  // Whoever answers after the gateway has gone does no harm.
  stage.gateway.reset();
  never->waiting.clear();
}

TEST_F(GatewayLimitsTest, LatencyAndResetsFollowTheRule) {
  Stage slow = GatewayLimitsTest::stage("{conditions: {latency: 200ms}}");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(slow.get("http://web.example.com/"), StartsWith("HTTP/1.1 200"));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{200});
  Stage broken = GatewayLimitsTest::stage("{conditions: {resets: 1.0}}");
  Program program{broken.http};
  program.say("GET http://web.example.com/ HTTP/1.1\r\nHost: web.example.com\r\n\r\n");
  EXPECT_EQ(program.hear(), "");
  EXPECT_TRUE(program.was_reset());
  EXPECT_EQ(broken.refusals().at(0).kind, spec::NetworkKind::condition);
}

TEST_F(GatewayLimitsTest, WhatAFilterFindsDoesNotLeave) {
  spec::FilterSpec filters;
  filters.size = spec::MostSpec{.most = 70, .then = spec::Treatment::refuse};
  Attachment attachment;
  attachment.screen = std::make_shared<const content::Screen>(content::Screen::make(filters).value());
  attachment.policy = policy_of("  - permit: web\n    action: connect\n    what: {hosts: [web.example.com]}\n");
  Stage stage{std::move(attachment), kHosts};
  EXPECT_THAT(
      stage.ask("POST http://web.example.com/ HTTP/1.1\r\nHost: web.example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
                "28\r\n" +
                std::string(40, 'a') + "\r\n28\r\n" + std::string(40, 'b') + "\r\n0\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 403"), HasSubstr("filter/size")));
  const auto events = stage.refusals();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events[0].kind, spec::NetworkKind::finding);
  EXPECT_THAT(server_->requests(), SizeIs(0));
}

}  // namespace
}  // namespace belljar::boundary
