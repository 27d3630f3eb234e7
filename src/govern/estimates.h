// Estimates: a metric of one model as a value, what is sure about it, and how many cases would make it surer.
//
//   const auto estimate = estimate_metric("recall", metrics.models[0], 0.95);
//   estimate->low                       // with 95 % confidence at least this
//
// Sources: stats/binomial.h, stats/quantile.h; docs/verdicts.md derives each. Inner part of gates.
// Pure; safe from any thread.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "govern/metrics.h"

namespace belljar::govern {

struct Estimate {
  std::optional<double> value =
      std::nullopt;                   // absent without data, and for a quantile that falls on a case without an answer
  std::uint64_t n = 0;                // cases the metric rests on
  double low = 0;                     // one-sided bounds, each at the asked confidence
  double high = 0;                    // may be infinite
  std::array<double, 2> two_sided{};  // at the asked confidence together; high may be infinite
};

// Accuracy, precision, recall, f1 and latency.pNN; absent for every other metric.
std::optional<Estimate> estimate_metric(std::string_view metric, const ModelMetrics& model, double confidence);

// "about 380 cases would decide it if the rate stays as it is"; empty when nothing can be said.
std::string cases_needed(std::string_view metric, const ModelMetrics& model, const spec::GateSpec& gate);

// 0.99 of "latency.p99", "latency.p99.9"; absent for anything else.
std::optional<double> quantile_of(std::string_view metric);
bool is_proportion(std::string_view metric);

}  // namespace belljar::govern
