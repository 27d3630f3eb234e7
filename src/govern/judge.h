// Judge: what was measured against what was asked. Pure: equal measurements give equal verdicts, on any machine.
//
//   spec::Verdict verdict = judge(scenario, measurements);   // gates, findings, outcome, contained, exit_code
//   verdict.run = id; verdict.manifest_digest = ...;         // identity and digests are the caller's
//
// Rules (docs/verdicts.md tells the same with formulas and sources):
// - contained beats everything: exit 5. Else any gate failed: fail. Else any gate inconclusive, or no gate at all, or a
//   case lost to the harness: inconclusive. Else pass. Only evidence passes; silence never does.
// - An answer that is wrong, an error of the model, a broken contract and a timeout all count against the model: it
//   cannot better its accuracy by crashing. Cases lost to the harness or held by containment are left out, and any
//   harness error forbids `pass`.
// - A proportion passes when its exact one-sided bound at the gate's confidence is on the right side of the threshold.
// Pure functions; safe from any thread.
#pragma once

#include <string>

#include "spec/measurements.h"
#include "spec/scenario.h"
#include "spec/verdict.h"

namespace belljar::govern {

// Fills scenario, seed, gates, findings, outcome, contained and exit_code.
spec::Verdict judge(const spec::Scenario& scenario, const spec::Measurements& measurements);

// For a run that could not be judged: outcome error, exit code 4 (5 when something was contained before the error).
spec::Verdict error_verdict(const spec::Scenario& scenario, const spec::Measurements& measurements,
                            const std::string& error);

// One sentence, safe for a terminal: "fail: accuracy at least 0.95 was missed (0.912, at most 0.934 at 95 %
// confidence)".
std::string verdict_sentence(const spec::Verdict& verdict);

// One line: "classifier: syscall (no-network): socket(AF_INET, SOCK_STREAM, 0) EPERM by python3, 2 times".
std::string finding_sentence(const spec::Finding& finding);

}  // namespace belljar::govern
