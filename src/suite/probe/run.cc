#include "suite/probe/run.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "os/durable.h"

namespace belljar::suite {

namespace {

// What a kernel says that has no such thing at all.
bool says_absent(const std::string& word) {
  constexpr std::array<std::string_view, 10> kAbsent{"ENOSYS",  "EAFNOSUPPORT",    "ENOENT",          "ENODEV",
                                                     "ENXIO",   "EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EOPNOTSUPP",
                                                     "ENOTSUP", "ENOMEM"};
  return std::any_of(kAbsent.begin(), kAbsent.end(),
                     [&](std::string_view error) { return word == "DENIED(" + std::string{error} + ")"; });
}

bool condemns(const Claim& claim) { return claim.word == "ESCAPED"; }

std::string first_refusal(const Observation& seen) {
  if (seen.violations.empty()) return {};
  const spec::Violation& first = seen.violations.front();
  return first.layer + ": " + first.rule + (first.call.empty() ? "" : " (" + first.call + ")");
}

}  // namespace

ControlJudgement judge_control(const Probe& probe, const Observation& seen, bool is_root) {
  if (!seen.failures.empty())
    return {ControlVerdict::unsupported, "no throw-away machine: " + printable(seen.failures.front())};
  const Claim claim = last_claim(probe, seen);
  const bool worked = effect(probe.oracle, seen);
  const bool agreed = condemns(claim) || claim.word == "DONE" || claim.word.empty();
  if (worked && agreed) return {ControlVerdict::worked, claim.detail};
  if (claim.word == "UNSUPPORTED") return {ControlVerdict::unsupported, claim.detail};
  if (says_absent(claim.word))
    return {ControlVerdict::unsupported, "this host has none: " + claim.word + " " + claim.detail};
  if (!is_root && probe.has(kNeedsRoot))
    return {ControlVerdict::unsupported, "takes root to show: " + claim.word + " " + claim.detail};
  return {ControlVerdict::failed, (worked ? "seen, but the attacker says " : "not seen, though the attacker says ") +
                                      claim.word + " " + claim.detail +
                                      (seen.killed_by.empty() ? "" : ", ended by " + seen.killed_by)};
}

ProbeResult judge_sealed(const Probe& probe, const Observation& seen) {
  ProbeResult result;
  result.probe = &probe;
  const Claim claim = last_claim(probe, seen);
  result.effect = effect(probe.oracle, seen);
  result.events = seen.violations.size();
  result.held_by = first_refusal(seen);
  if (result.held_by.empty()) result.held_by = std::string{probe.held_by};
  result.detail = claim.word.empty() ? "ended by " + printable(seen.killed_by) : claim.word + " " + claim.detail;
  const bool let_through = result.effect || condemns(claim);
  const bool was_degraded = !probe.degraded_by.empty() && std::find(seen.degraded.begin(), seen.degraded.end(),
                                                                    probe.degraded_by) != seen.degraded.end();
  if (!probe.residual.empty()) {
    result.verdict = ProbeVerdict::residual;
  } else if (let_through) {
    result.verdict = was_degraded ? ProbeVerdict::degraded : ProbeVerdict::escaped;
  } else if (!claim.word.empty() || !seen.killed_by.empty()) {
    result.verdict = ProbeVerdict::held;
  } else {
    result.detail = "no word and no known end";
    result.verdict = ProbeVerdict::inconclusive;
  }
  return result;
}

Result<ProbeResult> run_control_only(const Probe& probe, const Surroundings& around, Entropy& entropy) {
  const Observation control = TRY_CTX(run_control(around, probe, entropy), "probe " + std::string{probe.id});
  const ControlJudgement judged = judge_control(probe, control, os::current_user() == 0);
  ProbeResult result;
  result.probe = &probe;
  result.control = judged.verdict;
  result.control_reason = judged.reason;
  result.detail = "not sealed";
  return result;
}

Result<ProbeResult> run_probe(const Probe& probe, const Surroundings& around, sandbox::Engine& engine,
                              Entropy& entropy) {
  const ProbeResult control = TRY(run_control_only(probe, around, entropy));
  const Observation sealed = TRY_CTX(run_sealed(around, probe, engine, entropy), "probe " + std::string{probe.id});
  ProbeResult result = judge_sealed(probe, sealed);
  result.control = control.control;
  result.control_reason = control.control_reason;
  if (result.verdict == ProbeVerdict::held && result.control == ControlVerdict::unsupported) {
    result.verdict = ProbeVerdict::unsupported;
  }
  if (result.verdict == ProbeVerdict::held && result.control == ControlVerdict::failed) {
    result.verdict = ProbeVerdict::inconclusive;
  }
  return result;
}

Totals total(const std::vector<ProbeResult>& results) {
  Totals totals;
  for (const ProbeResult& result : results) {
    ++totals.probes;
    totals.sealed_with_oracle +=
        result.verdict != ProbeVerdict::residual && result.verdict != ProbeVerdict::inconclusive ? 1 : 0;
    totals.held += result.verdict == ProbeVerdict::held ? 1 : 0;
    totals.escaped += result.verdict == ProbeVerdict::escaped ? 1 : 0;
    totals.unsupported += result.verdict == ProbeVerdict::unsupported ? 1 : 0;
    totals.residual += result.verdict == ProbeVerdict::residual ? 1 : 0;
    totals.degraded += result.verdict == ProbeVerdict::degraded ? 1 : 0;
    totals.inconclusive += result.verdict == ProbeVerdict::inconclusive ? 1 : 0;
    totals.controls_worked += result.control == ControlVerdict::worked ? 1 : 0;
    totals.controls_failed += result.control == ControlVerdict::failed && result.probe->residual.empty() ? 1 : 0;
  }
  return totals;
}

}  // namespace belljar::suite
