// Cases: plain-text expectations beside a policy, which somebody who writes no programs can read and add to.
//
//     # agent.policy.test
//     deny  assistant connect evil.example port=443 partly     by default
//     deny  assistant connect 169.254.169.254 port=80 partly   by metadata-services then kill
//     allow assistant send explainer bytes=100                 by messages
//
//   for (const CaseFailure& failure : run_cases(policy, TRY(parse_cases(text, "agent.policy.test")))) ...
//
// One case a line: allow, deny or depends; a request as in policy/request_text.h; then, where it matters, `by` the rule
// that decides and `then` the consequence. Empty lines and what follows a # at the beginning of a word are left out.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/request_text.h"

namespace belljar::policy {

struct PolicyCase {
  int line = 0;
  Answer answer = Answer::deny;
  Asked asked;
  std::optional<std::string> by;
  std::optional<std::string> then;
};

struct CaseFailure {
  int line = 0;
  std::string what;  // "found allow by \"web\", expected deny"
};

// Every wrong line is told, as "file:line: found X, expected Y".
Result<std::vector<PolicyCase>> parse_cases(std::string_view text, std::string_view file);
std::vector<CaseFailure> run_cases(const Policy& policy, const std::vector<PolicyCase>& cases);

}  // namespace belljar::policy
