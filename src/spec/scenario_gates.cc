// The sections `gates` and `on_breach`: what must hold, and what ends a run.
#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "spec/quantity.h"
#include "spec/scenario_parts.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

enum class Scale { proportion, duration, rate, count, bytes };

struct Metric {
  std::string_view name;
  Scale scale;
  bool needs_label;
};

constexpr std::array<Metric, 19> kMetrics{{
    {"accuracy", Scale::proportion, true},
    {"precision", Scale::proportion, true},
    {"recall", Scale::proportion, true},
    {"f1", Scale::proportion, true},
    {"latency.p50", Scale::duration, false},
    {"latency.p90", Scale::duration, false},
    {"latency.p95", Scale::duration, false},
    {"latency.p99", Scale::duration, false},
    {"latency.max", Scale::duration, false},
    {"throughput", Scale::rate, false},
    {"contract.violations", Scale::count, false},
    {"errors.model", Scale::count, false},
    {"errors.contract", Scale::count, false},
    {"errors.timeout", Scale::count, false},
    {"errors.harness", Scale::count, false},
    {"errors.total", Scale::count, false},
    {"findings", Scale::count, false},
    {"findings.critical", Scale::count, false},
    {"memory.peak", Scale::bytes, false},
}};

const Metric* find_metric(std::string_view name) {
  const auto* const found =
      std::find_if(kMetrics.begin(), kMetrics.end(), [name](const Metric& metric) { return metric.name == name; });
  return found == kMetrics.end() ? nullptr : found;
}

// A gate as written; the threshold can only be read when the metric is known.
struct GateDraft {
  GateSpec gate;
  const Yaml* at_least = nullptr;
  const Yaml* at_most = nullptr;
};

void read_metric(Problems& problems, const Yaml& value, GateDraft& draft) {
  std::vector<std::string_view> names;
  for (const Metric& metric : kMetrics) names.push_back(metric.name);
  if (auto name = read_choice(problems, value, names, {})) draft.gate.metric = std::move(*name);
}

void read_confidence(Problems& problems, const Yaml& value, GateDraft& draft) {
  constexpr std::string_view kExpected = "a number from 0.5 up to, but not including, 1";
  Result<double> confidence = parse_decimal(value.scalar, kExpected);
  if (value.kind == Yaml::Kind::scalar && !value.quoted && confidence && confidence.value() >= 0.5 &&
      confidence.value() < 1) {
    draft.gate.confidence = confidence.value();
  } else {
    problems.add(value.mark, describe(value), kExpected);
  }
}

constexpr std::array<Field<GateDraft>, 4> kGate{{
    {"metric", Need::required, read_metric},
    {"at_least", Need::optional, [](Problems&, const Yaml& v, GateDraft& draft) { draft.at_least = &v; }},
    {"at_most", Need::optional, [](Problems&, const Yaml& v, GateDraft& draft) { draft.at_most = &v; }},
    {"confidence", Need::optional, read_confidence},
}};

// Durations become seconds, sizes bytes.
Result<double> threshold_of(std::string_view text, Scale scale) {
  switch (scale) {
    case Scale::proportion:
      return TRY(parse_decimal(text, "a number from 0 to 1"));
    case Scale::duration:
      return static_cast<double>(TRY(parse_quantity(text, kDurationUnits, kDurationExpected))) / 1e9;
    case Scale::rate:
      return TRY(parse_decimal(text, "cases per second such as 50"));
    case Scale::count:
      return static_cast<double>(TRY(parse_count(text, "a whole number")));
    case Scale::bytes:
      return static_cast<double>(TRY(parse_bytes(text)));
  }
  return Error{Errc::internal, "unknown scale"};
}

void read_threshold(Problems& problems, const Yaml& value, const Metric& metric, GateSpec& gate) {
  if (value.kind != Yaml::Kind::scalar) {
    return problems.add(value.mark, describe(value), "a threshold for " + std::string{metric.name});
  }
  const Result<double> threshold = threshold_of(value.scalar, metric.scale);
  if (!threshold) return problems.add(value.mark, threshold.error().message() + " for " + std::string{metric.name});
  const bool in_range = threshold.value() >= 0 && (metric.scale != Scale::proportion || threshold.value() <= 1);
  if (!in_range) {
    return problems.add(value.mark, describe(value),
                        metric.scale == Scale::proportion ? "a number from 0 to 1" : "0 or more");
  }
  gate.threshold = threshold.value();
  gate.is_duration = metric.scale == Scale::duration;
}

void read_gate(Problems& problems, const Yaml& value, std::vector<GateSpec>& gates) {
  GateDraft draft;
  draft.gate.mark = value.mark;
  read_fields<GateDraft>(problems, value, "a gate", kGate, {}, draft);
  if (value.kind != Yaml::Kind::map) return;
  if ((draft.at_least == nullptr) == (draft.at_most == nullptr)) {
    problems.add(value.mark, draft.at_least == nullptr ? "a gate without a bound" : "a gate with two bounds",
                 "either at_least or at_most");
  }
  const Metric* metric = find_metric(draft.gate.metric);
  for (const Yaml* bound : {draft.at_least, draft.at_most}) {
    if (bound != nullptr && metric != nullptr) read_threshold(problems, *bound, *metric, draft.gate);
  }
  draft.gate.bound = draft.at_least != nullptr ? GateBound::at_least : GateBound::at_most;
  gates.push_back(std::move(draft.gate));
}

constexpr std::array<std::string_view, 12> kBreaches{"canary", "syscall", "processes", "disk",
                                                     "memory", "output",  "contract",  "amplification",
                                                     "budget", "policy",  "egress",    "tools"};

void read_contain(Problems& problems, const Yaml& value, BreachSpec& breach) {
  if (!require_list(problems, value, "a list of " + one_of(kBreaches))) return;
  std::set<std::string> seen;
  for (const Yaml& item : value.items) {
    std::optional<std::string> kind = read_choice(problems, item, kBreaches, {});
    if (!kind) continue;
    if (!seen.insert(*kind).second) {
      problems.add(item.mark, quote(*kind) + " again", "each once");
    } else {
      breach.contain.push_back(std::move(*kind));
    }
  }
}

constexpr std::array<Field<BreachSpec>, 1> kOnBreach{{{"contain", Need::required, read_contain}}};

}  // namespace

void read_gates(Problems& problems, const Yaml& value, std::vector<GateSpec>& gates) {
  if (!require_list(problems, value, "a list such as [{metric: accuracy, at_least: 0.95}]")) return;
  for (const Yaml& item : value.items) read_gate(problems, item, gates);
}

void read_on_breach(Problems& problems, const Yaml& value, BreachSpec& on_breach) {
  read_fields<BreachSpec>(problems, value, "on_breach", kOnBreach, {}, on_breach);
}

bool metric_needs_label(std::string_view metric) {
  const Metric* known = find_metric(metric);
  return known != nullptr && known->needs_label;
}

}  // namespace belljar::spec
