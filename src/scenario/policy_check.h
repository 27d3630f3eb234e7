// What a policy says of the sandboxes themselves, checked before anything is made: tier, profile, limits, and the files
// that are put inside.
//
//   for (const std::string& wrong : against_policy(policy, model)) ...   // "profile \"agent\", expected compute or
//   ..."
//
// A file is bound into a sandbox as a whole folder: a rule that forbids part of such a folder cannot be enforced there
// and is told here. Pure.
#pragma once

#include <string>
#include <vector>

#include "policy/policy.h"
#include "spec/scenario.h"

namespace belljar::scenario {

// Of a model that gets a sandbox; each "found X, expected Y", empty when the policy allows all of it.
std::vector<std::string> against_policy(const policy::Policy& policy, const spec::ModelSpec& model);

}  // namespace belljar::scenario
