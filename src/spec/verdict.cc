#include "spec/verdict.h"

#include <algorithm>

namespace belljar::spec {

namespace {

using codec::Json;

Json gate_json(const GateResult& gate) {
  Json out = Json::Object{{"name", gate.name}, {"metric", gate.metric}};
  if (gate.value) out.set("value", *gate.value);
  if (gate.interval) {
    out.set("interval", Json::Array{(*gate.interval)[0], (*gate.interval)[1]});
    out.set("confidence", gate.confidence);
  }
  out.set("n", gate.n);
  out.set("threshold", gate.threshold);
  if (gate.is_duration) out.set("unit", "s");
  out.set("decision", decision_name(gate.decision));
  out.set("reason", gate.reason);
  return out;
}

Json finding_json(const Finding& finding) {
  return Json::Object{{"id", finding.id},         {"severity", finding.severity}, {"model", finding.model},
                      {"rule", finding.rule},     {"count", finding.count},       {"kind", finding.kind},
                      {"detail", finding.detail}, {"first_ns", finding.first_ns}, {"contained", finding.contained}};
}

template <class T, class ToJson>
Json list_json(const std::vector<T>& items, ToJson to_item) {
  Json::Array out;
  out.reserve(items.size());
  for (const T& item : items) out.push_back(to_item(item));
  return out;
}

}  // namespace

std::string_view decision_name(Decision decision) {
  constexpr std::array<std::string_view, 3> kNames{"pass", "fail", "inconclusive"};
  return kNames.at(static_cast<std::size_t>(decision));
}

std::string_view outcome_name(Outcome outcome) {
  constexpr std::array<std::string_view, 4> kNames{"pass", "fail", "inconclusive", "error"};
  return kNames.at(static_cast<std::size_t>(outcome));
}

int exit_code_for(Outcome outcome, bool contained) {
  constexpr std::array<int, 4> kCodes{0, 1, 3, 4};
  return contained ? 5 : kCodes.at(static_cast<std::size_t>(outcome));
}

Json verdict_json(const Verdict& verdict) {
  Json out = Json::Object{{"run", verdict.run},
                          {"scenario", verdict.scenario},
                          {"verdict", outcome_name(verdict.outcome)},
                          {"contained", verdict.contained},
                          {"exit", verdict.exit_code}};
  // The seed is a full 64-bit number; past 2^63 - 1 it is written as text, so that no reader rounds or wraps it.
  if (verdict.seed > static_cast<std::uint64_t>(INT64_MAX)) {
    out.set("seed", std::to_string(verdict.seed));
  } else {
    out.set("seed", verdict.seed);
  }
  out.set("manifest_digest", verdict.manifest_digest);
  out.set("transcript_digest", verdict.transcript_digest);
  out.set("ledger", Json::Object{{"size", verdict.ledger.size}, {"root", verdict.ledger.root}});
  out.set("gates", list_json(verdict.gates, gate_json));
  out.set("findings", list_json(verdict.findings, finding_json));
  if (!verdict.limitations.empty()) {
    out.set("limitations", list_json(verdict.limitations, [](const std::string& one) { return Json{one}; }));
  }
  if (!verdict.error.empty()) out.set("error", verdict.error);
  out.set("dir", verdict.directory);
  return out;
}

}  // namespace belljar::spec
