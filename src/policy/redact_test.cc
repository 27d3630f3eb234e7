// A forbid that redacts: it decides only where everything else allows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/policy.h"

namespace belljar::policy {
namespace {

using testing::UnorderedElementsAre;

Policy make(const std::string& rules) {
  auto spec = spec::parse_policy("belljar-policy: 1\nname: p\nrules:\n" + rules, "p.yaml", {});
  EXPECT_TRUE(spec) << spec.error().message();
  return compile(std::move(spec).value()).value();
}

Decision decide(const Policy& policy) { return policy.decide({"me", Action::send, "x", {}}); }

const std::string kRedact = "  - {forbid: less, action: send, what: {models: [x]}, then: {redact: [/a]}}\n";
const std::string kPermit = "  - {permit: all, action: send, what: {models: [x]}}\n";

TEST(Redact, AloneItDecidesWhereAPermitAllows) {
  const Policy policy =
      make(kRedact + kPermit + "  - {forbid: more, action: send, what: {models: ['*']}, then: {redact: [/b, /c]}}\n");
  EXPECT_EQ(decide(policy).answer, Answer::deny);
  EXPECT_EQ(decide(policy).consequence, spec::Consequence::redact);
  EXPECT_EQ(decide(policy).rule, "less");
  EXPECT_THAT(policy.redactions({"me", Action::send, "x", {}}), UnorderedElementsAre("/a", "/b", "/c"));
}

TEST(Redact, NothingPermittedStaysDenied) {
  EXPECT_EQ(decide(make(kRedact)).rule, "default");
  EXPECT_EQ(decide(make(kRedact)).consequence, spec::Consequence::record);
}

TEST(Redact, AnyOtherForbidWinsWhereverItStands) {
  const Decision decision = decide(make(kRedact + kPermit + "  - {forbid: no, action: send, what: {models: [x]}}\n"));
  EXPECT_EQ(decision.rule, "no");
  EXPECT_EQ(decision.consequence, spec::Consequence::record);
}

TEST(Redact, WhatCannotBeEvaluatedDenies) {
  const Decision decision =
      decide(make(kRedact + kPermit + "  - {permit: p, action: send, what: {models: [x]}, when: bytes > 3}\n"));
  EXPECT_TRUE(decision.failed);
  EXPECT_EQ(decision.consequence, spec::Consequence::record);
}

}  // namespace
}  // namespace belljar::policy
