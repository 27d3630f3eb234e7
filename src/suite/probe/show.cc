// How results and the catalogue are shown to people and machines.
#include <string>

#include "base/text.h"
#include "suite/probe/run.h"

namespace belljar::suite {

namespace {

std::string padded(std::string_view text, std::size_t width) {
  std::string cell{text.substr(0, width)};
  cell.resize(width, ' ');
  return cell;
}

std::string totals_line(const Totals& totals) {
  std::string line = std::to_string(totals.probes) + " probes: " + std::to_string(totals.held) + " held, " +
                     std::to_string(totals.escaped) + " escaped, " + std::to_string(totals.unsupported) +
                     " unsupported";
  if (totals.residual > 0) line += ", " + std::to_string(totals.residual) + " residual";
  if (totals.degraded > 0) line += ", " + std::to_string(totals.degraded) + " degraded";
  if (totals.inconclusive > 0) line += ", " + std::to_string(totals.inconclusive) + " inconclusive";
  return line + "; " + std::to_string(totals.sealed_with_oracle) + " ran sealed under an oracle, " +
         std::to_string(totals.controls_worked) + " controls worked, " + std::to_string(totals.controls_failed) +
         " failed\n";
}

std::string row_text(const ProbeResult& result) {
  const std::string_view shown =
      result.verdict == ProbeVerdict::residual ? result.probe->residual : std::string_view{result.held_by};
  std::string row = "  " + padded(result.probe->id, 7) + padded(result.probe->title, 23) +
                    padded(control_name(result.control), 13) + padded(verdict_name(result.verdict), 14) +
                    printable(shown, 72) + "\n";
  const bool is_good = result.verdict == ProbeVerdict::held || result.verdict == ProbeVerdict::residual;
  if (!is_good) row += "         sealed: " + printable(result.detail, 160) + "\n";
  if (result.control != ControlVerdict::worked)
    row += "         control: " + printable(result.control_reason, 160) + "\n";
  return row;
}

codec::Json result_json(const ProbeResult& result) {
  codec::Json json;
  json.set("id", result.probe->id);
  json.set("class", class_of(*result.probe));
  json.set("title", result.probe->title);
  json.set("result", verdict_name(result.verdict));
  codec::Json control;
  control.set("result", control_name(result.control));
  control.set("reason", printable(result.control_reason, 400));
  json.set("control", std::move(control));
  codec::Json sealed;
  sealed.set("result", result.effect ? "escaped" : verdict_name(result.verdict));
  sealed.set("detail", printable(result.detail, 400));
  sealed.set("held_by", printable(result.held_by, 200));
  sealed.set("events", result.events);
  json.set("sandbox", std::move(sealed));
  if (!result.probe->residual.empty()) json.set("residual", result.probe->residual);
  return json;
}

}  // namespace

std::string_view control_name(ControlVerdict verdict) {
  switch (verdict) {
    case ControlVerdict::worked:
      return "escaped";
    case ControlVerdict::unsupported:
      return "unsupported";
    case ControlVerdict::failed:
      return "failed";
  }
  return "failed";
}

std::string_view verdict_name(ProbeVerdict verdict) {
  switch (verdict) {
    case ProbeVerdict::held:
      return "held";
    case ProbeVerdict::escaped:
      return "escaped";
    case ProbeVerdict::unsupported:
      return "unsupported";
    case ProbeVerdict::residual:
      return "residual";
    case ProbeVerdict::degraded:
      return "degraded";
    case ProbeVerdict::inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

std::string matrix_text(const std::vector<ProbeResult>& results) {
  std::string text;
  for (const std::string_view name : class_names()) {
    std::string rows;
    for (const ProbeResult& result : results) {
      if (class_of(*result.probe) == name) rows += row_text(result);
    }
    if (rows.empty()) continue;
    text += std::string{name} + "\n  " + padded("id", 7) + padded("probe", 23) + padded("unprotected", 13) +
            padded("sealed", 14) + "held by\n" + rows + "\n";
  }
  return text + totals_line(total(results));
}

codec::Json results_json(const std::vector<ProbeResult>& results) {
  codec::Json probes{codec::Json::Array{}};
  for (const ProbeResult& result : results) probes.push(result_json(result));
  const Totals totals = total(results);
  codec::Json sums;
  sums.set("probes", static_cast<std::int64_t>(totals.probes));
  sums.set("sealed_with_oracle", static_cast<std::int64_t>(totals.sealed_with_oracle));
  sums.set("held", static_cast<std::int64_t>(totals.held));
  sums.set("escaped", static_cast<std::int64_t>(totals.escaped));
  sums.set("unsupported", static_cast<std::int64_t>(totals.unsupported));
  sums.set("residual", static_cast<std::int64_t>(totals.residual));
  sums.set("degraded", static_cast<std::int64_t>(totals.degraded));
  sums.set("inconclusive", static_cast<std::int64_t>(totals.inconclusive));
  sums.set("controls_worked", static_cast<std::int64_t>(totals.controls_worked));
  sums.set("controls_failed", static_cast<std::int64_t>(totals.controls_failed));
  codec::Json json;
  json.set("passed", totals.passed());
  json.set("totals", std::move(sums));
  json.set("probes", std::move(probes));
  return json;
}

std::string document() {
  std::string text =
      "# The escape and abuse suite\n\n"
      "`belljar probe` makes each of these attacks twice: unprotected, in a machine of namespaces thrown away "
      "afterwards, where\n"
      "it must work (the control), and inside a sandbox, where it must not. Both are judged by the same oracle "
      "outside: canaries,\n"
      "a witness process, descriptors and counters read through /proc, a tracer that sees the kernel's answers. The "
      "attacker's own\n"
      "word can condemn a sandbox and never acquits it. An attack that leaves neither a word nor a known end is "
      "inconclusive, and\n"
      "the suite fails.\n\n"
      "A control that this host cannot show (no such device, no root) is unsupported and says why; its attack still "
      "runs sealed.\n"
      "Rows marked residual are not held by this tier and are counted apart.\n\n"
      "This page is made from the catalogue by `belljar probe --document`.\n";
  for (const std::string_view name : class_names()) {
    text += "\n## " + std::string{name} + "\n\n| id | probe | tries | held by |\n|---|---|---|---|\n";
    for (const Probe& probe : catalogue()) {
      if (class_of(probe) != name) continue;
      const std::string holder =
          probe.residual.empty() ? std::string{probe.held_by} : "residual: " + std::string{probe.residual};
      text += "| " + std::string{probe.id} + " | " + std::string{probe.title} + " | " + std::string{probe.tries} +
              " | " + holder + " |\n";
    }
  }
  return text;
}

}  // namespace belljar::suite
