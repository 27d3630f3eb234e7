// The two stages an attack is put on: unprotected in a throw-away machine, and sealed in a sandbox.
#pragma once

#include <string>

#include "base/entropy.h"
#include "base/result.h"
#include "sandbox/engine.h"
#include "suite/probe/observation.h"
#include "suite/probe/probe.h"

namespace belljar::suite {

struct Surroundings {
  std::string program;                // path of belljar-probe
  std::string profile = "agent";      // the widest: what it refuses, the others refuse
  std::vector<std::string> degraded;  // accepted by name
  bool deterministic = false;         // sandboxes whose program pid 1 traces
};

Result<Observation> run_control(const Surroundings& around, const Probe& probe, Entropy& entropy);
Result<Observation> run_sealed(const Surroundings& around, const Probe& probe, sandbox::Engine& engine,
                               Entropy& entropy);

}  // namespace belljar::suite
