// Gates as intervals against their thresholds. Each picture is one strip whose x runs in percent, so that it fits any
// width without its strokes or words being scaled.
#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "govern/estimates.h"
#include "govern/report_parts.h"

namespace belljar::govern {

namespace {

using spec::GateResult;

struct Axis {
  double low = 0;
  double high = 1;

  std::string at(double value) const { return percent_of(std::isfinite(value) ? value - low : high - low, high - low); }
  std::string width(double from, double to) const {
    const double end = std::isfinite(to) ? std::min(to, high) : high;
    return percent_of(end - std::max(from, low), high - low);
  }
};

// What must be seen: the threshold, the value and what is sure about it, with air on both sides.
Axis axis_of(const GateResult& gate, const GateAssessment& told) {
  double low = gate.threshold;
  double high = gate.threshold;
  const auto include = [&](double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  };
  if (gate.value) include(*gate.value);
  if (gate.interval) {
    include((*gate.interval)[0]);
    include((*gate.interval)[1]);
  }
  if (told.range) {
    include(told.range->low);
    include(told.range->high);
  }
  if (!is_proportion(gate.metric)) return {0, high > 0 ? high * 1.2 : 1};
  // Round ends, in steps that suit the width of what is shown.
  const double step = high - low > 0.2 ? 0.1 : (high - low > 0.04 ? 0.02 : 0.005);
  return {std::max(0.0, std::floor(low / step - 0.5) * step), std::min(1.0, std::ceil(high / step + 0.5) * step)};
}

std::string bar(const Axis& axis, double from, double to, int y, int height, std::string_view style) {
  return "<rect class=\"" + std::string{style} + "\" x=\"" + axis.at(from) + "\" width=\"" + axis.width(from, to) +
         "\" y=\"" + std::to_string(y) + "\" height=\"" + std::to_string(height) + "\" rx=\"3\"/>";
}

std::string spoken(const GateResult& gate, const GateAssessment& told) {
  std::string out = gate.name + ": ";
  out += gate.value ? metric_text(gate.metric, *gate.value) : "no value";
  if (told.range) {
    out += ", surely from " + metric_text(gate.metric, told.range->low) + " to " +
           metric_text(gate.metric, told.range->high);
  }
  return out + ", " + std::string{spec::decision_name(gate.decision)};
}

std::string strip(const GateResult& gate, const GateAssessment& told) {
  const Axis axis = axis_of(gate, told);
  const bool least = told.bound == spec::GateBound::at_least;
  const std::string label = plain(spoken(gate, told), 400);
  std::string out = "<svg class=\"strip\" role=\"img\" aria-label=\"" + label + "\"><title>" + label + "</title>";
  out += "<rect class=\"track\" x=\"0\" y=\"13\" width=\"100%\" height=\"8\" rx=\"4\"/>";
  out += bar(axis, least ? gate.threshold : axis.low, least ? axis.high : gate.threshold, 13, 8, "good");
  if (gate.interval) {
    out += "<line class=\"hair\" x1=\"" + axis.at((*gate.interval)[0]) + "\" x2=\"" + axis.at((*gate.interval)[1]) +
           "\" y1=\"17\" y2=\"17\"/>";
  }
  if (told.range) out += bar(axis, told.range->low, told.range->high, 10, 14, "thick");
  if (gate.value) out += "<circle class=\"tone\" cx=\"" + axis.at(*gate.value) + "\" cy=\"17\" r=\"5\"/>";
  out += "<line class=\"rule\" x1=\"" + axis.at(gate.threshold) + "\" x2=\"" + axis.at(gate.threshold) +
         "\" y1=\"2\" y2=\"32\"/></svg>";
  return out + "<div class=\"ends\" aria-hidden=\"true\"><span>" + plain(metric_text(gate.metric, axis.low)) +
         "</span><span>" + plain(metric_text(gate.metric, axis.high)) + "</span></div>";
}

std::string gate_row(const GateResult& gate, const GateAssessment& told) {
  const std::string decision{spec::decision_name(gate.decision)};
  return "<li class=\"gate " + decision + "\"><div class=\"head\"><span class=\"pill\">" + decision +
         "</span><span class=\"name\">" + plain(gate.name) + "</span></div><div>" + strip(gate, told) +
         "</div><p class=\"why\">" + plain(gate.reason, 600) + "</p></li>";
}

constexpr std::string_view kLegend =
    "<ul class=\"legend\"><li>Dashed line: the threshold; the green side of it is asked for.</li><li>Dot: what was "
    "measured.</li>"
    "<li>Band: where the true value surely lies; a gate passes when the whole band is on the green side, and fails "
    "when none "
    "of it is. Each end holds at the gate's confidence.</li><li>Hairline: the two-sided interval.</li></ul>";

}  // namespace

std::string gates_section(const View& view) {
  const std::vector<GateResult>& gates = view.input.verdict.gates;
  if (gates.empty()) {
    return card("Gates", "No gate was decided: the scenario asks for none, or the run ended before its judgement.", "");
  }
  std::string rows = "<ol class=\"gates\">";
  for (std::size_t at = 0; at < gates.size(); ++at) rows += gate_row(gates[at], view.gates[at]);
  return card("Gates", "What had to hold, what was measured, and how sure that is.",
              rows + "</ol>" + std::string{kLegend});
}

}  // namespace belljar::govern
