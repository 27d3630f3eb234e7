#include "govern/estimates.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "stats/quantile.h"

namespace belljar::govern {

namespace {

using stats::Proportion;

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr std::string_view kLatencyPrefix = "latency.p";

// How a metric is made of per-class proportions: which counts, and what becomes of the rate.
struct Shape {
  std::string_view metric;
  Proportion (ClassCounts::*of)() const;
  double (*curve)(double rate);
  double (*inverse)(double value);
};

double same(double rate) { return rate; }
double f1_of_jaccard(double rate) { return 2 * rate / (1 + rate); }
double jaccard_of_f1(double value) { return value / (2 - value); }

constexpr std::array<Shape, 3> kShapes{{
    {"precision", &ClassCounts::precision, same, same},
    {"recall", &ClassCounts::recall, same, same},
    {"f1", &ClassCounts::jaccard, f1_of_jaccard, jaccard_of_f1},
}};

const Shape* find_shape(std::string_view metric) {
  const auto* const found =
      std::find_if(kShapes.begin(), kShapes.end(), [metric](const Shape& s) { return s.metric == metric; });
  return found == kShapes.end() ? nullptr : found;
}

Estimate estimate_proportion(Proportion proportion, double confidence) {
  Estimate estimate;
  estimate.n = proportion.trials;
  if (proportion.trials > 0) estimate.value = proportion.rate();
  estimate.low = stats::lower_bound(proportion, confidence);
  estimate.high = stats::upper_bound(proportion, confidence);
  const stats::Interval both = stats::interval(proportion, confidence);
  estimate.two_sided = {both.low, both.high};
  return estimate;
}

// The mean over classes. Each class's bound is taken at 1 - (1 - confidence) / classes, so that all hold together with
// the asked confidence whatever their dependence (Bonferroni), and with them their mean.
Estimate estimate_classes(const Shape& shape, const std::vector<ClassCounts>& classes, double confidence) {
  Estimate mean;
  if (classes.empty()) return {.high = 1, .two_sided = {0, 1}};
  const double share = static_cast<double>(classes.size());
  const double each = 1 - (1 - confidence) / share;
  double value = 0;
  for (const ClassCounts& counts : classes) {
    const Estimate one = estimate_proportion((counts.*shape.of)(), each);
    mean.n += one.n;
    value += shape.curve(one.value.value_or(0)) / share;
    mean.low += shape.curve(one.low) / share;
    mean.high += shape.curve(one.high) / share;
    mean.two_sided[0] += shape.curve(one.two_sided[0]) / share;
    mean.two_sided[1] += shape.curve(one.two_sided[1]) / share;
  }
  if (mean.n > 0) mean.value = value;
  return mean;
}

// The value of a rank in seconds; cases without an answer are slower than all others.
double at_rank(const ModelMetrics& model, std::optional<std::size_t> rank, double otherwise) {
  if (!rank) return otherwise;
  if (*rank > model.latencies.size()) return kNever;
  return static_cast<double>(model.latencies[*rank - 1]) / 1e9;
}

Estimate estimate_quantile(double q, const ModelMetrics& model, double confidence) {
  const auto count = static_cast<std::size_t>(model.timed());
  Estimate estimate{.n = count, .high = kNever, .two_sided = {0, kNever}};
  if (count == 0) return estimate;
  const double value = at_rank(model, stats::quantile_rank(count, q), kNever);
  if (std::isfinite(value)) estimate.value = value;
  estimate.low = at_rank(model, stats::lower_rank(count, q, confidence), 0);
  estimate.high = at_rank(model, stats::upper_rank(count, q, confidence), kNever);
  const double one_sided = (1 + confidence) / 2;
  estimate.two_sided = {at_rank(model, stats::lower_rank(count, q, one_sided), 0),
                        at_rank(model, stats::upper_rank(count, q, one_sided), kNever)};
  return estimate;
}

std::string about(std::uint64_t cases) { return std::to_string(cases); }

std::string quantile_cases_needed(double q, const ModelMetrics& model, const spec::GateSpec& gate) {
  const auto least = stats::trials_if_perfect(q, gate.confidence);
  if (gate.bound == spec::GateBound::at_most && least && model.timed() < *least) {
    return "at least " + about(*least) + " cases are needed to bound this quantile at all";
  }
  const auto within =
      std::upper_bound(model.latencies.begin(), model.latencies.end(), gate.threshold * 1e9) - model.latencies.begin();
  const auto needed = stats::trials_to_decide({static_cast<std::uint64_t>(within), model.timed()}, q, gate.confidence);
  return needed ? "about " + about(*needed) + " cases would decide it if latencies stay as they are" : "";
}

}  // namespace

std::optional<double> quantile_of(std::string_view metric) {
  if (!metric.starts_with(kLatencyPrefix)) return std::nullopt;
  metric.remove_prefix(kLatencyPrefix.size());
  double percent = 0;
  const auto parsed = std::from_chars(metric.data(), metric.data() + metric.size(), percent, std::chars_format::fixed);
  const bool whole = parsed.ec == std::errc{} && parsed.ptr == metric.data() + metric.size();
  if (!whole || percent <= 0 || percent >= 100) return std::nullopt;
  return percent / 100;
}

bool is_proportion(std::string_view metric) { return metric == "accuracy" || find_shape(metric) != nullptr; }

std::optional<Estimate> estimate_metric(std::string_view metric, const ModelMetrics& model, double confidence) {
  if (metric == "accuracy") return estimate_proportion(model.right, confidence);
  if (const Shape* shape = find_shape(metric)) return estimate_classes(*shape, model.classes, confidence);
  if (const auto q = quantile_of(metric)) return estimate_quantile(*q, model, confidence);
  return std::nullopt;
}

std::string cases_needed(std::string_view metric, const ModelMetrics& model, const spec::GateSpec& gate) {
  if (const auto q = quantile_of(metric)) return quantile_cases_needed(*q, model, gate);
  const Shape* shape = find_shape(metric);
  // A mean over several classes has no one number of cases.
  if (metric != "accuracy" && (shape == nullptr || model.classes.size() != 1)) return "";
  const Proportion seen = shape == nullptr ? model.right : (model.classes[0].*shape->of)();
  const double threshold = shape == nullptr ? gate.threshold : shape->inverse(gate.threshold);
  const std::string which =
      metric == "accuracy" ? " cases" : (metric == "recall" ? " positive cases" : " cases of this kind");
  const auto least =
      gate.bound == spec::GateBound::at_least ? stats::trials_if_perfect(threshold, gate.confidence) : std::nullopt;
  if (least && seen.trials < *least) {
    return "at least " + about(*least) + which + " are needed to show this even without one fault";
  }
  const auto needed = stats::trials_to_decide(seen, threshold, gate.confidence);
  return needed ? "about " + about(*needed) + which + " would decide it if the rate stays as it is" : "";
}

}  // namespace belljar::govern
