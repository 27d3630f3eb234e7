// Explain: why a request is answered as it is, and which permits were nearest to allowing it.
//
//   for (const NearRule& rule : nearest_permits(policy.spec(), asked, 3)) ...
//       // "api": path "/admin" is not in /v1/**
//
// Pure; for people, not for the hot path.
#pragma once

#include <string>
#include <vector>

#include "policy/request_text.h"

namespace belljar::policy {

struct NearRule {
  std::string id;
  std::string place;                 // "agent.yaml:12"
  std::vector<std::string> against;  // what does not fit, in words; empty: the rule applies
};

// The permits of the request's action, those with the least against them first.
std::vector<NearRule> nearest_permits(const spec::PolicySpec& spec, const Asked& asked, std::size_t most);

}  // namespace belljar::policy
