// Policies and conditions from anyone: parsed without harm, and what compiles decides the same early and late.
// An input that begins with 'C' is a condition; else it is a policy, and behind a NUL the text of every file it names.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "policy/cases.h"
#include "policy/cedar.h"
#include "policy/compare.h"
#include "policy/explain.h"
#include "policy/review.h"
#include "spec/condition.h"

namespace {

using namespace belljar;          // NOLINT(google-build-using-namespace)
using namespace belljar::policy;  // NOLINT(google-build-using-namespace)

void require(bool holds) {
  if (!holds) std::abort();
}

void try_condition(std::string_view text) {
  spec::ConditionError error;
  const auto condition = spec::parse_condition(text, error);
  if (!condition) return require(!error.message.empty() && error.at <= text.size());
  for (std::size_t action = 0; action < spec::kActions; ++action) {
    (void)spec::check_condition(*condition, static_cast<Action>(action));
  }
  const std::string written = spec::condition_text(*condition);
  const auto again = spec::parse_condition(written, error);
  // Only length keeps what was written from being read: parentheses are added.
  require(again ? *again == *condition : written.size() > 4096 || error.message.find("16 levels") != std::string::npos);
}

void try_requests(const Policy& policy) {
  for (std::size_t action = 0; action < spec::kActions; ++action) {
    for (Asked& asked : make_requests({&policy.spec()}, static_cast<Action>(action), 20)) {
      const Decision late = decide(policy, asked);
      require(late.answer != Answer::depends);
      require((late.answer == Answer::allow) == (late.terms != nullptr));
      (void)nearest_permits(policy.spec(), asked, 2);
      asked.partial = true;
      while (!asked.attributes.empty()) {
        asked.attributes.pop_back();
        const Answer early = decide(policy, asked).answer;
        require(early == Answer::depends || early == late.answer);
      }
    }
  }
}

void try_policy(std::string_view text) {
  const std::size_t cut = std::min(text.find('\0'), text.size());
  const std::string other{text.substr(std::min(cut + 1, text.size()))};
  auto spec = spec::parse_policy(text.substr(0, cut), "p.yaml",
                                 [&](const std::string&) -> Result<std::string> { return other; });
  if (!spec) return require(!spec.error().message().empty());
  if (spec.value().rules.size() > 40) return;
  (void)review(spec.value());
  (void)to_cedar(spec.value());
  const Result<Policy> policy = compile(std::move(spec).value());
  require(static_cast<bool>(policy));
  try_requests(policy.value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view input{reinterpret_cast<const char*>(bytes), size};
  if (input.starts_with('C')) {
    try_condition(input.substr(1));
  } else {
    try_policy(input);
    (void)parse_cases(input, "t");
  }
  return 0;
}
