#include "govern/metrics.h"

#include <algorithm>
#include <map>
#include <set>

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
  std::set<std::string> labels;
  if (!measurements.positive.empty()) labels.insert(measurements.positive);
  for (const CaseResult& result : measurements.cases) labels.insert(result.expected);
  return {labels.begin(), labels.end()};
}

std::size_t index_of(const std::vector<std::string>& labels, const std::string& label) {
  const auto place = std::lower_bound(labels.begin(), labels.end(), label);
  if (place == labels.end() || *place != label) return labels.size();
  return static_cast<std::size_t>(place - labels.begin());
}

// Counts of one model by class, before silence is shared out.
struct ClassTally {
  std::vector<ClassCounts> classes;   // false alarms: spoken ones alone
  std::vector<std::uint64_t> silent;  // cases of this class without a label for an answer
  std::uint64_t silent_all = 0;
};

void add_labelled(ModelMetrics& model, ClassTally& tally, const CaseResult& result) {
  const std::vector<std::string>& labels = model.confusion.labels;
  const std::size_t none = labels.size();
  const std::size_t truth = index_of(labels, result.expected);
  const std::size_t answer = result.end == CaseEnd::answered ? index_of(labels, result.answered) : none;
  if (!model.confusion.cells.empty()) ++model.confusion.cells[truth * (none + 1) + answer];
  ++model.right.trials;
  if (truth == answer) {
    ++model.right.successes;
    ++tally.classes[truth].hits;
    return;
  }
  ++tally.classes[truth].misses;
  if (answer != none) {
    ++tally.classes[answer].false_alarms;
  } else {
    ++tally.silent[truth];
    ++tally.silent_all;
  }
}

ClassTally begin_tally(const std::vector<std::string>& labels) {
  ClassTally tally;
  for (const std::string& label : labels) tally.classes.push_back({.label = label});
  tally.silent.assign(labels.size(), 0);
  return tally;
}

// Silence about a case is held against every class it was not: whatever the wrong answer would have been, silence is no
// better.
void finish_model(ModelMetrics& model, ClassTally tally, const std::string& positive) {
  std::sort(model.latencies.begin(), model.latencies.end());
  for (std::size_t at = 0; at < tally.classes.size(); ++at) {
    tally.classes[at].false_alarms += tally.silent_all - tally.silent[at];
    if (positive.empty() || tally.classes[at].label == positive) model.classes.push_back(std::move(tally.classes[at]));
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
  if (measurements.composed) {
    // Judged is the whole: what each of its models said is nobody's answer to a case.
    add(std::string{spec::kWhole});
    for (const CaseResult& result : measurements.cases) add(result.model);
    return names;
  }
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
  if (measurements.composed) {
    // A message between two models that broke its contract may have cost no case its answer.
    metrics.contract_violations = 0;
    for (const spec::Finding& finding : measurements.findings) {
      if (finding.kind == "contract") metrics.contract_violations += finding.count;
    }
  }
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
    model.confusion.labels = labels;
    if (labels.size() <= kConfusionMax) model.confusion.cells.assign(labels.size() * (labels.size() + 1), 0);
  }
  std::vector<ClassTally> tallies(metrics.models.size(), begin_tally(labels));
  for (const CaseResult& result : measurements.cases) {
    const std::size_t place = places[result.model];
    ModelMetrics& model = metrics.models[place];
    ++tally_of(model.ends, result.end);
    if (result.end == CaseEnd::answered && result.latency_ns > 0) model.latencies.push_back(result.latency_ns);
    if (metrics.labelled && counts(result)) add_labelled(model, tallies[place], result);
  }
  for (const spec::ModelRun& run : measurements.models) {
    const std::string& place = measurements.composed ? std::string{spec::kWhole} : run.model;
    std::uint64_t& peak = metrics.models[places[place]].memory_peak_bytes;
    peak = std::max(peak, run.sandbox.memory.peak_bytes);
  }
  for (std::size_t at = 0; at < metrics.models.size(); ++at) {
    finish_model(metrics.models[at], std::move(tallies[at]), measurements.positive);
  }
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
