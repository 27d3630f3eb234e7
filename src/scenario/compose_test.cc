// Compositions of scripted children under the logical clock: what they answer, what breaks them, what they spend.

#include "scenario/compose_fixture.h"

#include "codec/crypto.h"

namespace belljar::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Compose, AChainMapsEachAnswerToTheNextRequest) {
  const Seen seen = drive_trial(
      {.yaml = kThree + R"(clock: logical
links:
  - {to: a}
  - {from: a, to: b, map: {x: "${/answer/x}", was: "case ${/id}: ${/case/x}"}}
  - {from: b, to: c, map: {label: "${/request/was}", seen: "${/answers/a/x}"}}
)",
       .models = {{"a", adds(10)},
                  {"b", adds(100)},
                  {"c", [](const Json& request) {
                     return Json{Json::Object{{"label", *request.find("label")}, {"seen", *request.find("seen")}}};
                   }}}});
  EXPECT_THAT(seen.answers(), ElementsAre("case 1: 1", "case 2: 2", "case 3: 3"));
  EXPECT_TRUE(seen.measured.composed);
  EXPECT_EQ(seen.measured.messages, 18U);
  EXPECT_EQ(seen.ledger.count(R"("state":"attempted")"), 18U);
  EXPECT_EQ(seen.ledger.count(R"("state":"dispatched")"), 18U);
}

TEST(Compose, EveryMessageNamesItsRootCauseAndItsParent) {
  const Seen seen =
      drive_trial({.yaml = kThree + "clock: logical\nlinks: [{to: a}, {from: a, to: b}]\ncomposition: {}\n",
                   .models = {{"a", adds(1)}, {"b", adds(1)}, {"c", adds(1)}},
                   .cases = {R"({"x":1})"}});
  std::vector<Json> attempts;
  for (const std::string& entry : seen.ledger.entries) {
    Json parsed = codec::parse_json(entry).value();
    if (parsed.find("state") != nullptr && parsed.find("state")->as_string() == "attempted") attempts.push_back(parsed);
  }
  ASSERT_EQ(attempts.size(), 4U);
  EXPECT_EQ(attempts[0].find("parent"), nullptr) << "the root cause itself";
  for (std::size_t at = 1; at < attempts.size(); ++at) {
    EXPECT_EQ(*attempts[at].find("trace"), *attempts[0].find("trace"));
    EXPECT_EQ(*attempts[at].find("parent"), *attempts[at - 1].find("span")) << at;
  }
  EXPECT_EQ(attempts[0].find("trace")->as_string().size(), 32U);
  EXPECT_EQ(attempts[0].find("span")->as_string().size(), 16U);
}

TEST(Compose, AMapThatLeadsNowhereBlamesTheAnswer) {
  const Seen seen = drive_trial({.yaml = kThree + R"(clock: logical
links: [{to: a}, {from: a, to: b, map: {x: "${/answer/none}"}}]
composition: {}
)",
                                 .models = {{"a", adds(1)}, {"b", adds(1)}, {"c", adds(1)}}});
  EXPECT_THAT(seen.answers(), ElementsAre("contract_error", "contract_error", "contract_error"));
  EXPECT_THAT(seen.measured.cases[0].detail, HasSubstr("${/answer/none} leads nowhere"));
}

TEST(Compose, ARouterGoesWhereTheAnswerSays) {
  const Seen seen = drive_trial({.yaml = kThree + R"(clock: logical
links:
  - {to: a}
  - {from: a, to: b, when: {at: /x, equals: 2}}
  - {from: a, to: c, when: {at: /x, equals: 3}}
)",
                                 .models = {{"a", adds(0)}, {"b", always("by b")}, {"c", always("by c")}}});
  EXPECT_THAT(seen.answers(), ElementsAre("b", "by b", "by c"));
}

TEST(Compose, AVoteCountsThoseThatAnswer) {
  const std::string yaml = kThree + "clock: logical\nlinks: [{to: a}, {to: b}, {to: c}]\n";
  const Answerer fails = [](const Json&) { return Json{Json::Object{{"error", "no"}}}; };
  const Seen seen = drive_trial({.yaml = yaml + "composition: {answer: vote, of: [a, b, c], quorum: 2}\n",
                                 .models = {{"a", always("yes")}, {"b", always("no")}, {"c", always("yes")}}});
  EXPECT_THAT(seen.answers(), ElementsAre("yes", "yes", "yes"));
  ASSERT_EQ(seen.measured.votes.size(), 3U);
  EXPECT_EQ(seen.measured.votes[1].against, 3U);
  EXPECT_EQ(seen.ledger.count(R"({"kind":"vote")"), 3U);
  const Seen one = drive_trial({.yaml = yaml + "composition: {answer: vote, of: [a, b, c], quorum: 2}\n",
                                .models = {{"a", always("yes")}, {"b", fails}, {"c", fails}}});
  EXPECT_THAT(one.answers(), ElementsAre("model_error", "model_error", "model_error"));
  EXPECT_THAT(one.measured.cases[0].detail, HasSubstr("no quorum: 1 of 3"));
  const Seen tie = drive_trial({.yaml = yaml + "composition: {answer: vote, of: [a, b, c]}\n",
                                .models = {{"a", always("yes")}, {"b", always("no")}, {"c", fails}}});
  EXPECT_THAT(tie.measured.cases[0].detail, HasSubstr("a tie of 2"));
}

TEST(Compose, AJudgeIsAskedOnceWithAllAnswers) {
  const Seen seen = drive_trial(
      {.yaml = kThree + R"(clock: logical
links:
  - {to: a}
  - {to: b}
  - {from: a, to: c, map: {of_a: "${/answers/a/label}", of_b: "${/answers/b/label}"}}
composition: {answer: judge, of: [a, b], judge: c}
)",
       .models = {{"a", always("yes")}, {"b", always("no")}, {"c", [](const Json& request) {
                                                                return Json{Json::Object{
                                                                    {"label", request.find("of_a")->as_string() +
                                                                                  request.find("of_b")->as_string()}}};
                                                              }}}});
  EXPECT_THAT(seen.answers(), ElementsAre("yesno", "yesno", "yesno"));
  EXPECT_EQ(seen.measured.links[2].requests, 3U);
}

TEST(Compose, ADebateHasItsRoundsAndThenAVote) {
  const Answerer follows = [](const Json& request) {
    const Json* other = request.find("other");
    return Json{Json::Object{{"label", other != nullptr ? other->as_string() : "unsure"}}};
  };
  const Seen seen = drive_trial({.yaml = kThree + R"(clock: logical
links:
  - {to: a}
  - {to: b}
  - {from: a, to: b, map: {other: "${/answers/a/label}"}}
  - {from: b, to: a, map: {other: "yes"}}
composition: {answer: debate, of: [a, b], rounds: 3}
)",
                                 .models = {{"a", always("yes")}, {"b", follows}, {"c", adds(1)}}});
  EXPECT_THAT(seen.answers(), ElementsAre("yes", "yes", "yes"));
  EXPECT_EQ(seen.measured.links[2].requests, 6U) << "two rounds after the first, three cases";
}

const std::string kLoop = "clock: logical\nlinks: [{to: a}, {from: a, to: b}, {from: b, to: a}]\n";

TEST(Compose, ALoopEndsByItsRoundsOrItsAnswer) {
  const std::map<std::string, Answerer> models{{"a", adds(1)}, {"b", adds(1)}, {"c", adds(1)}};
  const Seen rounds = drive_trial({.yaml = kThree + kLoop + "composition: {rounds: 4}\n", .models = models});
  EXPECT_EQ(rounds.measured.links[2].requests, 12U);
  const Seen until = drive_trial(
      {.yaml = kThree + kLoop + "composition: {rounds: 100, until: {at: /x, equals: 7}}\n", .models = models});
  EXPECT_THAT(until.answers(), ElementsAre("b", "b", "b"));
  EXPECT_LT(until.measured.links[2].requests, 12U);
}

TEST(Compose, ARunawayCascadeEndsByItsBudget) {
  const std::map<std::string, Answerer> models{{"a", adds(1)}, {"b", adds(1)}, {"c", adds(1)}};
  for (const char* budget :
       {"run: {messages: 50}", "case: {messages: 16}", "models: {b: {messages: 20}}, run: {messages: 999}",
        "run: {bytes: 2000B, messages: 999}", "run: {tokens: 400, messages: 999}"}) {
    const Seen seen = drive_trial({.yaml = kThree + kLoop + "budgets: {" + budget + "}\n", .models = models});
    EXPECT_LT(seen.measured.messages, 100U) << budget;
    ASSERT_FALSE(seen.measured.findings.empty()) << budget;
    EXPECT_EQ(seen.measured.findings[0].kind, "budget") << budget;
    EXPECT_FALSE(seen.measured.contained);
  }
  const Seen contained = drive_trial(
      {.yaml = kThree + kLoop + "budgets: {run: {messages: 50}}\non_breach: {contain: [budget]}\n", .models = models});
  EXPECT_TRUE(contained.measured.contained);
}

TEST(Compose, AnAmplifyingLoopIsContainedByItsGain) {
  const Answerer doubles = [](const Json& request) {
    const Json* said = request.find("said");
    const std::string text = said != nullptr ? said->as_string() : "word ";
    return Json{Json::Object{{"said", text + text}, {"label", "b"}}};
  };
  const Seen seen = drive_trial({.yaml = kThree + kLoop + R"(budgets: {run: {messages: 100000}}
monitors: {amplification: {gain: 1.5, rounds: 3}}
on_breach: {contain: [amplification]}
)",
                                 .models = {{"a", doubles}, {"b", adds(1)}, {"c", adds(1)}},
                                 .cases = {R"({"said":"one "})"}});
  EXPECT_FALSE(seen.measured.contained) << "b says nothing of what it heard: this loop does not grow";
  const Seen grows = drive_trial({.yaml = kThree + kLoop + R"(budgets: {run: {messages: 100000}}
monitors: {amplification: {gain: 1.5, rounds: 3}}
on_breach: {contain: [amplification]}
)",
                                  .models = {{"a", doubles}, {"b", doubles}, {"c", adds(1)}},
                                  .cases = {R"({"said":"one "})"}});
  EXPECT_TRUE(grows.measured.contained);
  EXPECT_LT(grows.measured.messages, 40U);
  ASSERT_EQ(grows.measured.gains.size(), 2U);
  EXPECT_GE(grows.measured.gains[0].points.size(), 4U);
  ASSERT_FALSE(grows.measured.findings.empty());
  EXPECT_THAT(grows.measured.findings[0].detail, HasSubstr("mean gain"));
}

// As `yaml`, at three speeds.
void expect_equal_at_any_speed(Trial trial) {
  const Seen first = drive_trial(trial);
  for (const int lag : {1, 7}) {
    trial.lag = lag;
    const Seen again = drive_trial(trial);
    EXPECT_EQ(again.transcript, first.transcript) << trial.yaml << " lag " << lag;
    EXPECT_EQ(again.answers(), first.answers());
  }
}

TEST(LogicalClock, MachineSpeedChangesNothing) {
  const std::string models =
      "models: {a: {run: [x], latency: 5ms, in_flight: 3}, b: {run: [x], latency: 3ms}, c: {run: [x], latency: 7ms}}\n";
  const std::string links = R"(clock: logical
links: [{to: a}, {to: b, latency: 1ms}, {from: a, to: c, rate: 100/s}, {from: b, to: c}, {from: c, to: a, rounds: 3}]
)";
  const std::map<std::string, Answerer> answerers{{"a", adds(1)}, {"b", adds(2)}, {"c", adds(3)}};
  std::vector<std::string> cases;
  for (int i = 0; i < 20; ++i) cases.push_back("{\"x\":" + std::to_string(i) + "}");
  for (const char* faults :
       {"", "faults: [{kind: slow, model: c, delay: 40ms, chance: 0.3}]",
        "faults: [{kind: down, model: b, at: 5 messages, for: 50ms}, {kind: dropped, model: a, chance: 0.2}]",
        "faults: [{kind: error, from: a, to: c, chance: 0.5}, {kind: malformed, model: b, at: 3 messages}]",
        "faults: [{kind: duplicated, model: c, chance: 0.3}, {kind: flood, model: b, copies: 3, at: 2 messages}]",
        "faults: [{kind: reordered, model: a, for: 4 messages}, {kind: truncated, model: c, at: 9 messages}]",
        "faults: [{kind: dependency-lost, model: c, at: 20ms, for: 30ms}, {kind: amnesia, model: a, at: 6 "
        "messages}]"}) {
    expect_equal_at_any_speed({.yaml = models + links + faults + "\n", .models = answerers, .cases = cases});
  }
}

TEST(LogicalClock, SeedsDrawFaults) {
  const auto digest = [](int seed) {
    return drive_trial({.yaml = kThree + "clock: logical\nseed: " + std::to_string(seed) +
                                "\nlinks: [{to: a}]\ncomposition: {}\nfaults: [{kind: error, model: a, chance: 0.5}]\n",
                        .models = {{"a", adds(1)}, {"b", adds(1)}, {"c", adds(1)}},
                        .cases = std::vector<std::string>(20, R"({"x":1})")})
        .transcript;
  };
  EXPECT_EQ(digest(1), digest(1));
  EXPECT_NE(digest(1), digest(2));
}

TEST(LogicalClock, ADeadlineIsLogical) {
  spec::Contract contract = spec::open_contract();
  contract.deadline = std::chrono::milliseconds{10};
  const Seen seen = drive_trial({.yaml = "models: {a: {run: [x], latency: 20ms}}\nclock: logical\nlinks: [{to: a}]\n",
                                 .models = {{"a", adds(1)}},
                                 .contracts = {{"workload a", contract}}});
  EXPECT_THAT(seen.answers(), ElementsAre("timeout", "timeout", "timeout"));
  ASSERT_EQ(seen.measured.strays.size(), 1U);
  EXPECT_EQ(seen.measured.strays[0].kind, "late");
}

TEST(Faults, EachDoesWhatItSays) {
  struct Row {
    const char* fault;
    std::string first;  // what becomes of the first case
    std::string detail;
  };
  const std::vector<Row> rows{
      {"{kind: down, model: a, for: 1 messages}", "model_error", "unavailable"},
      {"{kind: error, model: a}", "model_error", "a fault of the scenario"},
      {"{kind: malformed, model: a}", "contract_error", "malformed"},
      {"{kind: truncated, model: a}", "contract_error", "truncated"},
      {"{kind: dropped, model: a}", "timeout", "deadline"},
      {"{kind: slow, model: a, delay: 1h}", "timeout", "deadline"},
      {"{kind: slow, model: a, delay: 1s}", "b", ""},
      {"{kind: duplicated, model: a}", "b", ""},
      {"{kind: flood, model: a}", "b", ""},
      {"{kind: amnesia, model: a}", "b", ""},
      {"{kind: reordered, model: a}", "timeout", "deadline"},
  };
  for (const Row& row : rows) {
    const Seen seen = drive_trial({.yaml = "models: {a: {run: [x]}}\nclock: logical\nlinks: [{to: a}]\nfaults: [" +
                                           std::string{row.fault} + "]\n",
                                   .models = {{"a", adds(1)}}});
    EXPECT_EQ(seen.answers()[0], row.first) << row.fault;
    EXPECT_EQ(seen.answers()[1], "b") << row.fault;
    EXPECT_THAT(seen.measured.cases[0].detail, HasSubstr(row.detail)) << row.fault;
    ASSERT_EQ(seen.measured.faults.size(), 1U);
    EXPECT_EQ(seen.measured.faults[0].struck, 1U) << row.fault;
    EXPECT_EQ(seen.ledger.count(R"("state":"faulted")"), 1U) << row.fault;
  }
}

TEST(Faults, AFloodIsCountedAndBoundedByTheContract) {
  spec::Contract contract = spec::open_contract();
  contract.fan_out_max = 4;
  const Seen seen = drive_trial({.yaml = "models: {a: {run: [x]}}\nclock: logical\nlinks: [{to: a}]\n"
                                         "faults: [{kind: flood, model: a, copies: 9}]\n",
                                 .models = {{"a", adds(1)}},
                                 .contracts = {{"workload a", contract}}});
  EXPECT_EQ(seen.measured.links[0].refused, 6U);
  EXPECT_EQ(seen.measured.messages, 6U + 9U + 3U) << "three cases, nine copies, of which three were answered";
}

TEST(Contracts, ARetryAsksAgain) {
  spec::Contract contract = spec::open_contract();
  contract.retry.attempts = 3;
  contract.retry.idempotent = true;
  const Seen seen = drive_trial({.yaml = "models: {a: {run: [x]}}\nclock: logical\nlinks: [{to: a}]\n"
                                         "faults: [{kind: error, model: a, for: 2 messages}]\n",
                                 .models = {{"a", adds(1)}},
                                 .contracts = {{"workload a", contract}}});
  EXPECT_THAT(seen.answers(), ElementsAre("b", "b", "b"));
  EXPECT_EQ(seen.measured.links[0].retried, 2U);
}

}  // namespace
}  // namespace belljar::scenario
