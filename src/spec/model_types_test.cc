#include "spec/model_types.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::spec {
namespace {

using testing::HasSubstr;

Result<Scenario> with_model(const std::string& model) {
  return parse_scenario("belljar: 1\nname: t\nseed: 1\nmodels:\n  m: " + model +
                            "\nlinks: [{from: workload, to: m}]\nworkload: {cases: c.csv}\n",
                        "t.yaml");
}

ModelSpec read(const std::string& model) {
  Result<Scenario> scenario = with_model(model);
  if (scenario) return scenario.value().models.at(0);
  ADD_FAILURE() << scenario.error().message();
  return {};
}

TEST(ModelTypes, BringLimitsAndProfile) {
  EXPECT_EQ(read("{run: [a]}").quotas, Quotas{});
  EXPECT_EQ(read("{run: [a], type: classifier}").quotas, Quotas{});
  const ModelSpec agent = read("{run: [a], type: agent}");
  EXPECT_EQ(agent.profile, "agent");
  EXPECT_EQ(agent.quotas.memory_bytes, 1024ULL << 20);
  EXPECT_EQ(agent.canaries.size(), 2U);
  EXPECT_EQ(read("{run: [a], type: language-model}").profile, "interpreter");
  EXPECT_EQ(read("{run: [a], type: language-model, adapter: openai}").profile, "server");
}

TEST(ModelTypes, WhatTheScenarioSaysWins) {
  const ModelSpec model =
      read("{canaries: [/work/mine], profile: compute, limits: {memory: 64MiB}, run: [a], type: agent}");
  EXPECT_EQ(model.profile, "compute");
  EXPECT_EQ(model.quotas.memory_bytes, 64ULL << 20);
  EXPECT_EQ(model.quotas.processes, 128U) << "the rest stays the type's";
  ASSERT_EQ(model.canaries.size(), 1U);
  EXPECT_EQ(model.canaries[0].inside, "/work/mine");
  EXPECT_TRUE(read("{canaries: [], run: [a], type: agent}").canaries.empty());
  EXPECT_EQ(read("{run: [a], adapter: openai, profile: agent}").profile, "agent");
}

TEST(ModelTypes, AnUnknownOneIsNamedWithTheKnown) {
  const Result<Scenario> scenario = with_model("{run: [a], type: oracle}");
  ASSERT_FALSE(scenario);
  EXPECT_THAT(scenario.error().message(), HasSubstr("t.yaml:5:"));
  EXPECT_THAT(scenario.error().message(), HasSubstr("language-model"));
}

}  // namespace
}  // namespace belljar::spec
