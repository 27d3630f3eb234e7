#include "govern/gates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/text.h"
#include "govern/estimates.h"

namespace belljar::govern {

namespace {

using spec::Decision;
using spec::GateBound;
using spec::GateResult;
using spec::GateSpec;

struct Measure {
  std::string_view metric;
  std::optional<double> (*value)(const Metrics& metrics);
};

std::optional<double> number(std::uint64_t count) { return static_cast<double>(count); }

// Slower than all others are the cases without an answer; with one, there is no slowest answer to speak of.
std::optional<double> slowest(const Metrics& metrics) {
  std::int64_t most = -1;
  for (const ModelMetrics& model : metrics.models) {
    if (!model.latencies.empty()) most = std::max(most, model.latencies.back());
  }
  if (most < 0 || metrics.ends.unanswered() > 0) return std::nullopt;
  return static_cast<double>(most) / 1e9;
}

// Counts only grow with more cases, so that a count seen is a lower bound of what it would have been.
constexpr std::array<Measure, 8> kCounts{{
    {"contract.violations", [](const Metrics& m) { return number(m.contract_violations); }},
    {"errors.model", [](const Metrics& m) { return number(m.ends.model_error); }},
    {"errors.contract", [](const Metrics& m) { return number(m.ends.contract_error); }},
    {"errors.timeout", [](const Metrics& m) { return number(m.ends.timeout); }},
    {"errors.harness", [](const Metrics& m) { return number(m.ends.harness_error); }},
    {"errors.total", [](const Metrics& m) { return number(m.ends.errors()); }},
    {"findings", [](const Metrics& m) { return number(m.findings); }},
    {"findings.critical", [](const Metrics& m) { return number(m.findings_critical); }},
}};
constexpr std::array<Measure, 3> kExtremes{{
    {"memory.peak",
     [](const Metrics& m) { return m.memory_peak_bytes > 0 ? number(m.memory_peak_bytes) : std::nullopt; }},
    {"throughput", [](const Metrics& m) { return m.ends.answered > 0 ? m.throughput : std::nullopt; }},
    {"latency.max", slowest},
}};

const Measure* find_measure(const auto& table, std::string_view metric) {
  for (const Measure& measure : table) {
    if (measure.metric == metric) return &measure;
  }
  return nullptr;
}

std::string decimals(double value, int digits) {
  std::array<char, 400> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  std::string out{text.data(), static_cast<std::size_t>(length)};
  if (out.find('.') == std::string::npos) return out;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.back() == '.') out.pop_back();
  return out;
}

std::string percent(double confidence) { return decimals(confidence * 100, 4) + " %"; }

std::string bound_words(GateBound bound) { return bound == GateBound::at_least ? "at least" : "at most"; }

bool holds(double value, const GateSpec& gate) {
  return gate.bound == GateBound::at_least ? value >= gate.threshold : value <= gate.threshold;
}

std::string of_model(const Metrics& metrics, const ModelMetrics& model) {
  return metrics.models.size() > 1 ? " of " + printable(model.model, 60) : "";
}

GateResult blank(const GateSpec& gate) {
  GateResult result;
  result.metric = gate.metric;
  result.name = gate.metric + " " + bound_words(gate.bound) + " " + metric_text(gate.metric, gate.threshold);
  result.confidence = gate.confidence;
  result.threshold = gate.threshold;
  result.is_duration = gate.is_duration;
  return result;
}

// ---- metrics with an interval

Decision by_range(const DecidingRange& range, const GateSpec& gate) {
  const bool least = gate.bound == GateBound::at_least;
  if (least ? range.low >= gate.threshold : range.high <= gate.threshold) return Decision::pass;
  if (least ? range.high < gate.threshold : range.low > gate.threshold) return Decision::fail;
  return Decision::inconclusive;
}

std::string surely(Decision decision, const GateSpec& gate, const DecidingRange& range) {
  const bool low = (decision == Decision::pass) == (gate.bound == GateBound::at_least);
  const double edge = low ? range.low : range.high;
  if (!std::isfinite(edge)) return "too many cases have no answer for any bound to hold";
  return "with " + percent(gate.confidence) + " confidence it is " + (low ? "at least " : "at most ") +
         metric_text(gate.metric, edge);
}

std::string interval_reason(const GateAssessment& told, const GateSpec& gate, const Metrics& metrics,
                            const ModelMetrics& model) {
  const GateResult& result = told.result;
  const std::string what = gate.metric + of_model(metrics, model);
  if (metrics.lost > 0) {
    return std::to_string(metrics.lost) +
           " cases were lost to the harness: what they would have shown is unknown; run again";
  }
  if (result.n == 0) return "no case measures " + what;
  const std::string seen = what + " is " +
                           (result.value ? metric_text(gate.metric, *result.value) : "beyond every answer") + " over " +
                           std::to_string(result.n) + " cases";
  if (result.decision != Decision::inconclusive) return seen + "; " + surely(result.decision, gate, *told.range);
  const std::string more = cases_needed(gate.metric, model, gate);
  return seen + ", too close or too few to tell" + (more.empty() ? "" : "; " + more);
}

GateAssessment assess_model(const GateSpec& gate, const Metrics& metrics, const ModelMetrics& model) {
  GateAssessment told{blank(gate), std::nullopt, gate.bound};
  const Estimate estimate = *estimate_metric(gate.metric, model, gate.confidence);
  told.result.value = estimate.value;
  told.result.n = estimate.n;
  if (estimate.n > 0) {
    told.range = DecidingRange{estimate.low, estimate.high};
    if (std::isfinite(estimate.two_sided[1]) && std::isfinite(estimate.two_sided[0]))
      told.result.interval = estimate.two_sided;
    if (metrics.lost == 0) told.result.decision = by_range(*told.range, gate);
  }
  told.result.reason = interval_reason(told, gate, metrics, model);
  return told;
}

// From the one that decides most to the least; among equals the value furthest on the wrong side.
bool decides_before(const GateAssessment& a, const GateAssessment& b) {
  const auto weight = [](Decision decision) {
    return decision == Decision::fail ? 0 : (decision == Decision::inconclusive ? 1 : 2);
  };
  if (a.result.decision != b.result.decision) return weight(a.result.decision) < weight(b.result.decision);
  if (!a.result.value || !b.result.value) return !a.result.value && b.result.value;
  return a.bound == GateBound::at_least ? *a.result.value < *b.result.value : *a.result.value > *b.result.value;
}

GateAssessment assess_each_model(const GateSpec& gate, const Metrics& metrics) {
  // Where cases are answered by the whole composition its parts have none of their own.
  const bool any = std::any_of(metrics.models.begin(), metrics.models.end(),
                               [](const ModelMetrics& model) { return model.ends.all() > 0; });
  std::optional<GateAssessment> worst;
  for (const ModelMetrics& model : metrics.models) {
    if (any && model.ends.all() == 0) continue;
    GateAssessment told = assess_model(gate, metrics, model);
    if (!worst || decides_before(told, *worst)) worst = std::move(told);
  }
  if (worst) return std::move(*worst);
  GateAssessment none{blank(gate), std::nullopt, gate.bound};
  none.result.reason = "no case measures " + gate.metric;
  return none;
}

// ---- metrics that are what they are

GateAssessment assess_exact(const GateSpec& gate, const Metrics& metrics, const Measure& measure) {
  GateAssessment told{blank(gate), std::nullopt, gate.bound};
  told.result.value = measure.value(metrics);
  told.result.n = metrics.ends.all() - metrics.ends.held;
  if (!told.result.value || told.result.n == 0) {
    told.result.value.reset();
    told.result.reason = gate.metric == "latency.max" && metrics.ends.unanswered() > 0
                             ? "some cases have no answer, so there is no slowest one"
                             : "nothing was measured of " + gate.metric;
    const bool endless = gate.metric == "latency.max" && metrics.ends.unanswered() > 0;
    if (endless) told.result.decision = gate.bound == GateBound::at_most ? Decision::fail : Decision::pass;
    return told;
  }
  told.result.decision = holds(*told.result.value, gate) ? Decision::pass : Decision::fail;
  told.result.reason = gate.metric + " is " + metric_text(gate.metric, *told.result.value);
  // A peak or a count that is too high already stays so; everything else could still change with the lost cases.
  const bool settled =
      gate.metric == "errors.harness" || (gate.metric != "throughput" && *told.result.value > gate.threshold);
  if (metrics.lost > 0 && !settled) {
    told.result.decision = Decision::inconclusive;
    told.result.reason += ", but " + std::to_string(metrics.lost) + " cases were lost to the harness; run again";
  }
  return told;
}

}  // namespace

std::string metric_text(std::string_view metric, double value) {
  if (!std::isfinite(value)) return "unbounded";
  if (metric.starts_with("latency.")) {
    constexpr double kNanosecondsMax = 9e18;
    return human_duration(static_cast<std::int64_t>(std::min(kNanosecondsMax, std::round(value * 1e9))));
  }
  if (metric == "memory.peak") return human_bytes(static_cast<std::uint64_t>(std::min(1.8e19, std::max(0.0, value))));
  if (metric == "throughput") return decimals(value, 2) + "/s";
  return decimals(value, is_proportion(metric) ? 4 : 2);
}

GateAssessment assess(const GateSpec& gate, const Metrics& metrics) {
  if (!(gate.confidence > 0 && gate.confidence < 1)) {
    GateAssessment none{blank(gate), std::nullopt, gate.bound};
    none.result.reason = "a confidence lies strictly between 0 and 1";
    return none;
  }
  if (is_proportion(gate.metric) || quantile_of(gate.metric)) return assess_each_model(gate, metrics);
  const Measure* measure = find_measure(kCounts, gate.metric);
  if (measure == nullptr) measure = find_measure(kExtremes, gate.metric);
  if (measure != nullptr) return assess_exact(gate, metrics, *measure);
  GateAssessment none{blank(gate), std::nullopt, gate.bound};
  none.result.reason = "this version has no metric " + printable(gate.metric, 60);
  return none;
}

GateResult decide(const GateSpec& gate, const Metrics& metrics) { return assess(gate, metrics).result; }

}  // namespace belljar::govern
