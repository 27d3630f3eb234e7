// report.json: everything in one object. Members: belljar (version of this form, 1), engine, started, sentence, verdict
// (the object that ends `run --json`), metrics, models, strays, story (where something was
// contained or grave), manifest, cases.
#include <array>

#include "govern/estimates.h"
#include "govern/judge.h"
#include "govern/metrics.h"
#include "govern/report.h"
#include "govern/well_formed.h"
#include "stats/quantile.h"
#include "stats/summary.h"

namespace belljar::govern {

namespace {

using codec::Json;

Json ends_json(const EndTally& ends) {
  return Json::Object{
      {"answered", ends.answered}, {"model_error", ends.model_error},     {"contract_error", ends.contract_error},
      {"timeout", ends.timeout},   {"harness_error", ends.harness_error}, {"held", ends.held}};
}

// With the two-sided 95 % interval; a bound that the cases cannot give is null.
Json estimate_json(std::string_view metric, const ModelMetrics& model) {
  constexpr double kConfidence = 0.95;
  const auto estimate = estimate_metric(metric, model, kConfidence);
  if (!estimate || estimate->n == 0) return nullptr;
  Json out =
      Json::Object{{"n", estimate->n}, {"interval", Json::Array{estimate->two_sided[0], estimate->two_sided[1]}}};
  out.set("value", estimate->value ? Json{*estimate->value} : Json{nullptr});
  return out;
}

Json latency_json(const ModelMetrics& model) {
  const stats::Summary summary = stats::summarise(model.latencies);
  Json out = Json::Object{{"timed", std::uint64_t{summary.count}}};
  if (summary.count == 0) return out;
  out.set("mean_s", summary.mean / 1e9);
  out.set("deviation_s", summary.deviation / 1e9);
  out.set("least_s", static_cast<double>(summary.least) / 1e9);
  out.set("most_s", static_cast<double>(summary.most) / 1e9);
  for (const std::string_view metric : {"latency.p50", "latency.p90", "latency.p95", "latency.p99"}) {
    out.set(std::string{metric.substr(8)}, estimate_json(metric, model));
  }
  return out;
}

Json confusion_json(const Confusion& confusion) {
  if (confusion.cells.empty()) return nullptr;
  Json::Array rows;
  const std::size_t width = confusion.labels.size() + 1;
  for (std::size_t truth = 0; truth < confusion.labels.size(); ++truth) {
    Json::Array row;
    for (std::size_t answer = 0; answer < width; ++answer) row.emplace_back(confusion.at(truth, answer));
    rows.emplace_back(std::move(row));
  }
  return Json::Object{{"labels", Json::Array(confusion.labels.begin(), confusion.labels.end())},
                      {"rows_are", "the true label"},
                      {"last_column_is", "no label"},
                      {"cells", std::move(rows)}};
}

Json model_json(const ModelMetrics& model, bool labelled) {
  Json out = Json::Object{
      {"model", model.model}, {"ends", ends_json(model.ends)}, {"memory_peak_bytes", model.memory_peak_bytes}};
  out.set("latency", latency_json(model));
  if (!labelled) return out;
  for (const std::string_view metric : {"accuracy", "precision", "recall", "f1"}) {
    out.set(std::string{metric}, estimate_json(metric, model));
  }
  out.set("confusion", confusion_json(model.confusion));
  return out;
}

Json metrics_json(const Metrics& metrics) {
  Json::Array models;
  for (const ModelMetrics& model : metrics.models) models.push_back(model_json(model, metrics.labelled));
  Json out = Json::Object{{"ends", ends_json(metrics.ends)},
                          {"contract_violations", metrics.contract_violations},
                          {"findings", metrics.findings},
                          {"memory_peak_bytes", metrics.memory_peak_bytes}};
  if (metrics.throughput) out.set("throughput_per_s", *metrics.throughput);
  out.set("models", std::move(models));
  return out;
}

Json cases_json(const spec::Measurements& measurements) {
  Json::Array cases;
  cases.reserve(measurements.cases.size());
  for (const spec::CaseResult& result : measurements.cases) {
    cases.push_back(Json::Object{{"case", result.case_id},
                                 {"model", result.model},
                                 {"end", spec::case_end_name(result.end)},
                                 {"expected", result.expected},
                                 {"answered", result.answered},
                                 {"latency_ns", result.latency_ns},
                                 {"detail", result.detail}});
  }
  return cases;
}

Json sandboxes_json(const spec::Measurements& measurements) {
  Json::Array models;
  for (const spec::ModelRun& run : measurements.models) {
    models.push_back(
        Json::Object{{"model", run.model}, {"sandbox", spec::report_json(run.sandbox)}, {"log_tail", run.log_tail}});
  }
  return models;
}

Json strays_json(const spec::Measurements& measurements) {
  Json::Array strays;
  for (const spec::StrayMessage& stray : measurements.strays) {
    strays.push_back(
        Json::Object{{"model", stray.model}, {"kind", stray.kind}, {"sample", stray.sample}, {"count", stray.count}});
  }
  return strays;
}

std::string_view name_of(StoryStep::Kind kind) {
  constexpr std::array<std::string_view, 7> kNames{"request",   "answer",  "failure",    "network",
                                                   "violation", "finding", "containment"};
  return kNames.at(static_cast<std::size_t>(kind));
}

Json story_json(const Story& story) {
  Json::Array steps;
  for (const StoryStep& step : story.steps) {
    steps.push_back(Json::Object{{"kind", name_of(step.kind)},
                                 {"at_ns", step.at_ns},
                                 {"seq", step.seq},
                                 {"from", step.from},
                                 {"to", step.to},
                                 {"state", step.state},
                                 {"text", step.text},
                                 {"why", step.why}});
  }
  return Json::Object{{"finding", story.finding}, {"model", story.model},       {"case", story.case_id},
                      {"unread", story.unread},   {"left_out", story.left_out}, {"steps", std::move(steps)}};
}

}  // namespace

std::string render_json(const ReportInput& input) {
  Json out = Json::Object{{"belljar", 1},
                          {"engine", input.engine_version},
                          {"started", input.started},
                          {"sentence", verdict_sentence(input.verdict)},
                          {"verdict", spec::verdict_json(input.verdict)}};
  out.set("drive_ns", input.measurements.drive_ns);
  out.set("metrics", metrics_json(measure(input.scenario, input.measurements)));
  out.set("models", sandboxes_json(input.measurements));
  out.set("strays", strays_json(input.measurements));
  if (has_story(input.verdict)) out.set("story", story_json(input.story));
  out.set("manifest", input.manifest);
  out.set("cases", cases_json(input.measurements));
  return codec::to_json_pretty(well_formed(std::move(out)));
}

}  // namespace belljar::govern
