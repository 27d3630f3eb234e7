#include "exchange/exchange.h"

#include <memory>

#include "exchange/contract_stage.h"

namespace belljar::exchange {
namespace {

using testing::HasSubstr;

class HandClock final : public Clock {
 public:
  Nanoseconds monotonic() const override { return now; }
  Nanoseconds wall() const override { return now; }
  Nanoseconds now{std::chrono::seconds{1}};
};

class ListLedger final : public ledger::Ledger {
 public:
  Result<std::uint64_t> append(std::string_view entry) override {
    if (broken) return Error{Errc::exhausted, "append: No space left on device"};
    entries.push_back(codec::parse_json(entry).value());
    return entries.size() - 1;
  }
  Result<std::uint64_t> append_with_body(std::string_view entry, std::string_view body) override {
    const Result<std::uint64_t> index = append(entry);
    if (!index) return index;
    bodies.emplace_back(body);
    entries.back().set("body", body);  // where these tests look for it
    return index;
  }
  Result<std::uint64_t> bind_file(const std::string&) override { return entries.size(); }
  Result<ledger::Head> checkpoint() override {
    ++checkpoints;
    return head();
  }
  ledger::Head head() const override { return {entries.size(), {}}; }

  std::string text(std::size_t entry, std::string_view member) const {
    const codec::Json* found = entries.at(entry).find(member);
    return found == nullptr ? "(none)" : found->as_string();
  }

  bool broken = false;
  int checkpoints = 0;
  std::vector<codec::Json> entries;
  std::vector<std::string> bodies;
};

spec::Contract contract(std::string_view request, std::string_view answer) {
  spec::Contract made;
  made.file = "case.yaml";
  made.request_schema = codec::parse_json(request).value();
  made.answer_schema = codec::parse_json(answer).value();
  made.message_bytes_max = 200;
  made.depth_max = 3;
  return made;
}

Message message(Direction direction, std::string text) {
  Message made;
  made.direction = direction;
  made.from = direction == Direction::request ? "workload" : "m";
  made.to = direction == Direction::request ? "m" : "workload";
  made.id = "c-1";
  made.case_id = "p-1";
  made.body = codec::parse_json(text).value();
  made.text = std::move(text);
  return made;
}

// Passes numbers doubled: what altering looks like.
class Doubling final : public Stage {
 public:
  std::string_view name() const override { return "doubling"; }
  Decision admit(const Message& message, const Context&) const override {
    codec::Json body = message.body;
    body.set("x", body.find("x")->as_int() * 2);
    return {Act::alter, "doubling", "twice as much", std::move(body), {}};
  }
};

class ExchangeTest : public testing::Test {
 protected:
  void connect(std::vector<std::unique_ptr<Stage>> stages = standard_stages()) {
    exchange = std::make_unique<Exchange>(journal, std::move(stages));
    exchange->connect(make_link("workload", "m",
                                contract(R"({"required":["id"]})",
                                         R"({"properties":{"label":{"enum":["b","m"]}},"required":["label"]})"))
                          .value());
  }

  Result<Decision> pass(Message sent) { return exchange->pass(sent); }

  HandClock clock;
  ListLedger ledger;
  Journal journal{ledger, clock};
  std::unique_ptr<Exchange> exchange;
};

TEST_F(ExchangeTest, BothDirectionsPassTheSameStagesAndAreRecorded) {
  connect();
  EXPECT_EQ(pass(message(Direction::request, R"({"id":"c-1"})")).value().act, Act::allow);
  EXPECT_EQ(pass(message(Direction::answer, R"({"id":"c-1","label":"b"})")).value().act, Act::allow);
  ASSERT_EQ(ledger.entries.size(), 4U);
  EXPECT_EQ(ledger.text(0, "state"), "attempted");
  EXPECT_EQ(ledger.text(0, "body"), R"({"id":"c-1"})");
  EXPECT_EQ(ledger.text(1, "state"), "dispatched");
  EXPECT_EQ(ledger.text(2, "kind"), "answer");
  EXPECT_EQ(ledger.text(3, "state"), "dispatched");
}

TEST_F(ExchangeTest, WhatBreaksTheContractIsRefusedByRule) {
  struct Row {
    const char* name;
    Direction direction;
    std::string text;
    std::string rule;
  };
  const std::vector<Row> rows{
      {"no id", Direction::request, "{}", "contract.request.schema"},
      {"wrong label", Direction::answer, R"({"label":"x"})", "contract.answer.schema"},
      {"too large", Direction::answer, R"({"label":")" + std::string(200, 'b') + "\"}", "contract.answer.size"},
      {"too deep", Direction::answer, R"({"label":"b","a":[[[]]]})", "contract.answer.depth"},
      {"no object", Direction::answer, "[]", "contract.answer.object"},
      {"a failure too large", Direction::failure, R"({"error":")" + std::string(200, 'b') + "\"}",
       "contract.answer.size"},
  };
  connect();
  for (const Row& row : rows) {
    ledger.entries.clear();
    const Decision decision = pass(message(row.direction, row.text)).value();
    EXPECT_EQ(decision.act, Act::refuse) << row.name;
    EXPECT_EQ(decision.rule, row.rule) << row.name;
    EXPECT_EQ(ledger.text(1, "state"), "refused");
    EXPECT_EQ(ledger.text(1, "rule"), row.rule);
  }
  EXPECT_EQ(pass(message(Direction::failure, R"({"id":"c-1","error":"no"})")).value().act, Act::allow)
      << "no schema of answers holds a failure";
}

TEST_F(ExchangeTest, WithoutALinkNothingPasses) {
  connect();
  Message stranger = message(Direction::request, R"({"id":"c-1"})");
  stranger.to = "other";
  EXPECT_EQ(pass(stranger).value().rule, "link");
}

TEST_F(ExchangeTest, AContainedModelIsHeldInBothDirections) {
  connect();
  exchange->contain("m");
  EXPECT_EQ(pass(message(Direction::answer, R"({"label":"b"})")).value().act, Act::hold);
  EXPECT_EQ(pass(message(Direction::request, R"({"id":"c-1"})")).value().act, Act::hold);
  EXPECT_EQ(ledger.text(1, "state"), "held");
}

TEST_F(ExchangeTest, AnAlteredMessageIsWhatLaterStagesSee) {
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(std::make_unique<Doubling>());
  stages.push_back(std::make_unique<Doubling>());
  connect(std::move(stages));
  const Decision decision = pass(message(Direction::request, R"({"x":3})")).value();
  EXPECT_EQ(decision.act, Act::alter);
  EXPECT_EQ(decision.altered.find("x")->as_int(), 12);
  EXPECT_EQ(ledger.text(1, "body"), R"({"x":12})");
}

TEST_F(ExchangeTest, AnUnknownKeywordStopsTheLink) {
  const auto link = make_link("workload", "m", contract(R"({"frobnicate":1})", "true"));
  ASSERT_FALSE(link);
  EXPECT_THAT(link.error().message(), HasSubstr("case.yaml: request"));
}

TEST(Journal, BodiesAndSwollenEntriesAreKeptBeside) {
  const HandClock clock;
  ListLedger ledger;
  Journal journal{ledger, clock};
  const std::string swollen(70'000, 'x');
  ASSERT_TRUE(journal.add_with_body({{"kind", "request"}}, "what was asked"));
  ASSERT_TRUE(journal.add({{"kind", "note"}, {"text", swollen}}));
  ASSERT_TRUE(journal.add_with_body({{"kind", "answer"}, {"text", swollen}}, "what was said"));
  ASSERT_EQ(ledger.bodies.size(), 4U);
  EXPECT_EQ(ledger.bodies[0], "what was asked");
  EXPECT_THAT(ledger.bodies[1], HasSubstr(swollen));
  EXPECT_EQ(ledger.text(1, "kind"), "note");
  EXPECT_EQ(ledger.text(1, "text"), "(none)");
  EXPECT_THAT(ledger.bodies[2], HasSubstr(swollen));
  EXPECT_EQ(ledger.bodies[3], "what was said");
  EXPECT_EQ(ledger.text(3, "kind"), "answer");
}

TEST(Journal, WhatAModelSaysIsNoMemberOfAnEntry) {
  const HandClock clock;
  ListLedger ledger;
  Journal journal{ledger, clock};
  const std::string said = R"({"kind":"sealed","body":{"pack":0}})";
  ASSERT_TRUE(journal.add_with_body({{"kind", "answer"}}, said));
  EXPECT_EQ(ledger.text(0, "kind"), "answer");
  EXPECT_EQ(ledger.text(0, "body"), said);
}

TEST(Journal, SignsWhatHasWaitedLongOrIsMuch) {
  HandClock clock;
  ListLedger ledger;
  Journal journal{ledger, clock};
  ASSERT_TRUE(journal.tick(Traffic::quiet));
  ASSERT_TRUE(journal.add({{"kind", "a"}}));
  clock.now += std::chrono::milliseconds{199};
  ASSERT_TRUE(journal.tick(Traffic::quiet));
  EXPECT_EQ(ledger.checkpoints, 0);
  clock.now += std::chrono::milliseconds{1};
  ASSERT_TRUE(journal.tick(Traffic::in_flight));
  EXPECT_EQ(ledger.checkpoints, 0) << "an answer is awaited";
  ASSERT_TRUE(journal.tick(Traffic::quiet));
  EXPECT_EQ(ledger.checkpoints, 1);
  ASSERT_TRUE(journal.add({{"kind", "a"}}));
  clock.now += std::chrono::seconds{1};
  ASSERT_TRUE(journal.tick(Traffic::in_flight));
  EXPECT_EQ(ledger.checkpoints, 2);
  for (int i = 0; i < 1024; ++i) ASSERT_TRUE(journal.add({{"kind", "a"}}));
  ASSERT_TRUE(journal.tick(Traffic::quiet));
  EXPECT_EQ(ledger.checkpoints, 3);
  for (int i = 0; i < 16'384; ++i) ASSERT_TRUE(journal.add({{"kind", "a"}}));
  EXPECT_EQ(ledger.checkpoints, 4) << "never more than that, whatever the traffic";
}

TEST(Journal, TheFirstFailureIsFinal) {
  const HandClock clock;
  ListLedger ledger;
  Journal journal{ledger, clock};
  ledger.broken = true;
  EXPECT_FALSE(journal.add({{"kind", "a"}}));
  ledger.broken = false;
  const auto later = journal.add({{"kind", "b"}});
  ASSERT_FALSE(later);
  EXPECT_THAT(later.error().message(), HasSubstr("No space left"));
  EXPECT_FALSE(journal.checkpoint());
  EXPECT_TRUE(ledger.entries.empty());
}

}  // namespace
}  // namespace belljar::exchange
