// Again: a run repeated from its record: replayed without any model, with one model alive, forked at a step, resumed.
//
//   Result<Repeated> repeated = conduct_again({.kind = AgainKind::replay, .run = ".belljar/runs/r_..."}, options,
//   tools); repeated.value().verdict.transcript_digest == repeated.value().recorded_digest
//
// A repeated run is a run: it has its own record, verdict and report. Only what was signed in the old record counts.
// Its inputs are those the old run kept; living models come from where they came from then. Single-threaded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "govern/conduct.h"
#include "scenario/recorded_port.h"

namespace belljar::govern {

enum class AgainKind {
  replay,  // no sandbox; must give the same digest
  live,    // one model alive, up to the first answer that is not the recorded one
  fork,    // from a step on every model is alive, perhaps in a changed scenario
  resume,  // what a killed run had done is taken over, the rest done
};

struct Again {
  AgainKind kind = AgainKind::replay;
  std::string run;                     // directory
  std::string model;                   // live
  std::optional<std::uint64_t> until;  // replay, live: stop there; fork: alive from there on
  std::string scenario;                // fork: a file instead of the kept scenario
};

struct Repeated {
  spec::Verdict verdict;
  std::string recorded_digest;      // empty: the old run came to no verdict
  bool recorded_contained = false;  // for what a replay repeats, or for what it does not: deeds in a sandbox
  std::optional<scenario::Difference> difference;
};

Result<Repeated> conduct_again(const Again& again, const ConductOptions& options, const ConductTools& tools);

}  // namespace belljar::govern
