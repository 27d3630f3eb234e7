// What surrounds a policy: its plain-text cases, its review, explanations and comparisons.

#include <map>

#include "os/file.h"
#include "policy/cases.h"
#include "policy/compare.h"
#include "policy/explain.h"
#include "policy/review.h"

namespace belljar::policy {
namespace {

using testing::HasSubstr;

Policy make(const std::string& rules) {
  auto spec = spec::parse_policy("belljar-policy: 1\nname: p\n" + rules, "p.yaml", {});
  EXPECT_TRUE(spec) << spec.error().message();
  return compile(std::move(spec).value()).value();
}

TEST(PolicyCases, TheReadyPoliciesKeepTheirCases) {
  std::size_t count = 0;
  for (const std::string name : {"air-gapped", "strict", "agent", "developer"}) {
    const std::string path = std::string{BELLJAR_SOURCE_DIR} + "/policies/" + name;
    const Policy policy = compile(spec::load_policy(path + ".yaml").value()).value();
    const auto cases = parse_cases(os::read_file(path + ".policy.test", 1U << 20).value(), path);
    ASSERT_TRUE(cases) << cases.error().message();
    count += cases.value().size();
    for (const CaseFailure& failure : run_cases(policy, cases.value())) {
      ADD_FAILURE() << path << ".policy.test:" << failure.line << ": " << failure.what;
    }
    EXPECT_TRUE(review(policy.spec()).empty()) << name;
  }
  EXPECT_GE(count, 200U);
}

TEST(PolicyCases, AFailedCaseSaysWhatWasFound) {
  const Policy policy = make("rules: [{permit: web, action: connect, what: {hosts: [a.example]}}]\n");
  const auto cases = parse_cases(
      "deny me connect a.example\nallow me connect a.example by other\ndeny me connect b.example by default then kill\n"
      "allow me connect a.example  by web # fine\n",
      "t");
  ASSERT_TRUE(cases) << cases.error().message();
  const auto failures = run_cases(policy, cases.value());
  ASSERT_EQ(failures.size(), 3U);
  EXPECT_THAT(failures[0].what, HasSubstr("found allow by \"web\""));
  EXPECT_THAT(failures[1].what, HasSubstr("expected allow by \"other\""));
  EXPECT_EQ(failures[2].line, 3);
  EXPECT_THAT(failures[2].what, HasSubstr("then record"));
}

TEST(PolicyCases, EveryWrongLineIsTold) {
  const auto cases = parse_cases(
      "maybe me connect a\nallow me fly a\nallow me connect\nallow me connect a prot=1\nallow me connect a port=x\n"
      "allow me connect a by\nallow me connect \"a\n",
      "t");
  ASSERT_FALSE(cases);
  for (const char* expected :
       {"t:1: found \"maybe\"", "t:2: found \"fly\"", "t:3: found 2 words", "t:4: found attribute \"prot\"",
        "t:5: found \"x\"", "t:6: found 0 words after \"by\"", "t:7: found a text that does not end"}) {
    EXPECT_THAT(cases.error().message(), HasSubstr(expected));
  }
}

TEST(RequestText, WhatIsWrittenIsReadBack) {
  for (const std::string line : {"me connect a.example port=443 method=GET path=\"/a b\" partly",
                                 "w use data x.y direction=request", "m call files/x bytes=65536 stream=true"}) {
    const auto asked = parse_asked(split_words(line).value());
    ASSERT_TRUE(asked) << asked.error().message();
    const auto again = parse_asked(split_words(asked_text(asked.value())).value());
    ASSERT_TRUE(again);
    EXPECT_EQ(asked_text(again.value()), asked_text(asked.value()));
    EXPECT_EQ(again.value().attributes, asked.value().attributes);
  }
}

struct Reviewed {
  std::string name;
  std::string rules;
  std::string expected;  // empty: nothing odd
};

class ReviewTest : public testing::TestWithParam<Reviewed> {};

TEST_P(ReviewTest, Tells) {
  const auto remarks = review(make("rules:\n" + GetParam().rules).spec());
  if (GetParam().expected.empty()) {
    EXPECT_TRUE(remarks.empty()) << remarks[0].what;
  } else {
    ASSERT_EQ(remarks.size(), 1U);
    EXPECT_THAT(remarks[0].place + ": " + remarks[0].what, HasSubstr(GetParam().expected));
  }
}

const std::string kWide = "  - {permit: wide, action: connect, what: {hosts: [\"**.example\"]}}\n";

INSTANTIATE_TEST_SUITE_P(
    Policy, ReviewTest,
    testing::Values(
        Reviewed{"covered", kWide + "  - {permit: b, action: connect, what: {hosts: [a.b.example], ports: [80]}}\n",
                 "p.yaml:5:5: permit \"b\" never decides: permit \"wide\" above covers it"},
        Reviewed{"order", "  - {permit: b, action: connect, what: {hosts: [a.b.example]}}\n" + kWide, ""},
        Reviewed{"wider", kWide + "  - {permit: b, action: connect, what: {hosts: [\"**\"]}}\n", ""},
        Reviewed{"contradiction", kWide + "  - {forbid: f, action: connect, what: {hosts: [\"**\"]}}\n",
                 "permit \"wide\" contradicts forbid \"f\""},
        Reviewed{"forbids_a_part", kWide + "  - {forbid: f, action: connect, what: {hosts: [\"**\"], ports: [80]}}\n",
                 ""},
        Reviewed{"forbids_under_a_condition",
                 kWide + "  - {forbid: f, action: connect, what: {hosts: [\"**\"]}, when: bytes > 5}\n", ""},
        Reviewed{"impossible_number",
                 "  - {forbid: f, action: connect, what: {hosts: [\"**\"]}, when: port > 80 and port < 80}\n",
                 "nothing it asks of \"port\" can be true"},
        Reviewed{
            "impossible_text",
            "  - {forbid: f, action: connect, what: {hosts: [\"**\"], methods: [GET]}, when: 'method == \"PUT\"'}\n",
            "nothing it asks of \"method\""},
        Reviewed{
            "impossible_not_in",
            "  - {forbid: f, action: send, what: {models: [x]}, when: 'direction == \"answer\" and direction not in "
            "[\"answer\"]'}\n",
            "nothing it asks of \"direction\""},
        Reviewed{"possible",
                 "  - {forbid: f, action: connect, what: {hosts: [\"**\"]}, when: port > 80 and port < 82}\n", ""},
        Reviewed{"other_people",
                 "  - {permit: a, action: send, who: [x], what: {models: [m]}}\n"
                 "  - {permit: b, action: send, what: {models: [m]}}\n",
                 ""}),
    [](const auto& row) { return row.param.name; });

TEST(Explain, NamesWhatStandsAgainstTheNearestPermit) {
  const Policy policy = make(R"(rules:
  - {permit: far, action: connect, who: [x], what: {hosts: [far.example], ports: [1]}}
  - {permit: near, action: connect, what: {hosts: [a.example], ports: [443], methods: [GET]}, when: bytes < 10}
)");
  const auto asked = parse_asked(split_words("me connect a.example port=443 method=PUT bytes=3").value()).value();
  const auto near = nearest_permits(policy.spec(), asked, 3);
  ASSERT_EQ(near.size(), 2U);
  EXPECT_EQ(near[0].id, "near");
  EXPECT_EQ(near[0].place, "p.yaml:5");
  EXPECT_THAT(near[0].against, testing::ElementsAre("method \"PUT\" is not in GET"));
  EXPECT_EQ(near[1].against.size(), 3U);
}

// What a request lacks is taken away, one set of attributes after another: what is said early must hold late.
TEST(Policy, PartialAnswersAreFinal) {
  std::size_t open = 0;
  for (const std::string name : {"air-gapped", "strict", "agent", "developer"}) {
    const Policy policy =
        compile(spec::load_policy(std::string{BELLJAR_SOURCE_DIR} + "/policies/" + name + ".yaml").value()).value();
    for (std::size_t action = 0; action < spec::kActions; ++action) {
      for (const Asked& full : make_requests({&policy.spec()}, static_cast<Action>(action), 300)) {
        const Answer late = decide(policy, full).answer;
        for (std::size_t taken = 0; taken < (std::size_t{1} << full.attributes.size()); ++taken) {
          Asked early = full;
          early.partial = true;
          early.attributes.clear();
          for (std::size_t at = 0; at < full.attributes.size(); ++at) {
            if (((taken >> at) & 1U) == 0) early.attributes.push_back(full.attributes[at]);
          }
          const Answer answer = decide(policy, early).answer;
          open += answer == Answer::depends ? 1 : 0;
          if (answer != Answer::depends) {
            EXPECT_EQ(answer, late) << asked_text(early) << " / " << asked_text(full);
          }
        }
      }
    }
  }
  EXPECT_GT(open, 1000U);
}

const Difference* find(const std::vector<Difference>& differences, Change change, std::string_view after) {
  for (const Difference& one : differences) {
    if (one.change == change && one.rule_after == after) return &one;
  }
  return nullptr;
}

TEST(Compare, ShowsWhatBecomesAllowedAndDeniedEachWithARequestThatShowsIt) {
  const Policy before =
      make("rules: [{permit: web, action: connect, what: {hosts: [a.example], ports: [443]}, when: bytes <= 64KiB}]\n");
  const Policy after = make(
      "rules: [{permit: web, action: connect, what: {hosts: [a.example, b.example], ports: [443]}, when: bytes <= "
      "1KiB}]\n");
  const auto differences = compare(before, after);
  const Difference* allowed = find(differences, Change::allowed, "web");
  ASSERT_NE(allowed, nullptr);
  EXPECT_THAT(allowed->example, HasSubstr("connect b.example"));
  const Difference* denied = find(differences, Change::denied, "default");
  ASSERT_NE(denied, nullptr);
  EXPECT_THAT(denied->example, HasSubstr("connect a.example bytes=1025"));
  for (const Difference& one : differences) {
    const auto asked = parse_asked(split_words(one.example).value()).value();
    EXPECT_EQ(decide(before, asked).rule, one.rule_before);
    EXPECT_EQ(decide(after, asked).rule, one.rule_after);
  }
  EXPECT_TRUE(compare(before, before).empty());
}

TEST(Compare, TermsAndConsequencesCountToo) {
  const std::string rule = "{permit: web, action: connect, what: {hosts: [a.example]}";
  const Policy plain = make("rules: [" + rule + "}]\n");
  const Policy intercepted = make("rules: [" + rule + ", terms: {tls: intercept}}]\n");
  const auto terms = compare(plain, intercepted);
  ASSERT_EQ(terms.size(), 1U);
  EXPECT_EQ(terms[0].change, Change::terms);
  const auto consequence = compare(plain, make("otherwise: kill\nrules: [" + rule + "}]\n"));
  ASSERT_FALSE(consequence.empty());
  EXPECT_EQ(consequence[0].change, Change::consequence);
}

}  // namespace
}  // namespace belljar::policy
