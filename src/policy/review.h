// Review: what is odd about a policy that loads: rules that can never decide, permits that a forbid takes back whole,
// conditions that nothing can meet.
//
//   for (const Remark& remark : review(spec)) ...   // "p.yaml:12:5: permit "b" never decides: permit "a" above covers
//   it"
//
// Sound for what it says, not complete: it compares patterns and bounds, and solves no formulas. Pure.
#pragma once

#include <string>
#include <vector>

#include "spec/policy.h"

namespace belljar::policy {

struct Remark {
  std::string place;  // "file:line:column"
  std::string what;
};

std::vector<Remark> review(const spec::PolicySpec& spec);

}  // namespace belljar::policy
