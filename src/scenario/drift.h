// Drift: whether what a run was made of is still what lies on disk, and whether its sandboxes would still be as strong.
//
//   for (const Drift& drift : TRY(drift_of_inputs(run, options, entropy)).found) ...
//       // "policy.api": "becomes allowed: assistant connect b.example ..."
//
// desired: the scenario, its policy, profiles, contracts and files as they are now. loaded: the manifest and the inputs
// that the run keeps, as its ledger vouches for them. Every difference is told; of the policy also by a request that
// shows it. The sandboxes themselves are read back from the kernel elsewhere (Sandbox::drift(), suite/probe/twin.h),
// made of `resolved`. Reads files, and may build images.
#pragma once

#include <string>
#include <vector>

#include "scenario/resolve.h"

namespace belljar::scenario {

struct Drift {
  std::string where;  // "models[m].profile.digest", "policy"
  std::string what;
};

struct InputDrift {
  std::vector<Drift> found;
  Resolved resolved;  // as desired
};

Result<InputDrift> drift_of_inputs(const std::string& run_directory, const ResolveOptions& options, Entropy& entropy);

}  // namespace belljar::scenario
