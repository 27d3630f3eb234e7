// Gates: one condition on one metric, decided three ways.
//
//   const spec::GateResult result = decide({.metric = "accuracy", .threshold = 0.95}, metrics);
//   result.decision   // pass: shown; fail: the opposite shown; inconclusive: the cases do not tell
//
// Proportions and latency quantiles are decided by exact one-sided bounds at the gate's confidence; counts, peaks and
// throughput are what they are and compared exactly. With several models a gate must hold for each of them; what is
// shown is the model that decided. A metric without data decides nothing.
// Pure; safe from any thread.
#pragma once

#include <optional>

#include "govern/metrics.h"

namespace belljar::govern {

// The two one-sided bounds, each at the gate's confidence: pass needs the whole range on the right side of the
// threshold. In the gate's unit (seconds for latencies); `high` is infinite where the cases cannot bound it.
struct DecidingRange {
  double low = 0;
  double high = 0;
};

struct GateAssessment {
  spec::GateResult result;
  std::optional<DecidingRange> range;
  spec::GateBound bound = spec::GateBound::at_least;
};

GateAssessment assess(const spec::GateSpec& gate, const Metrics& metrics);
spec::GateResult decide(const spec::GateSpec& gate, const Metrics& metrics);

// "0.95", "98.2 ms", "12 MiB", "41.7/s": a value of that metric as people read it.
std::string metric_text(std::string_view metric, double value);

}  // namespace belljar::govern
