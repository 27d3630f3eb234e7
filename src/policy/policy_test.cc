#include "policy/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

namespace belljar::policy {
namespace {

using namespace std::string_view_literals;

Result<spec::PolicySpec> parse(std::string_view text, std::map<std::string, std::string> others = {}) {
  return spec::parse_policy(text, "p.yaml", [&](const std::string& path) -> Result<std::string> {
    const auto found = others.find(path);
    if (found == others.end()) return Error{Errc::not_found, "no such file"};
    return found->second;
  });
}

Policy make(std::string_view text) {
  Result<spec::PolicySpec> spec = parse(text);
  if (!spec) throw std::runtime_error{spec.error().message()};
  return compile(std::move(spec).value()).value();
}

constexpr std::string_view kAgent = R"(
belljar-policy: 1
name: agent
rules:
  - permit: api
    action: connect
    what: {hosts: [api.example.com, "*.cdn.example.com"], ports: [443], methods: [GET], paths: [/v1/**]}
    terms: {tls: intercept, budget: {requests: 100, bytes-up: 1MiB}}
  - permit: tunnel
    action: connect
    what: {hosts: [plain.example.com], ports: [443]}
  - forbid: no-admin
    action: connect
    what: {hosts: ["**"], paths: [/v1/admin/**]}
    reason: administration is for people
    then: kill
)";

Decision ask(const Policy& policy, std::string_view host, std::span<const Attribute> attributes, bool partial = false) {
  return policy.decide({"assistant", Action::connect, host, attributes, partial});
}

TEST(Policy, AnswersAConnectionInTwoSteps) {
  const Policy policy = make(kAgent);
  const std::array<Attribute, 2> early{{{"scheme", "https"sv}, {"port", std::int64_t{443}}}};
  const Decision first = ask(policy, "api.example.com", early, true);
  EXPECT_EQ(first.answer, Answer::depends);
  EXPECT_EQ(first.rule, "api");
  ASSERT_NE(first.terms, nullptr);
  EXPECT_EQ(first.terms->tls, spec::Tls::intercept);
  EXPECT_EQ(first.terms->budget.bytes_up, 1U << 20);

  std::array<Attribute, 4> full{
      {{"scheme", "https"sv}, {"port", std::int64_t{443}}, {"method", "GET"sv}, {"path", "/v1/users"sv}}};
  EXPECT_EQ(ask(policy, "api.example.com", full).answer, Answer::allow);
  full[3].value = "/v1/admin/keys"sv;
  const Decision forbidden = ask(policy, "api.example.com", full);
  EXPECT_EQ(forbidden.answer, Answer::deny);
  EXPECT_EQ(forbidden.rule, "no-admin");
  EXPECT_EQ(forbidden.reason, "administration is for people");
  EXPECT_EQ(forbidden.consequence, spec::Consequence::kill);
}

TEST(Policy, DeniesWhatNoRulePermits) {
  const Policy policy = make(kAgent);
  const std::array<Attribute, 2> early{{{"scheme", "https"sv}, {"port", std::int64_t{443}}}};
  for (const std::string_view host : {"example.com", "a.b.cdn.example.com", "cdn.example.com", "10.0.0.1",
                                      "API.example.com", "api.example.com.", "api..example.com", ""}) {
    const Decision decision = ask(policy, host, early, true);
    EXPECT_EQ(decision.answer, Answer::deny) << host;
    EXPECT_EQ(decision.terms, nullptr);
  }
  EXPECT_EQ(ask(policy, "x.cdn.example.com", early, true).answer, Answer::depends);
}

TEST(Policy, AForbidThatCannotBeRuledOutInATunnelDenies) {
  const Policy policy = make(kAgent);
  const std::array<Attribute, 2> early{{{"scheme", "https"sv}, {"port", std::int64_t{443}}}};
  EXPECT_EQ(ask(policy, "plain.example.com", early, true).answer, Answer::depends);
  EXPECT_EQ(ask(policy, "plain.example.com", early, false).rule, "no-admin");
}

TEST(Policy, TheReadyPoliciesLoad) {
  for (const std::string name : {"air-gapped", "strict", "agent", "developer"}) {
    const Result<spec::PolicySpec> spec =
        spec::load_policy(std::string{BELLJAR_SOURCE_DIR} + "/policies/" + name + ".yaml");
    ASSERT_TRUE(spec) << spec.error().message();
    EXPECT_EQ(spec.value().name, name);
    EXPECT_TRUE(compile(spec.value()));
  }
}

}  // namespace
}  // namespace belljar::policy
