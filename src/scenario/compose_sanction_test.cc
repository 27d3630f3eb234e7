// What a policy's rule asks to follow for whoever broke it: slower from then on, standing still, started anew, and
// messages that lose a part. Under the logical clock, so that the times are exact.

#include "scenario/compose_fixture.h"

namespace belljar::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;

const std::string kHead = "models: {a: {run: [x], in_flight: 1}}\nclock: logical\nlinks: [{to: a}]\ncomposition: {}\n";
const std::string kTwoAtOnce =
    "models: {a: {run: [x], in_flight: 2, latency: 10ms}}\nclock: logical\nlinks: [{to: a}]\ncomposition: {}\n";

// Says too much once, on the case x == 1, and what it should afterwards.
Answerer chatters_once() {
  return [](const Json& request) {
    const bool first = request.find("x")->as_int() == 1;
    return Json{Json::Object{{"label", first ? std::string(300, 'l') : std::string{"b"}}}};
  };
}

std::string rule(const std::string& then) {
  return "rules:\n  - {permit: all, action: send, what: {models: [\"*\"]}}\n"
         "  - {forbid: chatter, action: send, who: [a], what: {models: [a]}, when: bytes > 200, then: " +
         then + "}\n";
}

spec::Contract patient(std::chrono::milliseconds deadline) {
  spec::Contract contract = spec::open_contract();
  contract.deadline = deadline;
  return contract;
}

Trial trial(const std::string& then, const std::string& yaml = kHead,
            std::chrono::milliseconds deadline = std::chrono::seconds{60}) {
  return {.yaml = yaml,
          .models = {{"a", chatters_once()}},
          .contracts = {{"workload a", patient(deadline)}},
          .policy = rule(then)};
}

std::vector<std::int64_t> latencies(const Seen& seen) {
  std::vector<std::int64_t> all;
  for (const auto& item : seen.measured.cases) all.push_back(item.latency_ns);
  return all;
}

TEST(Sanctions, AThrottledModelSpeaksOnceInItsInterval) {
  const Seen seen = drive_trial(trial("{throttle: 5s}"));
  EXPECT_THAT(seen.answers(), ElementsAre("contract_error", "b", "b"));
  EXPECT_THAT(latencies(seen), ElementsAre(0, 5 * kSecond, 5 * kSecond));
  EXPECT_EQ(seen.ledger.count(R"("kind":"sanction","model":"a","consequence":"throttle","rule":"policy.chatter")"), 1U);
  EXPECT_EQ(seen.ledger.count(R"("interval_ns":5000000000)"), 1U);
  EXPECT_FALSE(seen.measured.contained);
}

TEST(Sanctions, AnAnswerThatItsThrottleKeepsPastTheDeadlineIsLost) {
  const Seen seen = drive_trial(trial("{throttle: 5s}", kHead, std::chrono::seconds{2}));
  EXPECT_THAT(seen.answers(), ElementsAre("contract_error", "timeout", "timeout"));
}

TEST(Sanctions, APausedModelIsAskedWhenItGoesOn) {
  const Seen seen = drive_trial(trial("{pause: 7s}"));
  EXPECT_THAT(seen.answers(), ElementsAre("contract_error", "b", "b"));
  EXPECT_THAT(latencies(seen), ElementsAre(0, 7 * kSecond, 0));
  EXPECT_EQ(seen.ledger.count(R"("consequence":"pause")"), 1U);
  EXPECT_EQ(seen.ledger.count(R"("kind":"resumed","model":"a")"), 1U);
  ASSERT_EQ(seen.measured.findings.size(), 1U);
  EXPECT_EQ(seen.measured.findings[0].severity, "high");
}

TEST(Sanctions, WhatAPausedModelWasAskedBeforeIsBelievedAfterwardsOrTooLate) {
  const Seen patient = drive_trial(trial("{pause: 7s}", kTwoAtOnce));
  EXPECT_THAT(patient.answers(), ElementsAre("contract_error", "b", "b"));
  EXPECT_EQ(latencies(patient)[1], 7 * kSecond + 10'000'000);
  const Seen hasty = drive_trial(trial("{pause: 7s}", kTwoAtOnce, std::chrono::seconds{1}));
  EXPECT_EQ(hasty.answers()[1], "timeout");
  EXPECT_THAT(hasty.measured.cases[1].detail, HasSubstr("the model was paused"));
}

TEST(Sanctions, APauseWithoutATimeLastsUntilTheRunEnds) {
  const Seen seen = drive_trial(trial("pause"));
  EXPECT_THAT(seen.answers(), ElementsAre("contract_error", "held", "held"));
  EXPECT_EQ(seen.ledger.count(R"("for_ns":0)"), 1U);
  EXPECT_EQ(seen.ledger.count(R"("kind":"resumed")"), 0U);
}

TEST(Sanctions, NoMachinesSpeedChangesWhatFollows) {
  for (const std::string then : {"{throttle: 50ms}", "{pause: 70ms}", "pause", "{reset: 1}"}) {
    for (const std::string& yaml : {kHead, kTwoAtOnce}) {
      Trial quick = trial(then, yaml);
      Trial slow = trial(then, yaml);
      slow.lag = 5;
      EXPECT_EQ(drive_trial(quick).transcript, drive_trial(slow).transcript) << then;
    }
  }
}

// Chatters in its first answer of each life.
std::unique_ptr<Port> forgetful() {
  const auto answered = std::make_shared<int>(0);
  return std::make_unique<HandPort>(
      [answered](const Json&) {
        return Json{Json::Object{{"label", ++*answered == 1 ? std::string(300, 'l') : std::string{"b"}}}};
      },
      0);
}

TEST(Sanctions, AResetModelForgetsAndIsContainedWhenResetsDoNotHelp) {
  int lives = 0;
  Trial once = trial("{reset: 2}");
  once.ports["a"] = [&lives]() -> std::unique_ptr<Port> {
    return ++lives == 1 ? forgetful() : std::make_unique<HandPort>(always("b"), 0);
  };
  const Seen helped = drive_trial(once);
  EXPECT_EQ(lives, 2);
  EXPECT_THAT(helped.answers(), ElementsAre("contract_error", "b", "b"));
  EXPECT_EQ(helped.ledger.count(R"("consequence":"reset")"), 1U);
  EXPECT_EQ(helped.ledger.count(R"("kind":"model-started","model":"a","anew":true)"), 1U);
  EXPECT_FALSE(helped.measured.contained);

  lives = 0;
  Trial ever = trial("{reset: 1}");
  ever.ports["a"] = [&lives] {
    ++lives;
    return forgetful();
  };
  const Seen contained = drive_trial(ever);
  EXPECT_EQ(lives, 2);
  EXPECT_THAT(contained.answers(), ElementsAre("contract_error", "contract_error", "held"));
  EXPECT_TRUE(contained.measured.contained);
}

// A chain a -> b along which data goes that b may not see in part; gives what b saw.
Seen drive_redacted(const std::string& rules, std::vector<Json>& seen_by_b) {
  return drive_trial({.yaml = kThree + "clock: logical\nlinks: [{to: a}, {from: a, to: b, data: [patient.record]}]\n",
                      .models = {{"a", adds(1)},
                                 {"b",
                                  [&](const Json& request) {
                                    seen_by_b.push_back(request);
                                    return Json{Json::Object{{"label", "b"}}};
                                  }},
                                 {"c", adds(1)}},
                      .cases = {R"({"x":1})"},
                      .policy = "rules:\n  - {permit: all, action: send, what: {models: [\"*\"]}}\n" + rules});
}

constexpr std::string_view kRedact =
    "  - {forbid: in-part, action: use data, who: [b], what: {data: [patient.**]}, then: {redact: [/label, /x, /n]}}\n";
constexpr std::string_view kMayUse = "  - {permit: use, action: use data, what: {data: [patient.**]}}\n";

TEST(Sanctions, ARedactedMessagePassesWithoutWhatTheRuleNames) {
  std::vector<Json> asked;
  const Seen seen = drive_redacted(std::string{kMayUse} + std::string{kRedact}, asked);
  EXPECT_THAT(seen.answers(), ElementsAre("b"));
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].find("label")->as_string(), "[redacted]");
  EXPECT_TRUE(asked[0].find("x")->is_null());
  EXPECT_EQ(asked[0].find("n"), nullptr) << "what it does not have is not made up";
  EXPECT_EQ(seen.ledger.count(R"("state":"dispatched","seq":3,"rule":"policy.in-part")"), 1U);
  ASSERT_EQ(seen.measured.findings.size(), 1U);
  EXPECT_EQ(seen.measured.findings[0].rule, "policy.in-part");
}

TEST(Sanctions, RedactionOpensNothingThatIsClosed) {
  std::vector<Json> asked;
  EXPECT_THAT(drive_redacted(std::string{kRedact}, asked).answers(), ElementsAre("contract_error"))
      << "no rule permits b to use the data";
  const std::string also = "  - {forbid: never, action: use data, who: [b], what: {data: [patient.record]}}\n";
  EXPECT_THAT(drive_redacted(std::string{kMayUse} + std::string{kRedact} + also, asked).answers(),
              ElementsAre("contract_error"));
  EXPECT_TRUE(asked.empty());
}

}  // namespace
}  // namespace belljar::scenario
