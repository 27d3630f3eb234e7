#include "content/scripted_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::content {
namespace {

using codec::Json;
using testing::HasSubstr;

constexpr std::string_view kRules = R"(belljar-rules: 1
rules:
  - rule: large
    when: [{at: /amount, above: 1000}, {at: /purpose, matches: "^(car|boat)$"}]
    answer: {label: refuse, reason: "asked for ${/request/amount}", amount: "${/request/amount}"}
    delay: 20ms
  - rule: quiet
    when: [{at: /amount, equals: 7}]
    silent: true
  - rule: third
    every: 3
    error: {code: busy}
  - rule: otherwise
    answer: {label: grant, count: "${/count}"}
)";

struct Asked {
  ScriptedReply::Kind kind;
  std::string body;
};

Asked ask(ScriptedModel& model, std::string_view request, std::size_t bytes_max = 1000) {
  const ScriptedReply reply = model.reply(codec::parse_json(request).value(), bytes_max);
  return {reply.kind, codec::to_json(reply.body)};
}

ScriptedModel model() { return ScriptedModel{parse_scripted_rules(kRules, "r.yaml").value()}; }

TEST(ScriptedRules, TheFirstThatHoldsAnswers) {
  ScriptedModel scripted = model();
  EXPECT_EQ(ask(scripted, R"({"amount":1001,"purpose":"car"})").body,
            R"({"label":"refuse","reason":"asked for 1001","amount":1001})");
  EXPECT_EQ(ask(scripted, R"({"amount":1000,"purpose":"car"})").body, R"({"label":"grant","count":2})");
  EXPECT_EQ(ask(scripted, R"({"amount":1001,"purpose":"cars"})").body, R"({"label":"grant","count":3})");
  EXPECT_EQ(ask(scripted, R"({"amount":7})").kind, ScriptedReply::Kind::silence);
  const Asked third = ask(scripted, R"({"amount":"many"})");
  EXPECT_EQ(third.kind, ScriptedReply::Kind::error);
  EXPECT_EQ(third.body, R"({"code":"busy"})");
}

TEST(ScriptedRules, EqualQuestionsGetEqualAnswers) {
  ScriptedModel first = model();
  ScriptedModel second = model();
  for (int turn = 0; turn < 50; ++turn) {
    const std::string request = R"({"amount":)" + std::to_string(turn * 37 % 11) + "}";
    EXPECT_EQ(ask(first, request).body, ask(second, request).body);
  }
}

TEST(ScriptedRules, WhatNoRuleAnswersFails) {
  ScriptedModel scripted{{}};
  EXPECT_THAT(ask(scripted, "{}").body, HasSubstr("no-rule"));
  EXPECT_EQ(ask(scripted, "{}").kind, ScriptedReply::Kind::error);
}

TEST(ScriptedRules, ATemplateCannotOutgrowTheMessage) {
  ScriptedModel scripted{
      parse_scripted_rules("belljar-rules: 1\nrules: [{rule: echo, answer: {a: '${/request/t}${/request/t}'}}]", "r")
          .value()};
  EXPECT_EQ(ask(scripted, R"({"t":"abc"})").body, R"({"a":"abcabc"})");
  EXPECT_EQ(ask(scripted, R"({"t":")" + std::string(900, 'x') + R"("})").kind, ScriptedReply::Kind::error);
  EXPECT_EQ(ask(scripted, R"({})").kind, ScriptedReply::Kind::error);
}

struct Wrong {
  const char* name;
  const char* text;
  const char* message;
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.name; }

class ScriptedRulesRefuse : public testing::TestWithParam<Wrong> {};

TEST_P(ScriptedRulesRefuse, WithPlaceAndExpectation) {
  const auto rules = parse_scripted_rules(std::string{"belljar-rules: 1\nrules:\n"} + GetParam().text, "r.yaml");
  ASSERT_FALSE(rules);
  EXPECT_EQ(rules.error().code(), Errc::invalid_argument);
  EXPECT_THAT(rules.error().message(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Table, ScriptedRulesRefuse,
    testing::Values(Wrong{"no_list", "  a: 1\n", "r.yaml:3:3:"},
                    Wrong{"two_replies", "  - {rule: a, answer: {}, silent: true}\n", "r.yaml:3:5: found 2 of answer"},
                    Wrong{"no_reply", "  - {rule: a}\n", "found 0 of answer"},
                    Wrong{"no_name", "  - {answer: {}}\n", "without \"rule\""},
                    Wrong{"pointer", "  - {rule: a, when: [{at: amount}], answer: {}}\n", "r.yaml:3:27:"},
                    Wrong{"pattern", "  - {rule: a, when: [{at: /a, matches: '(?=x)'}], answer: {}}\n", "r.yaml:3:40:"},
                    Wrong{"number", "  - {rule: a, when: [{at: /a, above: much}], answer: {}}\n", "expected a number"},
                    Wrong{"template", "  - {rule: a, answer: {b: '${/x'}}\n", "r.yaml:3:"},
                    Wrong{"key", "  - {rule: a, answers: {}}\n", "\"answers\""},
                    Wrong{"every", "  - {rule: a, every: 0, answer: {}}\n", "r.yaml:3:22:"}),
    [](const auto& row) { return std::string{row.param.name}; });

}  // namespace
}  // namespace belljar::content
