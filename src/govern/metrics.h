// Metrics: the counts that gates are decided on and reports draw, taken from measurements.
//
//   const Metrics metrics = measure(scenario, measurements);
//   metrics.models[0].right                    // Proportion: right answers of all cases that count
//   metrics.contract_violations
//
// Which cases count:
// - answered: right when the answer equals the label, else wrong.
// - model_error, contract_error, timeout: the model's doing. They are wrong answers, and slower than any answer.
// - harness_error: ours. Left out, and counted in `lost`; judge() passes nothing while something is lost.
// - held: the model was contained before the case was sent. Left out.
// An answer whose latency is 0 was not timed (a model's first, which waits for its start): it has no part in latencies.
// An answer that is none of the labels, and no answer at all, is "no label": never right, a miss of the class it was,
// and a false alarm of every class it was not. So falling silent can better no metric, whatever the answer would have
// been.
//
// Pure; safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "spec/measurements.h"
#include "spec/scenario.h"
#include "stats/binomial.h"

namespace belljar::govern {

struct EndTally {
  std::uint64_t answered = 0;
  std::uint64_t model_error = 0;
  std::uint64_t contract_error = 0;
  std::uint64_t timeout = 0;
  std::uint64_t harness_error = 0;
  std::uint64_t held = 0;

  std::uint64_t all() const { return answered + model_error + contract_error + timeout + harness_error + held; }
  std::uint64_t unanswered() const { return model_error + contract_error + timeout; }
  std::uint64_t errors() const { return unanswered() + harness_error; }
};

// One class against the rest.
struct ClassCounts {
  std::string label;
  std::uint64_t hits = 0;          // it was this, and was called this
  std::uint64_t false_alarms = 0;  // it was not this, and was called this or nothing
  std::uint64_t misses = 0;        // it was this, and was not called this

  stats::Proportion precision() const { return {hits, hits + false_alarms}; }
  stats::Proportion recall() const { return {hits, hits + misses}; }
  // hits of all that are a hit or a fault; F1 = 2J / (1 + J), and J is a proportion with exact bounds.
  stats::Proportion jaccard() const { return {hits, hits + false_alarms + misses}; }
};

// Rows are true labels, columns answered labels, the last column "no label". Row by row. With more than kConfusionMax
// labels there are no cells: their number would be the square of somebody's input.
constexpr std::size_t kConfusionMax = 64;
struct Confusion {
  std::vector<std::string> labels;  // sorted
  std::vector<std::uint64_t> cells;

  std::uint64_t at(std::size_t truth, std::size_t answer) const { return cells[truth * (labels.size() + 1) + answer]; }
};

struct ModelMetrics {
  std::string model;
  EndTally ends;
  stats::Proportion right;              // empty without labels
  Confusion confusion;                  // empty without labels
  std::vector<ClassCounts> classes;     // one per label, or the positive one alone
  std::vector<std::int64_t> latencies;  // of answered and timed cases, sorted, nanoseconds
  std::uint64_t memory_peak_bytes = 0;

  std::uint64_t timed() const { return latencies.size() + ends.unanswered(); }
};

struct Metrics {
  std::vector<ModelMetrics> models;  // those that had cases or ran, in the scenario's order
  EndTally ends;
  std::uint64_t lost = 0;                 // harness errors
  std::uint64_t contract_violations = 0;  // broken contracts and stray messages
  std::uint64_t findings = 0;             // distinct ones
  std::uint64_t findings_critical = 0;
  std::optional<double> throughput;     // answered cases per second of `drive`
  std::uint64_t memory_peak_bytes = 0;  // of the model that used the most
  bool labelled = false;
};

Metrics measure(const spec::Scenario& scenario, const spec::Measurements& measurements);

// What a person calls a case: "right", "wrong", "answered" (without labels), or the kind of its error.
std::string_view case_word(const spec::CaseResult& result, bool labelled);

}  // namespace belljar::govern
