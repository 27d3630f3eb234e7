#include "spec/policy.h"

#include <map>

#include "spec/condition.h"
#include "spec/glob.h"
#include "spec/host_name.h"

namespace belljar::spec {
namespace {

using testing::HasSubstr;
using Files = std::map<std::string, std::string>;

Result<PolicySpec> parse(const std::string& text, const Files& files = {}) {
  return parse_policy("belljar-policy: 1\n" + text, "p.yaml", [&](const std::string& path) -> Result<std::string> {
    const auto found = files.find(path);
    if (found == files.end()) return Error{Errc::not_found, "no such file"};
    return "belljar-policy: 1\n" + found->second;
  });
}

const Files kParent{{"parent.yaml", R"(name: parent
minimum-tier: gvisor
profiles: [server, compute]
limits: {memory: 1GiB}
otherwise: quarantine
rules:
  - permit: web
    action: connect
    who: ["agent-*"]
    what: {hosts: ["**.example.com"], ports: [80, 443], paths: [/v1/**]}
    when: bytes <= 64KiB
    terms: {tls: intercept, budget: {requests: 100}, filters: [secrets]}
  - {permit: talk, action: send, what: {models: ["*"]}}
  - {forbid: no, action: connect, what: {hosts: [bad.example.com]}}
)"}};

TEST(PolicyFile, AChildTightensItsParent) {
  const auto policy = parse(R"(name: child
extends: parent.yaml
limits: {memory: 512MiB, processes: 8}
otherwise: kill
drop: [talk]
rules:
  - permit: one-host
    narrows: web
    what: {hosts: [api.example.com], ports: [443]}
    when: not has method or method == "GET"
    terms: {budget: {requests: 10}}
  - {forbid: more, action: send, what: {models: [x]}}
)",
                            kParent);
  ASSERT_TRUE(policy) << policy.error().message();
  const PolicySpec& child = policy.value();
  EXPECT_EQ(child.minimum_tier, "gvisor");
  EXPECT_EQ(child.limits.at("memory"), "512MiB");
  EXPECT_EQ(child.otherwise, Consequence::kill);
  ASSERT_EQ(child.rules.size(), 3U) << "web is narrowed and talk dropped; the forbids of both stay";
  const PolicyRule& narrowed = child.rules[0];
  EXPECT_EQ(narrowed.actions, std::vector{Action::connect});
  EXPECT_EQ(narrowed.what.size(), 2U) << "what it says and what its parent says must both hold";
  EXPECT_EQ(narrowed.when.size(), 2U);
  EXPECT_EQ(narrowed.who.size(), 1U);
  EXPECT_EQ(narrowed.terms.tls, Tls::intercept);
  EXPECT_EQ(narrowed.terms.budget.requests, 10U);
  EXPECT_EQ(child.rules[2].id, "no");
  EXPECT_EQ(child.files.size(), 2U);
}

struct Wrong {
  std::string name;
  std::string text;
  std::string expected;
};

class WrongPolicy : public testing::TestWithParam<Wrong> {};

TEST_P(WrongPolicy, IsToldWithItsPlace) {
  Files files = kParent;
  files["loop.yaml"] = "include: [p.yaml]\n";
  files["part.yaml"] = "minimum-tier: native\n";
  const auto policy = parse(GetParam().text, files);
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().code(), Errc::invalid_argument);
  EXPECT_THAT(policy.error().message(), HasSubstr(GetParam().expected));
}

std::string rule(const std::string& text) { return "rules:\n  - {" + text + "}\n"; }
std::string child(const std::string& text) { return "extends: parent.yaml\n" + text; }
std::string narrow(const std::string& text) { return child(rule("permit: n, narrows: web, " + text)); }

INSTANTIATE_TEST_SUITE_P(
    Files, WrongPolicy,
    testing::Values(
        Wrong{"unknown_key", "rulse: []\n", "p.yaml:2:1: found key \"rulse\" in a policy, expected \"rules\""},
        Wrong{"no_kind", rule("action: send, what: {models: [x]}"), "p.yaml:3:5: found a rule of neither kind"},
        Wrong{"two_kinds", rule("permit: a, forbid: b, action: send, what: {models: [x]}"),
              "\"permit\" and \"forbid\""},
        Wrong{"no_action", rule("permit: a, what: {models: [x]}"), "found a rule without \"action\""},
        Wrong{"no_resource", rule("permit: a, action: connect"), "without \"hosts\", expected \"what\" to name them"},
        Wrong{"another_resource", rule("permit: a, action: connect, what: {hosts: [x], tools: [a/b]}"),
              "found \"tools\" in a rule none of whose actions has them"},
        Wrong{"two_paths", rule("permit: a, action: [connect, read], what: {hosts: [x], paths: [/a]}"),
              "expected two rules"},
        Wrong{"upper_case_host", rule("permit: a, action: connect, what: {hosts: [Example.com]}"),
              "p.yaml:3:49: found"},
        Wrong{"final_dot", rule("permit: a, action: connect, what: {hosts: [example.com.]}"), "without a final dot"},
        Wrong{"inner_star", rule("permit: a, action: connect, what: {hosts: [a.*.com]}"), "a host's name"},
        Wrong{"short_address", rule("permit: a, action: connect, what: {hosts: [\"10.1\"]}"), "or an address"},
        Wrong{"dotted_path", rule("permit: a, action: read, what: {paths: [/a/../b]}"), "in its shortest form"},
        Wrong{"lower_case_method", rule("permit: a, action: connect, what: {hosts: [x], methods: [get]}"),
              "in upper case"},
        Wrong{"port", rule("permit: a, action: connect, what: {hosts: [x], ports: [0]}"), "a port from 1 to 65535"},
        Wrong{"then_in_permit", rule("permit: a, action: send, what: {models: [x]}, then: kill"),
              "\"then\" in a permit"},
        Wrong{"terms_of_send", rule("permit: a, action: send, what: {models: [x]}, terms: {budget: {requests: 1}}"),
              "\"requests\" in the terms of permit \"a\", expected it in a permit to connect or to call"},
        Wrong{"tls_of_call", rule("permit: a, action: call, what: {models: [x]}, terms: {tls: intercept}"),
              "\"tls\" in the terms of permit \"a\", expected it in a permit to connect"},
        Wrong{"arguments_of_a_model", rule("permit: a, action: call, what: {models: [x]}, terms: {arguments: b.json}"),
              "\"arguments\" in the terms of permit \"a\", expected it in a permit to call tools"},
        Wrong{"terms_in_forbid", rule("forbid: a, action: send, what: {models: [x]}, terms: {tls: tunnel}"),
              "\"terms\" in a forbid"},
        Wrong{"later_consequence", rule("forbid: a, action: send, what: {models: [x]}, then: roll back"),
              "p.yaml:3:58: found \"roll back\", expected record, redact, throttle, pause, quarantine, reset or kill: "
              "rolling back needs snapshots"},
        Wrong{"throttle_without_rate", rule("forbid: a, action: send, what: {models: [x]}, then: throttle"),
              "p.yaml:3:58: found \"throttle\" without its rate"},
        Wrong{"throttle_of_nothing", rule("forbid: a, action: send, what: {models: [x]}, then: {throttle: 0s}"),
              "a duration above zero"},
        Wrong{"redact_without_members", rule("forbid: a, action: send, what: {models: [x]}, then: redact"),
              "found \"redact\" without members"},
        Wrong{"redact_of_the_id", rule("forbid: a, action: send, what: {models: [x]}, then: {redact: [/id]}"),
              "a JSON Pointer to a member other than /id"},
        Wrong{"redact_for_connect", rule("forbid: a, action: connect, what: {hosts: [x]}, then: {redact: [/n]}"),
              "p.yaml:3:60: found \"redact\" for \"connect\""},
        Wrong{"redact_for_call", rule("forbid: a, action: call, what: {tools: [x/y]}, then: {redact: [/n]}"),
              "found \"redact\" for \"call\""},
        Wrong{"pause_for_read", rule("forbid: a, action: read, what: {paths: [/a]}, then: pause"),
              "found \"pause\" for \"read\", expected record"},
        Wrong{"reset_never", rule("forbid: a, action: send, what: {models: [x]}, then: {reset: 0}"),
              "how often at most"},
        Wrong{"kill_with_measure", rule("forbid: a, action: send, what: {models: [x]}, then: {kill: 1}"),
              "expected \"kill\" alone"},
        Wrong{"otherwise_throttle", "otherwise: throttle\n", "record, quarantine or kill"},
        Wrong{"same_id",
              "rules:\n  - {forbid: a, action: send, what: {models: [x]}}\n  - {forbid: a, action: send, what: "
              "{models: [y]}}\n",
              "p.yaml:4:5: found a second rule \"a\""},
        Wrong{"condition_syntax", rule("forbid: a, action: send, what: {models: [x]}, when: bytes >"),
              "found the end of the condition"},
        Wrong{"condition_place", rule("forbid: a, action: send, what: {models: [x]}, when: bytes == yes and 3"),
              "p.yaml:3:75: found \"3\""},
        Wrong{"condition_attribute", rule("forbid: a, action: send, what: {models: [x]}, when: port == 3"),
              "found attribute \"port\" for action \"send\""},
        Wrong{"condition_type", rule("forbid: a, action: send, what: {models: [x]}, when: bytes == true"),
              "found true or false for \"bytes\""},
        Wrong{"condition_order", rule("forbid: a, action: send, what: {models: [x]}, when: subject < 3"),
              "found an order for \"subject\""},
        Wrong{"loop", "include: [loop.yaml]\n", "which leads back here"},
        Wrong{"missing_file", "include: [none.yaml]\n", "which cannot be read: no such file"},
        Wrong{"part_with_a_tier", "include: [part.yaml]\n",
              "part.yaml:2:1: found key \"minimum-tier\" in an included file"},
        Wrong{"lower_tier", child("minimum-tier: native\n"), "expected at least the parent's \"gvisor\""},
        Wrong{"more_memory", child("limits: {memory: 2GiB}\n"), "expected at most the parent's 1GiB"},
        Wrong{"other_profile", child("profiles: [agent]\n"), "expected one that the parent names"},
        Wrong{"milder", child("otherwise: record\n"), "expected at least the parent's \"quarantine\""},
        Wrong{"drops_a_forbid", child("drop: [no]\n"), "expected a permit of the policy this one extends"},
        Wrong{"new_permit", child(rule("permit: b, action: send, what: {models: [x]}")), "which widens the policy"},
        Wrong{"narrows_nothing", child(rule("permit: b, narrows: nope, action: send, what: {models: [x]}")),
              "found \"nope\""},
        Wrong{"narrows_without_parent", rule("permit: b, narrows: web, action: send, what: {models: [x]}"),
              "found \"web\""},
        Wrong{"wider_host", narrow("what: {hosts: [\"**\"]}"), "p.yaml:4:5: found host \"**\" in permit \"n\""},
        Wrong{"other_host", narrow("what: {hosts: [example.com]}"), "found host \"example.com\""},
        Wrong{"wider_port", narrow("what: {ports: [22]}"), "found port \"22\""},
        Wrong{"wider_path", narrow("what: {paths: [/**]}"), "found path \"/**\""},
        Wrong{"wider_action", narrow("action: [connect, send], what: {models: [x]}"), "found action \"send\""},
        Wrong{"wider_who", narrow("who: [\"*\"]"), "found who \"*\""},
        Wrong{"wider_budget", narrow("terms: {budget: {requests: 101}}"), "found requests \"101\""},
        Wrong{"tunnel", narrow("terms: {tls: tunnel}"), "found tls \"tunnel\""},
        Wrong{"without_filter", narrow("terms: {filters: [pii]}"), "found filters without \"secrets\""},
        Wrong{"with_a_credential", narrow("terms: {credential: key}"), "found credential \"key\""}),
    [](const auto& row) { return row.param.name; });

TEST(PolicyFile, EveryMistakeOfEveryFileIsToldAtOnce) {
  const auto policy = parse("include: [a.yaml]\nrules: [{permit: x}, {forbid: y, action: fly}]\n",
                            {{"a.yaml", "rules: [{permit: z, action: send}]\n"}});
  ASSERT_FALSE(policy);
  for (const char* expected : {"p.yaml:3:9:", "p.yaml:3:", "a.yaml:2:9:", "found \"fly\""}) {
    EXPECT_THAT(policy.error().message(), HasSubstr(expected));
  }
}

TEST(Condition, WhatIsWrittenIsReadBack) {
  for (const char* text : {"a == 1", "a == \"x\" and b != 'y\"z'", "a < 1 or b >= 2KiB and not c",
                           "has a and (a like \"*x\" or a in [1, 2])", "a not in [\"x\"]", "not (a == b and c)",
                           "a == true", "(a and b) and c", "not not a"}) {
    ConditionError error;
    const auto condition = parse_condition(text, error);
    ASSERT_TRUE(condition) << text << ": " << error.message;
    const auto again = parse_condition(condition_text(*condition), error);
    ASSERT_TRUE(again) << condition_text(*condition) << ": " << error.message;
    EXPECT_EQ(*condition, *again) << text << " / " << condition_text(*condition);
  }
}

TEST(Condition, IsBounded) {
  ConditionError error;
  EXPECT_FALSE(parse_condition(std::string(100, '('), error));
  EXPECT_THAT(error.message, HasSubstr("more than 16 levels"));
  EXPECT_FALSE(parse_condition(std::string(5000, ' '), error));
  std::string many = "a";
  for (int at = 0; at < 300; ++at) many += " or a";
  EXPECT_FALSE(parse_condition(many, error));
  EXPECT_THAT(error.message, HasSubstr("more than 256 parts"));
  EXPECT_FALSE(parse_condition("a == 99999999999999999999", error));
  EXPECT_FALSE(parse_condition("a == 9000000000GiB", error));
}

TEST(Glob, SegmentsStayApart) {
  struct Row {
    const char* pattern;
    const char* text;
    char separator;
    bool matches;
  };
  for (const Row& row : std::initializer_list<Row>{{"/v1/**", "/v1/a/b", '/', true}, {"/v1/**", "/v1/", '/', true},
                                                   {"/v1/**", "/v1", '/', false},    {"/v1/*", "/v1/a", '/', true},
                                                   {"/v1/*", "/v1/a/b", '/', false}, {"/v1/a*c", "/v1/abc", '/', true},
                                                   {"/**", "/", '/', true},          {"/", "/", '/', true},
                                                   {"*.b", "a.b", '.', true},        {"*.b", "b", '.', false},
                                                   {"*.b", "a.a.b", '.', false},     {"**.b", "a.a.b", '.', true},
                                                   {"**.b", "b", '.', false},        {"**.b", "ab", '.', false},
                                                   {"**", "x", '.', true},           {"x.**", "x", '.', false},
                                                   {"x.**", "x.y.z", '.', true},     {"*/r_*", "f/r_x", '/', true},
                                                   {"*/r_*", "f/g/r_x", '/', false}, {"*/r_*", "r_x", '/', false}}) {
    EXPECT_EQ(segments_match(row.pattern, row.text, row.separator), row.matches) << row.pattern << " " << row.text;
  }
  EXPECT_TRUE(segments_cover("**.com", "*.a.com", '.'));
  EXPECT_FALSE(segments_cover("*.com", "**.com", '.'));
  EXPECT_FALSE(segments_cover("*.com", "*.a.com", '.'));
  EXPECT_TRUE(segments_overlap("/model/*/keys", "/model/**", '/'));
  EXPECT_FALSE(segments_overlap("/data/x", "/model/**", '/'));
}

TEST(HostName, OneSpellingAlone) {
  for (const char* good : {"example.com", "a", "a-b.c_d.e", "xn--bcher-kva.example", "3com.com"}) {
    EXPECT_TRUE(is_host_name(good)) << good;
  }
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "A.b", "a b", "a/b", "1.2.3.4", "127.1", "2130706433",
                          "b\xC3\xBC"
                          ".example"}) {
    EXPECT_FALSE(is_host_name(bad)) << bad;
  }
  EXPECT_FALSE(is_host_name(std::string(64, 'a')));
  for (const char* good : {"10.0.0.1", "::1", "fd00:ec2::254", "::ffff:1.2.3.4"}) EXPECT_TRUE(is_address(good)) << good;
  for (const char* bad : {"10.1", "010.0.0.1", "0x7f.1", "0:0:0:0:0:0:0:1", "FD00::1", "[::1]", "fe80::1%eth0"}) {
    EXPECT_FALSE(is_address(bad)) << bad;
  }
}

TEST(PlainPath, OneSpellingAlone) {
  for (const char* good : {"/", "/a/b", "/a/", "/a%20b", "/..a", "/a;b=c", "/caf%C3%A9"})
    EXPECT_TRUE(is_plain_path(good)) << good;
  for (const char* bad :
       {"",      "a",    "//",      "/a//b", "/./a",  "/a/..", "/a/../b", "/%2e%2e/a", "/%2E/", "/a%2Fb", "/a%5Cb",
        "/a\\b", "/%41", "/%c3%a9", "/a%00", "/a%25", "/a?b",  "/a#b",    "/..;/b",    "/a\n",  "/%",     "/%4"}) {
    EXPECT_FALSE(is_plain_path(bad)) << bad;
  }
}

}  // namespace
}  // namespace belljar::spec
