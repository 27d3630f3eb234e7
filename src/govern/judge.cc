#include "govern/judge.h"

#include <algorithm>

#include "base/text.h"
#include "govern/gates.h"

namespace belljar::govern {

namespace {

using spec::Decision;
using spec::Finding;
using spec::Outcome;
using spec::Verdict;

bool any(const Verdict& verdict, Decision decision) {
  return std::any_of(verdict.gates.begin(), verdict.gates.end(),
                     [decision](const spec::GateResult& gate) { return gate.decision == decision; });
}

Verdict begin_verdict(const spec::Scenario& scenario, const spec::Measurements& measurements) {
  Verdict verdict;
  verdict.scenario = scenario.name;
  verdict.seed = scenario.seed;
  verdict.findings = measurements.findings;
  verdict.contained = measurements.contained;
  return verdict;
}

// Whether the engine watched every model to its end. Where it did not, what a model did unseen may be anything, even if
// all its answers had come before.
bool watched_throughout(const spec::Measurements& measurements) {
  return std::none_of(measurements.models.begin(), measurements.models.end(), [](const spec::ModelRun& run) {
    return std::any_of(run.sandbox.violations.begin(), run.sandbox.violations.end(),
                       [](const spec::Violation& violation) { return violation.layer == "engine"; });
  });
}

// A conjunction of tests of level 1 - c each passes falsely with probability at most 1 - c (intersection-union), so no
// gate needs a correction for the others.
Outcome conclude(const Verdict& verdict, const Metrics& metrics, bool watched) {
  if (any(verdict, Decision::fail)) return Outcome::fail;
  if (!watched || verdict.gates.empty() || metrics.lost > 0 || any(verdict, Decision::inconclusive)) {
    return Outcome::inconclusive;
  }
  return Outcome::pass;
}

std::string names_of(const Verdict& verdict, Decision decision) {
  std::string names;
  for (const spec::GateResult& gate : verdict.gates) {
    if (gate.decision != decision) continue;
    names += (names.empty() ? "" : "; ") + printable(gate.name) + " (" + printable(gate.reason, 400) + ")";
  }
  return names;
}

std::string contained_sentence(const Verdict& verdict) {
  const auto trigger = std::find_if(verdict.findings.begin(), verdict.findings.end(),
                                    [](const spec::Finding& f) { return f.contained; });
  if (trigger == verdict.findings.end()) return "contained: a model was stopped";
  return "contained: " + printable(trigger->model) + " was stopped for " + printable(trigger->kind) + " (" +
         printable(trigger->rule) + "): " + printable(trigger->detail);
}

}  // namespace

Verdict judge(const spec::Scenario& scenario, const spec::Measurements& measurements) {
  const Metrics metrics = measure(scenario, measurements);
  Verdict verdict = begin_verdict(scenario, measurements);
  for (const spec::GateSpec& gate : scenario.gates) verdict.gates.push_back(decide(gate, metrics));
  verdict.outcome = conclude(verdict, metrics, watched_throughout(measurements));
  verdict.exit_code = spec::exit_code_for(verdict.outcome, verdict.contained);
  return verdict;
}

Verdict error_verdict(const spec::Scenario& scenario, const spec::Measurements& measurements,
                      const std::string& error) {
  Verdict verdict = begin_verdict(scenario, measurements);
  verdict.outcome = Outcome::error;
  verdict.error = error;
  verdict.exit_code = spec::exit_code_for(verdict.outcome, verdict.contained);
  return verdict;
}

std::string verdict_sentence(const Verdict& verdict) {
  if (verdict.contained) return contained_sentence(verdict);
  switch (verdict.outcome) {
    case Outcome::pass:
      return "pass: " + (verdict.gates.size() == 1 ? "its gate holds"
                                                   : "all " + std::to_string(verdict.gates.size()) + " gates hold");
    case Outcome::fail:
      return "fail: " + names_of(verdict, Decision::fail);
    case Outcome::inconclusive:
      if (verdict.gates.empty()) return "inconclusive: the scenario has no gates, so nothing was asked of the models";
      if (!any(verdict, Decision::inconclusive)) {
        return "inconclusive: cases, or the sight of a model, were lost to the harness; run again";
      }
      return "inconclusive: " + names_of(verdict, Decision::inconclusive);
    case Outcome::error:
      break;
  }
  return "error: " + printable(verdict.error, 2000);
}

std::string finding_sentence(const Finding& finding) {
  std::string text = printable(finding.model) + ": " + printable(finding.kind);
  if (finding.rule != finding.kind) text += " (" + printable(finding.rule) + ")";
  text += ": " + printable(finding.detail, 160);
  return finding.count > 1 ? text + ", " + std::to_string(finding.count) + " times" : text;
}

}  // namespace belljar::govern
