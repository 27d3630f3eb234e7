// One decision of a policy with 1,000 rules. Usage: policy_bench [DECISIONS]
//
// mixed: permits of single hosts with ports, methods, paths and a condition, wildcards, forbids of everything under a
// condition, tools and messages; half of what is asked is denied. crowded: every rule concerns every host, so that the
// index helps nobody and all 1,000 are evaluated. Each decision is timed by itself; the clock's own cost is told.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "measure.h"
#include "policy/policy.h"

namespace belljar::bench {
namespace {

using namespace std::string_view_literals;
using policy::Attribute;
using policy::Policy;

constexpr int kRules = 1000;

Policy make(const std::string& rules) {
  return must(
      policy::compile(must(spec::parse_policy("belljar-policy: 1\nname: bench\nrules:\n" + rules, "bench.yaml", {}))));
}

Policy mixed() {
  std::string rules;
  for (int at = 0; at < kRules; ++at) {
    const std::string id = std::to_string(at);
    if (at % 10 < 6) {
      rules +=
          "  - {permit: r" + id + ", action: connect, what: {hosts: [h" + id +
          ".example.com], ports: [443], methods: " + "[GET, HEAD], paths: [/v1/**, /health]}, when: bytes <= 64KiB}\n";
    } else if (at % 10 == 6) {
      rules += "  - {permit: r" + id + ", action: connect, what: {hosts: [\"*.z" + id +
               ".example.com\"], ports: [80, 443]}}\n";
    } else if (at % 10 == 7) {
      rules += "  - {permit: r" + id + ", action: call, what: {tools: [server" + id + "/read_*]}}\n";
    } else if (at % 10 == 8) {
      rules += "  - {permit: r" + id + ", action: send, who: [a" + id + "], what: {models: [m" + id + "]}}\n";
    } else if (at % 100 == 9) {
      rules += "  - {forbid: r" + id + ", action: connect, what: {hosts: [\"**\"]}, when: path like \"/secret" + id +
               "*\"}\n";
    } else {
      rules += "  - {forbid: r" + id + ", action: connect, what: {hosts: [bad" + id + ".example.com]}}\n";
    }
  }
  return make(rules);
}

Policy crowded() {
  std::string rules = "  - {permit: r0, action: connect, what: {hosts: [\"**\"]}}\n";
  for (int at = 1; at < kRules; ++at) {
    rules += "  - {forbid: r" + std::to_string(at) +
             ", action: connect, what: {hosts: [\"**\"]}, when: port == " + std::to_string(1000 + at) +
             " and path like \"/x*\"}\n";
  }
  return make(rules);
}

void measure(const char* name, const Policy& policy, int decisions) {
  std::vector<std::string> hosts;
  for (int at = 0; at < kRules; ++at) {
    hosts.push_back("h" + std::to_string(at) + ".example.com");
    hosts.push_back("a.z" + std::to_string(at) + ".example.com");
  }
  std::vector<double> nanoseconds;
  std::size_t allowed = 0;
  for (int at = 0; at < decisions; ++at) {
    const std::string& host = hosts[static_cast<std::size_t>(at * 7919LL % static_cast<long long>(hosts.size()))];
    const std::array<Attribute, 6> known{{{"scheme", "https"sv},
                                          {"port", std::int64_t{443}},
                                          {"host_kind", "name"sv},
                                          {"method", at % 2 == 0 ? "GET"sv : "HEAD"sv},
                                          {"path", "/v1/users/1234/messages"sv},
                                          {"bytes", std::int64_t{at % 1000}}}};
    const std::int64_t begin = now_ns();
    const policy::Decision decision = policy.decide({"assistant", policy::Action::connect, host, known, false});
    nanoseconds.push_back(static_cast<double>(now_ns() - begin));
    allowed += decision.answer == policy::Answer::allow ? 1 : 0;
  }
  std::printf("%-8s %d rules, %d decisions, %zu allowed: p50 %.2f us, p99 %.2f us, p99.9 %.2f us\n", name, kRules,
              decisions, allowed, quantile(nanoseconds, 0.5) / 1e3, quantile(nanoseconds, 0.99) / 1e3,
              quantile(nanoseconds, 0.999) / 1e3);
}

}  // namespace
}  // namespace belljar::bench

int main(int argc, char** argv) {
  using namespace belljar::bench;  // NOLINT(google-build-using-namespace)
  const int decisions = argc > 1 ? std::atoi(argv[1]) : 1'000'000;
  std::vector<double> clock;
  for (int at = 0; at < 100'000; ++at) {
    const std::int64_t begin = now_ns();
    clock.push_back(static_cast<double>(now_ns() - begin));
  }
  std::printf("clock    p50 %.0f ns, p99 %.0f ns, in every figure below\n", quantile(clock, 0.5),
              quantile(clock, 0.99));
  measure("mixed", mixed(), decisions);
  measure("crowded", crowded(), decisions / 10);
  return 0;
}
