// Runs probes and says what held. The verdict comes from what the host saw; the attacker's own word can condemn a
// sandbox, never acquit it.
//
//   ProbeResult result = TRY(run_probe(probe, around, engine, entropy));
//   if (result.verdict == ProbeVerdict::escaped) ...
//
// One thread, as the engine's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "base/result.h"
#include "codec/json.h"
#include "sandbox/engine.h"
#include "suite/probe/observation.h"
#include "suite/probe/probe.h"
#include "suite/probe/stage.h"

namespace belljar::suite {

enum class ControlVerdict {
  worked,       // unprotected, the attack succeeded and the host saw it
  unsupported,  // this host has no such thing, or the control takes root
  failed,       // it should have worked: the probe proves nothing
};

enum class ProbeVerdict {
  held,
  escaped,
  unsupported,   // held here, but the control could not show the attack on this host
  residual,      // documented as not held
  degraded,      // let through by a protection whose absence was accepted by name
  inconclusive,  // no word and no known end; or the control failed
};

struct ProbeResult {
  const Probe* probe = nullptr;
  ControlVerdict control = ControlVerdict::failed;
  std::string control_reason;
  ProbeVerdict verdict = ProbeVerdict::inconclusive;
  bool effect = false;       // of the sealed run, as the host saw it
  std::string detail;        // what the attacker said or how it was killed
  std::string held_by;       // the layer and rule of the first refusal on record, or what is expected to hold
  std::uint64_t events = 0;  // distinct refusals on record
};

struct Totals {
  std::size_t probes = 0;
  std::size_t sealed_with_oracle = 0;  // ran in a sandbox and are no residual
  std::size_t held = 0;
  std::size_t escaped = 0;
  std::size_t unsupported = 0;
  std::size_t residual = 0;
  std::size_t degraded = 0;
  std::size_t inconclusive = 0;
  std::size_t controls_worked = 0;
  std::size_t controls_failed = 0;

  // No escape, and every control that this host supports succeeded.
  bool passed() const { return escaped == 0 && inconclusive == 0 && controls_failed == 0; }
};

struct ControlJudgement {
  ControlVerdict verdict = ControlVerdict::failed;
  std::string reason;
};
ControlJudgement judge_control(const Probe& probe, const Observation& seen, bool is_root);
// `effect`, `detail`, `events` and `verdict`, from the sealed run alone.
ProbeResult judge_sealed(const Probe& probe, const Observation& seen);

Result<ProbeResult> run_probe(const Probe& probe, const Surroundings& around, sandbox::Engine& engine,
                              Entropy& entropy);
Result<ProbeResult> run_control_only(const Probe& probe, const Surroundings& around, Entropy& entropy);

Totals total(const std::vector<ProbeResult>& results);
std::string_view control_name(ControlVerdict verdict);
std::string_view verdict_name(ProbeVerdict verdict);
std::string matrix_text(const std::vector<ProbeResult>& results);
codec::Json results_json(const std::vector<ProbeResult>& results);
// docs/probes.md.
std::string document();

}  // namespace belljar::suite
