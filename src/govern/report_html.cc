// The page: header, gates, pictures, tables, record. One file without script, whose content security policy allows
// nothing but its own style sheet.
#include <algorithm>

#include "base/text.h"
#include "govern/judge.h"
#include "govern/report_parts.h"

namespace belljar::govern {

namespace {

using spec::Outcome;

struct Words {
  std::string_view style;
  std::string_view title;  // in the page's title
  std::string_view head;   // the large words; the important one in <b>
};

Words words_of(const spec::Verdict& verdict) {
  if (verdict.contained) return {"contained", "contained", "It was <b>caught and contained</b>"};
  switch (verdict.outcome) {
    case Outcome::pass:
      return {"pass", "passed", "It <b>passed</b>"};
    case Outcome::fail:
      return {"fail", "failed", "It <b>failed</b>"};
    case Outcome::inconclusive:
      return {"inconclusive", "inconclusive", "The cases <b>do not tell</b>"};
    case Outcome::error:
      break;
  }
  return {"error", "no verdict", "The run <b>broke off</b>"};
}

// A bell jar; what is under it shows the verdict by more than its colour.
std::string jar(std::string_view style) {
  std::string_view sign = "<path d=\"M34 66l9 9 16-19\"/>";
  if (style == "fail" || style == "error") sign = "<path d=\"M37 57l18 18M55 57l-18 18\"/>";
  if (style == "inconclusive")
    sign = "<path d=\"M39 58a7.500 7.500 0 1 1 10.500 7c-2.500 1-3.500 2.500-3.500 5v1M46 78v.5\"/>";
  if (style == "contained")
    sign = "<rect x=\"37\" y=\"63\" width=\"18\" height=\"14\" rx=\"2\"/><path d=\"M41 63v-4a5 5 0 0 1 10 0v4\"/>";
  return "<svg class=\"jar\" viewBox=\"0 0 92 104\" aria-hidden=\"true\" fill=\"none\" stroke=\"currentColor\" "
         "stroke-width=\"2.500\" "
         "stroke-linecap=\"round\" stroke-linejoin=\"round\"><circle cx=\"46\" cy=\"9\" r=\"5\"/><path d=\"M46 14v4\"/>"
         "<path d=\"M18 88V46a28 28 0 0 1 56 0v42\"/><path d=\"M26 50a20 20 0 0 1 10-18\" opacity=\".4\"/>"
         "<path d=\"M8 88h76M14 96h64\"/><g style=\"stroke:var(--tone)\" stroke-width=\"4.500\">" +
         std::string{sign} + "</g></svg>";
}

std::string fact(std::string_view name, const std::string& value) {
  return "<div><dt>" + std::string{name} + "</dt><dd>" + value + "</dd></div>";
}

// Without the first word, which the large words say.
std::string sentence(const spec::Verdict& verdict) {
  const std::string all = verdict_sentence(verdict);
  const std::size_t colon = all.find(": ");
  std::string out = colon == std::string::npos ? all : all.substr(colon + 2);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z' && !verdict.contained)
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::string models_text(const View& view) {
  std::string out;
  constexpr std::size_t kShown = 4;
  const std::vector<spec::ModelSpec>& models = view.input.scenario.models;
  for (std::size_t at = 0; at < std::min(models.size(), kShown); ++at) {
    out += (at == 0 ? "" : ", ") + untrusted(models[at].name, 60) + " <span class=\"soft\">(" +
           plain(models[at].tier, 20) + ", " + plain(models[at].profile, 40) + ")</span>";
  }
  if (models.size() > kShown) out += " and " + std::to_string(models.size() - kShown) + " more";
  return out.empty() ? "–" : out;
}

// "2026-11-21T07:15:10Z" broken only where a person would break it; anything else as it is.
std::string moment(const std::string& time) {
  if (time.empty()) return "–";
  const bool as_we_write_it = time.size() == 20 && time[10] == 'T' && time[19] == 'Z' &&
                              time.find_first_not_of("0123456789-:TZ") == std::string::npos;
  if (!as_we_write_it) return plain(time, 40);
  return "<span class=\"nb\">" + time.substr(0, 10) + "</span> <span class=\"nb\">" + time.substr(11, 8) +
         " UTC</span>";
}

std::string header(const View& view) {
  const spec::Verdict& verdict = view.input.verdict;
  const Words words = words_of(verdict);
  std::string out = "<header class=\"card " + std::string{words.style} + "\">" + jar(words.style);
  out +=
      "<h1><span class=\"kicker\">" + untrusted(verdict.scenario, 120) + "</span>" + std::string{words.head} + "</h1>";
  out += "<p class=\"says\">" + untrusted(sentence(verdict), 1200) + "</p><dl class=\"facts\">";
  out += fact("model", models_text(view));
  out += fact("cases", std::to_string(view.metrics.ends.all()));
  out += fact("findings", std::to_string(verdict.findings.size()));
  out += fact("driven for", plain(human_duration(view.input.measurements.drive_ns)));
  out += fact("started", moment(view.input.started));
  out += fact("seed", std::to_string(verdict.seed));
  out += fact("exit code", std::to_string(verdict.exit_code));
  out += "<div class=\"wide\"><dt>run</dt><dd class=\"mono\">" + untrusted(verdict.run, 80) + "</dd></div>";
  return out + "</dl></header>\n";
}

// The assessments as the verdict decided them. A verdict that was decided elsewhere keeps its own numbers.
std::vector<GateAssessment> assess_all(const ReportInput& input, const Metrics& metrics) {
  std::vector<GateAssessment> out;
  const std::vector<spec::GateSpec>& asked = input.scenario.gates;
  for (std::size_t at = 0; at < input.verdict.gates.size(); ++at) {
    const spec::GateResult& decided = input.verdict.gates[at];
    GateAssessment told{decided, std::nullopt, spec::GateBound::at_least};
    if (at < asked.size() && asked[at].metric == decided.metric) {
      told.bound = asked[at].bound;
      const GateAssessment again = assess(asked[at], metrics);
      if (again.result.n == decided.n) told.range = again.range;
    }
    out.push_back(std::move(told));
  }
  return out;
}

std::string pair_of(const std::string& left, const std::string& right) {
  return left.empty() && right.empty() ? "" : "<div class=\"pair\">" + left + right + "</div>\n";
}

}  // namespace

std::string render_html(const ReportInput& input) {
  View view{input, measure(input.scenario, input.measurements), {}};
  view.gates = assess_all(input, view.metrics);
  const Words words = words_of(input.verdict);
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
  out +=
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" "
      "content=\"light dark\">\n";
  out += "<meta name=\"referrer\" content=\"no-referrer\">\n<title>" + plain(input.verdict.scenario, 80) + ": " +
         std::string{words.title} + "</title>\n<style>" + std::string{report_style()} +
         "</style>\n</head>\n<body>\n<main>\n";
  out += header(view);
  if (input.verdict.contained) out += story_section(view) + findings_section(view);
  out += gates_section(view);
  out += pair_of(confusion_section(view), latency_section(view));
  out += composition_section(view);
  out += timeline_section(view);
  if (!input.verdict.contained) out += findings_section(view) + story_section(view);
  out += walls_section(view);
  out += pair_of(resources_section(view), sandboxes_section(view));
  out += errors_section(view);
  out += record_section(view);
  out += "<footer>Written by belljar " + plain(input.engine_version, 40) +
         ". Everything a model said is shown as text, cut and escaped.</footer>\n";
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace belljar::govern
