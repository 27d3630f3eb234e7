// What passed between the models of a composition: the picture of the links, the growth of its loops, the vote, the
// faults that struck. Pictures draw a bounded number of marks, whatever the size of the composition.
#include <algorithm>
#include <cmath>
#include <map>

#include "govern/report_parts.h"

namespace belljar::govern {

namespace {

using spec::GainCurve;
using spec::GainPoint;
using spec::LinkRun;

constexpr std::size_t kNodesDrawn = 16;
constexpr std::size_t kLinksDrawn = 40;
constexpr std::size_t kLinksListed = 200;
constexpr std::size_t kCurvesDrawn = 6;
constexpr std::size_t kRoundsDrawn = 64;
constexpr double kWidth = 800;

// ---- the picture of the links

struct Place {
  double x = 0;
  double y = 0;
  std::size_t depth = 0;
};
using Places = std::map<std::string, Place, std::less<>>;

// How many links a model is away from the workload; what no link leads to stands with the first models.
std::map<std::string, std::size_t, std::less<>> depths(const std::vector<LinkRun>& links) {
  std::map<std::string, std::size_t, std::less<>> depth{{"workload", 0}};
  bool more = true;
  while (more) {
    more = false;
    for (const LinkRun& link : links) {
      const auto from = depth.find(link.from);
      if (from != depth.end()) more = depth.emplace(link.to, from->second + 1).second || more;
    }
  }
  for (const LinkRun& link : links) {
    depth.emplace(link.from, 1);
    depth.emplace(link.to, 1);
  }
  return depth;
}

Places places(const std::vector<LinkRun>& links, double height) {
  std::map<std::size_t, std::vector<std::string>> columns;
  for (const auto& [name, depth] : depths(links)) columns[depth].push_back(name);
  Places placed;
  const double step = (kWidth - 160) / static_cast<double>(std::max<std::size_t>(columns.rbegin()->first, 1));
  for (const auto& [depth, names] : columns) {
    for (std::size_t row = 0; row < names.size(); ++row) {
      const double share = (static_cast<double>(row) + 0.5) / static_cast<double>(names.size());
      placed[names[row]] = {80 + step * static_cast<double>(depth), height * share, depth};
    }
  }
  return placed;
}

std::string node(const std::string& name, const Place& at) {
  const bool workload = name == "workload";
  return "<g class=\"" + std::string{workload ? "low" : "asked"} + "\"><rect class=\"track\" x=\"" + number(at.x - 78) +
         "\" y=\"" + number(at.y - 19) +
         "\" width=\"156\" height=\"38\" rx=\"10\"/><text class=\"strong\" text-anchor=\"middle\" x=\"" + number(at.x) +
         "\" y=\"" + number(at.y + 5) + "\">" + plain(shortened(name, 15)) + "</text></g>";
}

// Forward links run straight between the boxes, backward ones below them, so that a loop looks like one.
std::string edge(const LinkRun& link, const Place& from, const Place& to, double most, std::size_t again) {
  const bool forward = to.depth > from.depth;
  const double bend = forward ? 0 : 74;
  const double x1 = from.x + (forward ? 78 : 0);
  const double x2 = to.x - (forward ? 78 : 0);
  const double y1 = from.y + (forward ? 0 : 19);
  const double y2 = to.y + (forward ? 0 : 19);
  const double middle = (x1 + x2) / 2;
  const std::string style = link.refused > 0 ? "fail" : (link.faulted + link.lost > 0 ? "inconclusive" : "pass");
  const double thick = 1.5 + 5 * static_cast<double>(link.requests) / std::max(most, 1.0);
  std::string out = "<g class=\"" + style + "\"><title>" +
                    plain(link.from + " to " + link.to + ": " + count_words(link.requests, "request", "requests") +
                          ", " + count_words(link.answers, "answer", "answers") + ", " + std::to_string(link.refused) +
                          " refused, " + std::to_string(link.lost) + " without an answer") +
                    "</title><path class=\"hair\" fill=\"none\" opacity=\".55\" style=\"stroke-width:" + number(thick) +
                    "\" d=\"M" + number(x1) + " " + number(y1) + "C" + number(forward ? middle : x1) + " " +
                    number(y1 + bend) + " " + number(forward ? middle : x2) + " " + number(y2 + bend) + " " +
                    number(x2) + " " + number(y2) + "\"/>";
  const double y = (y1 + y2) / 2 + (forward ? -6 : 70) + 16 * static_cast<double>(again);
  // A rim in the colour of the card keeps the words readable where a line runs behind them.
  out += "<text style=\"paint-order:stroke;stroke:var(--card);stroke-width:5px\" text-anchor=\"middle\" x=\"" +
         number(middle) + "\" y=\"" + number(y) + "\">" + std::to_string(link.requests) + " → " +
         std::to_string(link.answers) + " ←";
  if (link.refused > 0) out += ", " + std::to_string(link.refused) + " refused";
  return out + "</text></g>";
}

std::string flow_picture(const std::vector<LinkRun>& links) {
  const auto depth = depths(links);
  if (links.size() > kLinksDrawn || depth.size() > kNodesDrawn) return "";
  std::map<std::size_t, std::size_t> rows;
  std::size_t tallest = 1;
  for (const auto& [name, at] : depth) tallest = std::max(tallest, ++rows[at]);
  const bool loops = std::any_of(links.begin(), links.end(), [&](const LinkRun& link) {
    return depth.find(link.to)->second <= depth.find(link.from)->second;
  });
  const double height = std::max(110.0, 92 * static_cast<double>(tallest));
  const Places placed = places(links, height);
  double most = 0;
  for (const LinkRun& link : links) most = std::max(most, static_cast<double>(link.requests));
  std::string out =
      "<svg class=\"figure\" role=\"img\" aria-label=\"Requests and answers on each link\" viewBox=\"0 0 " +
      number(kWidth) + " " + number(height + (loops ? 80 : 0)) + "\">";
  std::map<std::pair<std::string, std::string>, std::size_t> drawn;
  for (const LinkRun& link : links) {
    const std::size_t again = drawn[{link.from, link.to}]++;
    out += edge(link, placed.at(link.from), placed.at(link.to), most, again);
  }
  for (const auto& [name, place] : placed) out += node(name, place);
  return out + "</svg>";
}

std::string links_table(const std::vector<LinkRun>& links) {
  std::string out = "<div class=\"scroll\"><table>" +
                    table_head({"from", "to", "#requests", "#answers", "#refused", "#held", "#faulted", "#no answer",
                                "#asked again", "#tokens"}) +
                    "<tbody>";
  for (std::size_t at = 0; at < std::min(links.size(), kLinksListed); ++at) {
    const LinkRun& link = links[at];
    out += "<tr><td>" + untrusted(link.from, 60) + "</td><td>" + untrusted(link.to, 60) + "</td>";
    for (const std::uint64_t count :
         {link.requests, link.answers, link.refused, link.held, link.faulted, link.lost, link.retried, link.tokens}) {
      out += "<td class=\"n\">" + std::to_string(count) + "</td>";
    }
    out += "</tr>";
  }
  return out + "</tbody></table></div>";
}

// ---- the growth of loops

double gain_at(const std::vector<GainPoint>& points, std::size_t at) {
  const std::uint64_t before = points[at - 1].tokens;
  return before == 0 ? 0 : static_cast<double>(points[at].tokens) / static_cast<double>(before);
}

// "1.50": two decimals.
std::string times(double gain) {
  const auto hundredths = std::lround(std::clamp(gain, 0.0, 1e9) * 100);
  const std::string rest = std::to_string(hundredths % 100);
  return std::to_string(hundredths / 100) + "." + (rest.size() < 2 ? "0" : "") + rest;
}

// Tokens of each round; above each mark how many times the round before it was.
std::string gain_picture(const GainCurve& curve, double limit) {
  constexpr double kHeight = 190;
  constexpr double kTop = 34;
  const std::size_t count = std::min(curve.points.size(), kRoundsDrawn);
  double most = 1;
  for (std::size_t at = 0; at < count; ++at) most = std::max(most, static_cast<double>(curve.points[at].tokens));
  const double step = (kWidth - 90) / static_cast<double>(std::max<std::size_t>(count - 1, 1));
  const auto x = [&](std::size_t at) { return 45 + step * static_cast<double>(at); };
  const auto y = [&](std::size_t at) {
    return kTop + (kHeight - kTop) * (1 - static_cast<double>(curve.points[at].tokens) / most);
  };
  std::string line;
  std::string marks;
  for (std::size_t at = 0; at < count; ++at) {
    line += (at == 0 ? "M" : "L") + number(x(at)) + " " + number(y(at));
    const bool above = at > 0 && gain_at(curve.points, at) > limit;
    marks += "<g class=\"" + std::string{above ? "fail" : "asked"} + "\"><circle class=\"tone\" r=\"4.500\" cx=\"" +
             number(x(at)) + "\" cy=\"" + number(y(at)) + "\"><title>" +
             plain("round " + std::to_string(curve.points[at].round) + ": " +
                   count_words(curve.points[at].messages, "message", "messages") + ", " +
                   count_words(curve.points[at].tokens, "token", "tokens")) +
             "</title></circle>";
    if (count <= 20) {
      marks += "<text text-anchor=\"middle\" x=\"" + number(x(at)) + "\" y=\"" + number(kHeight + 20) + "\">" +
               std::to_string(curve.points[at].round) + "</text>";
      if (at > 0) {
        marks += "<text class=\"strong\" text-anchor=\"middle\" x=\"" + number(x(at)) + "\" y=\"" + number(y(at) - 12) +
                 "\">×" + times(gain_at(curve.points, at)) + "</text>";
      }
    }
    marks += "</g>";
  }
  return "<svg class=\"figure\" role=\"img\" aria-label=\"Tokens sent in each round of the loop\" viewBox=\"0 0 " +
         number(kWidth) + " 218\"><line class=\"axis\" x1=\"30\" x2=\"" + number(kWidth - 30) + "\" y1=\"" +
         number(kHeight) + "\" y2=\"" + number(kHeight) + "\"/><path class=\"hair\" fill=\"none\" d=\"" + line +
         "\"/>" + marks + "</svg>";
}

std::string gains(const View& view) {
  const double limit = view.input.scenario.amplification.gain;
  std::string out;
  const std::vector<GainCurve>& curves = view.input.measurements.gains;
  for (std::size_t at = 0; at < std::min(curves.size(), kCurvesDrawn); ++at) {
    if (curves[at].points.empty()) continue;
    out += "<h3>" + untrusted(curves[at].from, 60) + " to " + untrusted(curves[at].to, 60) + "</h3>" +
           gain_picture(curves[at], limit);
  }
  if (out.empty()) return "";
  return card(
      "Gain of the loops",
      "Tokens sent in each round, and how many times the round before. A loop whose gain stays above 1 ends only "
      "by what stops it.",
      out);
}

// ---- votes and faults

std::string share_bar(const spec::VoteRun& vote) {
  const auto all = static_cast<double>(vote.with_result + vote.against + vote.absent);
  std::string out = "<svg width=\"100%\" height=\"12\" aria-hidden=\"true\">";
  double left = 0;
  const std::pair<std::string_view, std::uint64_t> parts[] = {
      {"pass", vote.with_result}, {"fail", vote.against}, {"inconclusive", vote.absent}};
  for (const auto& [style, count] : parts) {
    const auto part = static_cast<double>(count);
    out += "<g class=\"" + std::string{style} + "\"><rect class=\"tone\" y=\"1\" height=\"10\" x=\"" +
           percent_of(left, all) + "\" width=\"" + percent_of(part, all) + "\"/></g>";
    left += part;
  }
  return out + "</svg>";
}

std::string votes(const View& view) {
  const std::vector<spec::VoteRun>& all = view.input.measurements.votes;
  if (all.empty()) return "";
  std::string out = "<div class=\"scroll\"><table>" +
                    table_head({"model", "with the result, against it, absent", "#with", "#against", "#absent"}) +
                    "<tbody>";
  for (const spec::VoteRun& vote : all) {
    out += "<tr><td>" + untrusted(vote.model, 60) + "</td><td style=\"width:45%\">" + share_bar(vote) +
           "</td><td class=\"n\">" + std::to_string(vote.with_result) + "</td><td class=\"n\">" +
           std::to_string(vote.against) + "</td><td class=\"n\">" + std::to_string(vote.absent) + "</td></tr>";
  }
  return card("The vote", "How often each model was with the result of the panel.", out + "</tbody></table></div>");
}

std::string faults(const View& view) {
  const std::vector<spec::FaultRun>& all = view.input.measurements.faults;
  if (all.empty()) return "";
  std::string out = "<div class=\"scroll\"><table>" + table_head({"fault", "where", "#messages struck"}) + "<tbody>";
  for (const spec::FaultRun& fault : all) {
    out += "<tr><td class=\"inconclusive\"><span class=\"pill\">" + plain(fault.kind, 40) + "</span></td><td>" +
           untrusted(fault.where, 120) + "</td><td class=\"n\">" + std::to_string(fault.struck) + "</td></tr>";
  }
  return card("Faults", "Put in by the scenario, seeded, each one in the record.", out + "</tbody></table></div>");
}

}  // namespace

std::string composition_section(const View& view) {
  const spec::Measurements& measured = view.input.measurements;
  if (!measured.composed || measured.links.empty()) return "";
  const std::string lead = count_words(measured.messages, "message", "messages") + " on the " +
                           plain(measured.clock, 20) + " clock. On each link: requests →, answers ←.";
  return card("Between the models", lead, flow_picture(measured.links) + links_table(measured.links)) + gains(view) +
         votes(view) + faults(view);
}

}  // namespace belljar::govern
