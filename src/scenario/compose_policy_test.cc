// What a policy makes of the messages of a composition: refused, held, or the end of whoever sent them.

#include "scenario/compose_fixture.h"

namespace belljar::scenario {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kMayAsk = R"(rules:
  - permit: ask
    action: send
    what: {models: ["*"]}
  - permit: made-up
    action: use data
    what: {data: [synthetic]}
)";

// A chain a -> b whose second question a policy judges; b notes whether it was ever asked.
Seen drive_policy(const std::string& rule, bool& asked, const std::string& link = "") {
  return drive_trial({.yaml = kThree + "links: [{to: a}, {from: a, to: b" + link + "}]\n",
                      .models = {{"a", adds(1)},
                                 {"b",
                                  [&asked](const Json&) {
                                    asked = true;
                                    return Json{Json::Object{{"label", "b"}}};
                                  }},
                                 {"c", adds(1)}},
                      .cases = {R"({"x":1})"},
                      .policy = std::string{kMayAsk} + rule});
}

TEST(ComposePolicy, WhatAPolicyPermitsPasses) {
  bool asked = false;
  const Seen seen = drive_policy("", asked, ", data: [synthetic]");
  EXPECT_TRUE(asked);
  EXPECT_THAT(seen.answers(), ElementsAre("b"));
  EXPECT_TRUE(seen.measured.findings.empty());
}

TEST(ComposePolicy, AForbiddenMessageIsRefusedAndToldAsAFinding) {
  bool asked = false;
  const Seen seen =
      drive_policy("  - {forbid: apart, action: send, who: [a], what: {models: [b]}, reason: kept apart}\n", asked);
  EXPECT_FALSE(asked);
  EXPECT_THAT(seen.answers(), ElementsAre("contract_error"));
  ASSERT_EQ(seen.measured.findings.size(), 1U);
  EXPECT_EQ(seen.measured.findings[0].kind, "policy");
  EXPECT_EQ(seen.measured.findings[0].model, "a");
  EXPECT_EQ(seen.measured.findings[0].rule, "policy.apart");
  EXPECT_THAT(seen.measured.findings[0].detail, HasSubstr("kept apart"));
  EXPECT_EQ(seen.ledger.count(R"("state":"refused")"), 1U);
  EXPECT_FALSE(seen.measured.contained);
}

TEST(ComposePolicy, AQuarantinedMessageIsHeld) {
  bool asked = false;
  const Seen seen =
      drive_policy("  - {forbid: apart, action: send, who: [a], what: {models: [b]}, then: quarantine}\n", asked);
  EXPECT_FALSE(asked);
  EXPECT_THAT(seen.answers(), ElementsAre("held"));
  EXPECT_EQ(seen.ledger.count(R"("state":"held")"), 1U);
  ASSERT_EQ(seen.measured.findings.size(), 1U);
  EXPECT_EQ(seen.measured.findings[0].severity, "high");
}

TEST(ComposePolicy, ARuleThatKillsContainsItsSenderWithoutOnBreach) {
  bool asked = false;
  const Seen seen =
      drive_policy("  - {forbid: apart, action: send, who: [a], what: {models: [b]}, then: kill}\n", asked);
  EXPECT_FALSE(asked);
  EXPECT_TRUE(seen.measured.contained);
  ASSERT_EQ(seen.measured.findings.size(), 1U);
  EXPECT_EQ(seen.measured.findings[0].severity, "critical");
  EXPECT_TRUE(seen.measured.findings[0].contained);
  EXPECT_EQ(seen.ledger.count(R"("state":"contained")"), 1U);
  EXPECT_EQ(seen.ledger.count(R"("kind":"containment")"), 1U);
}

TEST(ComposePolicy, DataGoesToThoseAloneWhoMayUseIt) {
  bool asked = false;
  const Seen seen = drive_policy("", asked, ", data: [patient.record]");
  EXPECT_FALSE(asked);
  ASSERT_EQ(seen.measured.findings.size(), 1U);
  EXPECT_EQ(seen.measured.findings[0].rule, "policy.default");
  EXPECT_THAT(seen.measured.findings[0].detail, HasSubstr("b uses data patient.record"));
}

TEST(ComposePolicy, AnAnswerIsJudgedAsItsQuestionWas) {
  bool asked = false;
  const Seen seen = drive_policy(
      "  - {forbid: no-answers, action: send, what: {models: [b]}, when: direction == \"answer\", then: kill}\n",
      asked);
  EXPECT_TRUE(asked);
  EXPECT_TRUE(seen.measured.contained);
  EXPECT_EQ(seen.measured.findings[0].model, "b");
  EXPECT_THAT(seen.answers(), ElementsAre("held"));
}

}  // namespace
}  // namespace belljar::scenario
