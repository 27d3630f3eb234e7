// Admit and seal: the third and fourth steps.
//
//   TRY(admit(resolved, engine));                                      // tried, not guessed
//   std::vector<DriveModel> models = TRY(seal(resolved, store, tools));
//
// Admit seals one sandbox of each model as it will be, less its artifacts, and throws it away: a wall this host cannot
// build is known before anything of a model has run. Seal builds or finds the artifacts, then the sandboxes; nothing of
// a model runs before `drive` starts it. Single-threaded.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "scenario/artifact.h"
#include "scenario/drive.h"
#include "scenario/resolve.h"
#include "scenario/run_gateway.h"

namespace belljar::scenario {

// `network`: null where the run has no policy.
Result<void> admit(const Resolved& resolved, sandbox::Engine& engine, const RunGateway* network = nullptr);

struct SealTools {
  sandbox::Engine& engine;
  exchange::Journal& journal;
  os::StopSignals* stop = nullptr;
  std::string log_directory;  // <run>/logs, existing; empty: no log files
  const RunGateway* network = nullptr;
};

// Of the models that something is asked of, in the scenario's order.
Result<std::vector<DriveModel>> seal(const Resolved& resolved, ArtifactStore& store, const SealTools& tools);
// One of them anew, for the fault `amnesia`; its artifacts exist.
Result<DriveModel> seal_again(const Resolved& resolved, const std::string& model, ArtifactStore& store,
                              const SealTools& tools);

}  // namespace belljar::scenario
