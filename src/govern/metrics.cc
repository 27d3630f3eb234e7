#include "govern/metrics.h"

#include <algorithm>
#include <map>

namespace belljar::govern {

namespace {

using spec::CaseEnd;
using spec::CaseResult;

std::uint64_t& tally_of(EndTally& ends, CaseEnd end) {
  switch (end) {
    case CaseEnd::answered:
      return ends.answered;
    case CaseEnd::model_error:
      return ends.model_error;
    case CaseEnd::contract_error:
      return ends.contract_error;
    case CaseEnd::timeout:
      return ends.timeout;
    case CaseEnd::held:
      return ends.held;
    case CaseEnd::harness_error:
      break;
  }
  return ends.harness_error;
}

bool counts(const CaseResult& result) { return result.end != CaseEnd::harness_error && result.end != CaseEnd::held; }

// The labels of the cases themselves: what a model invents is no class of its own.
std::vector<std::string> labels_of(const spec::Measurements& measurements) {
  std::vector<std::string> labels;
  if (!measurements.positive.empty()) labels.push_back(measurements.positive);
  for (const CaseResult& result : measurements.cases) {
    const auto place = std::lower_bound(labels.begin(), labels.end(), result.expected);
    if (place == labels.end() || *place != result.expected) labels.insert(place, result.expected);
  }
  return labels;
}

std::size_t index_of(const std::vector<std::string>& labels, const std::string& label) {
  const auto place = std::lower_bound(labels.begin(), labels.end(), label);
  if (place == labels.end() || *place != label) return labels.size();
  return static_cast<std::size_t>(place - labels.begin());
}

void add_case(ModelMetrics& model, const CaseResult& result, bool labelled) {
  ++tally_of(model.ends, result.end);
  const bool answered = result.end == CaseEnd::answered;
  if (answered && result.latency_ns > 0) model.latencies.push_back(result.latency_ns);
  if (!labelled || !counts(result)) return;
  const std::vector<std::string>& labels = model.confusion.labels;
  const std::size_t truth = index_of(labels, result.expected);
  const std::size_t answer = answered ? index_of(labels, result.answered) : labels.size();
  ++model.confusion.cells[truth * (labels.size() + 1) + answer];
  ++model.right.trials;
  if (truth == answer) ++model.right.successes;
}

// With one positive class, silence about a negative case is a false alarm; with many classes, silence about a class is
// a false alarm of that class.
enum class Silence { against_positive, against_asked };

ClassCounts class_counts(const Confusion& confusion, std::size_t at, Silence silence) {
  ClassCounts counts{.label = confusion.labels[at]};
  const std::size_t unlabelled = confusion.labels.size();
  for (std::size_t truth = 0; truth < unlabelled; ++truth) {
    for (std::size_t answer = 0; answer <= unlabelled; ++answer) {
      const std::uint64_t cases = confusion.at(truth, answer);
      const bool is_this = truth == at;
      const bool silent = answer == unlabelled;
      if (is_this && answer == at) counts.hits += cases;
      if (is_this && answer != at) counts.misses += cases;
      if (!is_this && answer == at) counts.false_alarms += cases;
      if (silent && is_this == (silence == Silence::against_asked)) counts.false_alarms += cases;
    }
  }
  return counts;
}

void finish_model(ModelMetrics& model, const std::string& positive) {
  std::sort(model.latencies.begin(), model.latencies.end());
  for (std::size_t at = 0; at < model.confusion.labels.size(); ++at) {
    if (positive.empty()) {
      model.classes.push_back(class_counts(model.confusion, at, Silence::against_asked));
    } else if (model.confusion.labels[at] == positive) {
      model.classes.push_back(class_counts(model.confusion, at, Silence::against_positive));
    }
  }
}

void add_ends(EndTally& sum, const EndTally& more) {
  sum.answered += more.answered;
  sum.model_error += more.model_error;
  sum.contract_error += more.contract_error;
  sum.timeout += more.timeout;
  sum.harness_error += more.harness_error;
  sum.held += more.held;
}

// Every model of the scenario in its order, then any other that the measurements speak of.
std::vector<std::string> model_names(const spec::Scenario& scenario, const spec::Measurements& measurements) {
  std::vector<std::string> names;
  const auto add = [&names](const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const spec::ModelSpec& model : scenario.models) add(model.name);
  for (const spec::ModelRun& run : measurements.models) add(run.model);
  for (const CaseResult& result : measurements.cases) add(result.model);
  return names;
}

void sum_up(Metrics& metrics, const spec::Measurements& measurements) {
  for (const ModelMetrics& model : metrics.models) {
    add_ends(metrics.ends, model.ends);
    metrics.memory_peak_bytes = std::max(metrics.memory_peak_bytes, model.memory_peak_bytes);
  }
  metrics.lost = metrics.ends.harness_error;
  metrics.contract_violations = metrics.ends.contract_error;
  for (const spec::StrayMessage& stray : measurements.strays) metrics.contract_violations += stray.count;
  metrics.findings = measurements.findings.size();
  for (const spec::Finding& finding : measurements.findings) {
    if (finding.severity == "critical") ++metrics.findings_critical;
  }
  if (measurements.drive_ns > 0) {
    metrics.throughput = static_cast<double>(metrics.ends.answered) * 1e9 / static_cast<double>(measurements.drive_ns);
  }
}

}  // namespace

Metrics measure(const spec::Scenario& scenario, const spec::Measurements& measurements) {
  Metrics metrics;
  metrics.labelled = !scenario.workload.label.empty();
  const std::vector<std::string> labels = metrics.labelled ? labels_of(measurements) : std::vector<std::string>{};
  std::map<std::string, std::size_t> places;
  for (const std::string& name : model_names(scenario, measurements)) {
    places[name] = metrics.models.size();
    ModelMetrics& model = metrics.models.emplace_back();
    model.model = name;
    if (!metrics.labelled) continue;
    model.confusion.labels = labels;
    model.confusion.cells.assign(labels.size() * (labels.size() + 1), 0);
  }
  for (const CaseResult& result : measurements.cases)
    add_case(metrics.models[places[result.model]], result, metrics.labelled);
  for (const spec::ModelRun& run : measurements.models) {
    std::uint64_t& peak = metrics.models[places[run.model]].memory_peak_bytes;
    peak = std::max(peak, run.sandbox.memory.peak_bytes);
  }
  for (ModelMetrics& model : metrics.models) finish_model(model, measurements.positive);
  sum_up(metrics, measurements);
  return metrics;
}

std::string_view case_word(const CaseResult& result, bool labelled) {
  switch (result.end) {
    case CaseEnd::answered:
      if (!labelled) return "answered";
      return result.expected == result.answered ? "right" : "wrong";
    case CaseEnd::model_error:
      return "model error";
    case CaseEnd::contract_error:
      return "contract broken";
    case CaseEnd::timeout:
      return "no answer in time";
    case CaseEnd::held:
      return "held";
    case CaseEnd::harness_error:
      break;
  }
  return "harness error";
}

}  // namespace belljar::govern
