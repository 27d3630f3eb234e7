// Conduct: the life of a run, its eight steps in their order.
//
//   spec::Verdict verdict = TRY(conduct({.scenario = "triage.yaml"}, {clock, entropy, *progress}));
//
// load ▸ resolve ▸ admit ▸ seal ▸ drive ▸ judge ▸ record ▸ destroy
//
// An Error means that there was nothing to run: the scenario is wrong (Errc::invalid_argument) or its folder cannot be
// made. From then on there is always a verdict: what fails later gives one with outcome `error`, and whatever was
// recorded until then stays and verifies. Single-threaded; while it drives, SIGINT and SIGTERM end it cleanly.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/entropy.h"
#include "base/result.h"
#include "govern/progress.h"
#include "spec/verdict.h"

namespace belljar::govern {

struct ConductOptions {
  std::string scenario;               // file
  std::optional<std::uint64_t> seed;  // instead of the scenario's
  std::string directory;              // of the run; empty: .belljar/runs/<run>
};

struct ConductTools {
  const Clock& clock;
  Entropy& entropy;
  Progress& progress;
};

Result<spec::Verdict> conduct(const ConductOptions& options, const ConductTools& tools);

// "r_20261121T071510_5f0c2a91": sorts by time, differs between runs of one second.
std::string make_run_id(const Clock& clock, Entropy& entropy);
// "2026-11-21T07:15:10Z"
std::string utc_time(Nanoseconds since_epoch);

}  // namespace belljar::govern
