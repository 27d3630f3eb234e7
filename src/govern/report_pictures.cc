// The confusion matrix, the distribution of latencies, and the course of the run. Every picture draws a bounded number
// of marks whatever the number of cases.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/text.h"
#include "govern/estimates.h"
#include "govern/report_parts.h"
#include "stats/summary.h"

namespace belljar::govern {

namespace {

using spec::CaseEnd;
using spec::CaseResult;
using spec::Finding;

constexpr std::size_t kLabelsShown = 12;
constexpr std::size_t kColumns = 120;
constexpr std::size_t kModelsShown = 8;
constexpr std::size_t kFindingMarks = 200;

std::string model_title(const View& view, const std::string& model) {
  return view.metrics.models.size() > 1 ? "<h3>" + untrusted(model, 80) + "</h3>" : "";
}

std::string rect(const std::string& x, const std::string& width, double y, double height, std::string_view attributes) {
  return "<rect x=\"" + x + "\" width=\"" + width + "\" y=\"" + number(y) + "\" height=\"" + number(height) + "\" " +
         std::string{attributes};
}

// ---- confusion

std::string cell(const Confusion& confusion, std::size_t truth, std::size_t answer, double x, double width, double y) {
  constexpr double kHeight = 52;
  const std::size_t silent = confusion.labels.size();
  const std::uint64_t count = confusion.at(truth, answer);
  std::uint64_t row = 0;
  for (std::size_t at = 0; at <= silent; ++at) row += confusion.at(truth, at);
  const double share = row == 0 ? 0 : static_cast<double>(count) / static_cast<double>(row);
  const std::string what = answer == silent ? "no label" : confusion.labels[answer];
  const std::string title =
      plain(count_words(count, "case", "cases") + " of " + confusion.labels[truth] + " called " + what, 300);
  std::string out =
      "<g class=\"" + std::string{truth == answer ? "right" : "wrong"} + "\"><title>" + title + "</title>";
  out += rect(number(x) + "%", number(width - 0.8) + "%", y, kHeight - 5, "class=\"tone\" rx=\"6\" opacity=\"") +
         number(0.07 + 0.55 * share) + "\"/>";
  return out + "<text class=\"strong\" text-anchor=\"middle\" x=\"" + number(x + width / 2) + "%\" y=\"" +
         number(y + 29) + "\">" + std::to_string(count) + "</text></g>";
}

std::string confusion_picture(const Confusion& confusion) {
  const std::size_t labels = confusion.labels.size();
  const std::size_t columns = labels + 1;
  constexpr double kLeft = 26;
  constexpr double kTop = 26;
  const double width = (100 - kLeft) / static_cast<double>(columns);
  std::string out =
      "<svg class=\"figure\" role=\"img\" aria-label=\"Confusion matrix: rows are true labels, columns are answers\" "
      "height=\"" +
      number(kTop + 52 * static_cast<double>(labels)) + "\">";
  const std::size_t letters = columns <= 3 ? 14 : (columns <= 5 ? 9 : 4);
  for (std::size_t answer = 0; answer < columns; ++answer) {
    const std::string name = answer == labels ? "none" : confusion.labels[answer];
    out += "<text text-anchor=\"middle\" x=\"" + number(kLeft + width * (static_cast<double>(answer) + 0.5)) +
           "%\" y=\"14\">" + plain(shortened(name, letters)) + "</text>";
  }
  for (std::size_t truth = 0; truth < labels; ++truth) {
    const double y = kTop + 52 * static_cast<double>(truth);
    const std::string& name = confusion.labels[truth];
    out += "<text x=\"0\" y=\"" + number(y + 28) + "\">" + plain(shortened(name, 12)) + "</text>";
    for (std::size_t answer = 0; answer < columns; ++answer) {
      out += cell(confusion, truth, answer, kLeft + width * static_cast<double>(answer), width, y);
    }
  }
  return out + "</svg>";
}

std::string score(std::string_view metric, const ModelMetrics& model) {
  constexpr double kConfidence = 0.95;
  const auto estimate = estimate_metric(metric, model, kConfidence);
  std::string out = "<div><dt>" + std::string{metric} + "</dt><dd>";
  if (!estimate || !estimate->value) return out + "–</dd></div>";
  out += metric_text(metric, *estimate->value) + "<small>";
  return out + metric_text(metric, estimate->two_sided[0]) + " to " + metric_text(metric, estimate->two_sided[1]) +
         "</small></dd></div>";
}

// ---- latency

std::string histogram(const ModelMetrics& model) {
  constexpr double kHeight = 124;
  constexpr double kTop = 20;  // room for the names of the marks
  const std::vector<stats::Bin> bins = stats::log_histogram(model.latencies, 32);
  std::size_t most = 1;
  for (const stats::Bin& bin : bins) most = std::max(most, bin.count);
  const double width = 100.0 / static_cast<double>(bins.size());
  std::string out =
      "<svg class=\"figure asked\" role=\"img\" aria-label=\"Histogram of latencies on a logarithmic axis\" "
      "height=\"166\">";
  for (std::size_t at = 0; at < bins.size(); ++at) {
    const double height = kHeight * static_cast<double>(bins[at].count) / static_cast<double>(most);
    const auto ns = [](double value) { return human_duration(static_cast<std::int64_t>(value)); };
    out +=
        rect(number(width * static_cast<double>(at)) + "%", number(width * 0.86) + "%", kTop + kHeight - height, height,
             "class=\"tone\" opacity=\".75\" rx=\"2\"><title>") +
        plain(ns(bins[at].low) + " to " + ns(bins[at].high) + ": " + count_words(bins[at].count, "answer", "answers")) +
        "</title></rect>";
  }
  const double first = std::log(bins.front().low);
  const double span = std::log(bins.back().high) - first;
  for (const auto& [metric, name] : {std::pair{"latency.p50", "p50"}, {"latency.p99", "p99"}}) {
    const auto estimate = estimate_metric(metric, model, 0.95);
    if (!estimate->value || span <= 0) continue;
    const double x = std::clamp((std::log(*estimate->value * 1e9) - first) / span * 100, 0.0, 100.0);
    out += "<line class=\"rule\" x1=\"" + number(x) + "%\" x2=\"" + number(x) + "%\" y1=\"0\" y2=\"" +
           number(kHeight + kTop) + "\"/>";
    out += "<text text-anchor=\"" + std::string{x > 50 ? "end" : "start"} + "\" dx=\"" + (x > 50 ? "-5" : "5") +
           "\" x=\"" + number(x) + "%\" y=\"12\">" + name + "</text>";
  }
  out += "<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"145\" y2=\"145\"/>";
  out += "<text x=\"0\" y=\"162\">" + plain(human_duration(model.latencies.front())) + "</text>";
  return out + "<text x=\"100%\" y=\"162\" text-anchor=\"end\">" + plain(human_duration(model.latencies.back())) +
         "</text></svg>";
}

std::string quantile_number(std::string_view metric, const ModelMetrics& model) {
  const auto estimate = estimate_metric(metric, model, 0.95);
  std::string out = "<div><dt>" + std::string{metric.substr(8)} + "</dt><dd>";
  out += (estimate->value ? metric_text(metric, *estimate->value) : "no answer") + "<small>";
  out += std::isfinite(estimate->two_sided[1])
             ? metric_text(metric, estimate->two_sided[0]) + " to " + metric_text(metric, estimate->two_sided[1])
             : "too few cases to bound";
  return out + "</small></dd></div>";
}

// ---- the course of the run

enum class Fate { right, wrong, failed, heldback, lost };
constexpr std::array<std::string_view, 5> kFateStyles{"right", "wrong", "failed", "heldback", "lost"};
constexpr std::array<std::string_view, 5> kFateWords{"answered rightly", "answered wrongly", "no usable answer",
                                                     "held back after containment", "lost to the harness"};

Fate fate_of(const CaseResult& result, bool labelled) {
  if (result.end == CaseEnd::answered)
    return !labelled || result.expected == result.answered ? Fate::right : Fate::wrong;
  if (result.end == CaseEnd::held) return Fate::heldback;
  return result.end == CaseEnd::harness_error ? Fate::lost : Fate::failed;
}

using Column = std::array<std::size_t, kFateStyles.size()>;

std::string cases_picture(const std::vector<const CaseResult*>& cases, bool labelled) {
  constexpr double kHeight = 48;
  const std::size_t columns = std::min(kColumns, cases.size());
  std::vector<Column> counts(columns);
  for (std::size_t at = 0; at < cases.size(); ++at)
    ++counts[at * columns / cases.size()][static_cast<std::size_t>(fate_of(*cases[at], labelled))];
  const double width = 100.0 / static_cast<double>(columns);
  std::string out =
      "<svg class=\"figure\" role=\"img\" aria-label=\"How the cases ended, in the order they were asked\" "
      "height=\"70\">";
  for (std::size_t at = 0; at < columns; ++at) {
    std::size_t all = 0;
    for (const std::size_t count : counts[at]) all += count;
    double y = 0;
    for (std::size_t fate = 0; fate < kFateStyles.size(); ++fate) {
      if (counts[at][fate] == 0) continue;
      const double height = kHeight * static_cast<double>(counts[at][fate]) / static_cast<double>(all);
      out += "<g class=\"" + std::string{kFateStyles[fate]} + "\">" +
             rect(number(width * static_cast<double>(at)) + "%", number(width * 0.88) + "%", y, height,
                  "class=\"tone calm\"/></g>");
      y += height;
    }
  }
  out += "<text x=\"0\" y=\"66\">first case</text><text x=\"100%\" y=\"66\" text-anchor=\"end\">last case</text></svg>";
  return out;
}

std::string fate_legend(const std::vector<CaseResult>& cases, bool labelled) {
  Column counts{};
  for (const CaseResult& result : cases) ++counts[static_cast<std::size_t>(fate_of(result, labelled))];
  std::string out = "<ul class=\"legend\">";
  for (std::size_t fate = 0; fate < counts.size(); ++fate) {
    if (counts[fate] == 0) continue;
    const std::string words{fate == 0 && !labelled ? "answered" : kFateWords[fate]};
    out += "<li class=\"" + std::string{kFateStyles[fate]} + "\"><i></i>" + std::to_string(counts[fate]) + " " + words +
           "</li>";
  }
  return out + "</ul>";
}

std::string findings_picture(const View& view) {
  const std::vector<Finding>& findings = view.input.verdict.findings;
  std::int64_t end = std::max<std::int64_t>(1, view.input.measurements.drive_ns);
  for (const Finding& finding : findings) end = std::max(end, finding.first_ns);
  std::string out = "<svg class=\"figure\" role=\"img\" aria-label=\"When each finding was first seen\" height=\"66\">";
  out += "<line class=\"axis\" x1=\"0\" x2=\"100%\" y1=\"28\" y2=\"28\" stroke-width=\"2\"/>";
  for (std::size_t at = 0; at < std::min(findings.size(), kFindingMarks); ++at) {
    const Finding& finding = findings[at];
    const double x =
        1.5 + 97 * static_cast<double>(std::max<std::int64_t>(0, finding.first_ns)) / static_cast<double>(end);
    const std::string title =
        plain(finding.id + " " + finding.kind + " " + finding.rule + " at " + human_duration(finding.first_ns), 200);
    out += "<g class=\"" + std::string{severity_style(finding.severity)} + "\"><title>" + title + "</title>";
    if (finding.contained) {
      out += "<line class=\"hair\" x1=\"" + number(x) + "%\" x2=\"" + number(x) + "%\" y1=\"4\" y2=\"48\"/>";
      out += "<text text-anchor=\"" + std::string{x > 50 ? "end" : "start"} + "\" dx=\"" + (x > 50 ? "-10" : "10") +
             "\" x=\"" + number(x) + "%\" y=\"14\">contained</text>";
    }
    out += "<circle class=\"tone\" cx=\"" + number(x) + "%\" cy=\"28\" r=\"" + (finding.contained ? "7" : "5") +
           "\"/></g>";
  }
  out += "<text x=\"0\" y=\"62\">0 s</text><text x=\"100%\" y=\"62\" text-anchor=\"end\">" +
         plain(human_duration(end)) + "</text></svg>";
  return out;
}

}  // namespace

std::string confusion_section(const View& view) {
  if (!view.metrics.labelled) return "";
  std::string body;
  std::size_t shown = 0;
  for (const ModelMetrics& model : view.metrics.models) {
    if (model.right.trials == 0 || ++shown > kModelsShown) continue;
    body += model_title(view, model.model);
    if (model.confusion.labels.size() <= kLabelsShown) {
      body += confusion_picture(model.confusion);
    } else {
      body += "<p class=\"lead\">" + count_words(model.confusion.labels.size(), "label", "labels") +
              ": too many to draw; report.json has the table.</p>";
    }
    body += "<dl class=\"numbers\">";
    for (const std::string_view metric : {"accuracy", "precision", "recall", "f1"}) body += score(metric, model);
    body += "</dl>";
  }
  if (body.empty()) return "";
  const std::string& positive = view.input.measurements.positive;
  std::string lead = "Rows: what it was. Columns: what the model said.";
  if (!positive.empty()) lead += " Precision and recall are of “" + plain(positive, 60) + "”.";
  return card("Answers", lead + " Small figures: two-sided 95 % intervals.", body);
}

std::string latency_section(const View& view) {
  std::string body;
  std::size_t shown = 0;
  for (const ModelMetrics& model : view.metrics.models) {
    if (model.latencies.empty() || ++shown > kModelsShown) continue;
    body += model_title(view, model.model) + histogram(model) + "<dl class=\"numbers\">";
    for (const std::string_view metric : {"latency.p50", "latency.p90", "latency.p95", "latency.p99"})
      body += quantile_number(metric, model);
    body += "</dl>";
  }
  if (body.empty()) return "";
  std::string lead = "From question to answer, on a logarithmic axis.";
  if (view.metrics.throughput)
    lead += " " + metric_text("throughput", *view.metrics.throughput) + " over the whole run.";
  return card("Latency", lead, body);
}

std::string timeline_section(const View& view) {
  const std::vector<CaseResult>& cases = view.input.measurements.cases;
  if (cases.empty() && view.input.verdict.findings.empty()) return "";
  std::string body;
  std::map<std::string_view, std::vector<const CaseResult*>> by_model;
  for (const CaseResult& result : cases) by_model[result.model].push_back(&result);
  std::size_t shown = 0;
  for (const ModelMetrics& model : view.metrics.models) {
    const auto own = by_model.find(model.model);
    if (own == by_model.end() || ++shown > kModelsShown) continue;
    body += model_title(view, model.model) + cases_picture(own->second, view.metrics.labelled);
  }
  if (!cases.empty()) body += fate_legend(cases, view.metrics.labelled);
  if (!view.input.verdict.findings.empty()) body += "<h3>Findings, by time</h3>" + findings_picture(view);
  return card("The course of the run", "", body);
}

}  // namespace belljar::govern
