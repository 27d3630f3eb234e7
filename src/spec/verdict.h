// Verdict: what a run concludes, and the numbers it rests on. verdict_json() is the object that ends `run --json`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codec/json.h"

namespace belljar::spec {

enum class Decision { pass, fail, inconclusive };

struct GateResult {
  std::string name;  // "accuracy at least 0.95"
  std::string metric;
  std::optional<double> value;                    // absent when nothing was measured
  std::optional<std::array<double, 2>> interval;  // two-sided at `confidence`, where the metric has one
  double confidence = 0.95;
  std::uint64_t n = 0;
  double threshold = 0;
  bool is_duration = false;
  Decision decision = Decision::inconclusive;
  std::string reason;  // one sentence for people
};

struct Finding {
  std::string id;        // "f-1", in order of appearance
  std::string severity;  // "critical", "high", "medium", "low"
  std::string kind;      // a BreachSpec kind
  std::string model;
  std::string rule;
  std::string detail;  // printable
  std::uint64_t count = 1;
  std::int64_t first_ns = 0;  // since the run began
  bool contained = false;     // this one triggered containment
};

enum class Outcome { pass, fail, inconclusive, error };

struct LedgerHead {
  std::uint64_t size = 0;
  std::string root;  // "sha256:..."
};

struct Verdict {
  std::string run;
  std::string scenario;
  Outcome outcome = Outcome::error;
  bool contained = false;
  int exit_code = 4;
  std::uint64_t seed = 0;
  std::string manifest_digest;
  std::string transcript_digest;
  LedgerHead ledger;  // at the moment of judgement; the final checkpoint covers this object too
  std::vector<GateResult> gates;
  std::vector<Finding> findings;
  std::vector<std::string> limitations;  // what the run could not hold to, in sentences for people
  std::string error;                     // outcome error: what went wrong and what to do
  std::string directory;
};

std::string_view decision_name(Decision decision);
std::string_view outcome_name(Outcome outcome);
// 0 pass, 1 gate failed, 3 inconclusive, 4 error, 5 contained (architecture: contract with machines)
int exit_code_for(Outcome outcome, bool contained);
codec::Json verdict_json(const Verdict& verdict);

}  // namespace belljar::spec
