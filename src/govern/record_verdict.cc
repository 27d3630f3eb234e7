// verdict.json, read back: the inverse of spec::verdict_json().
#include <charconv>

#include "govern/record.h"
#include "govern/record_fields.h"

namespace belljar::govern {

namespace {

using codec::Json;

// A seed beyond 2^63 - 1 is written as text.
Result<std::uint64_t> read_seed(Fields& fields) {
  const Json* found = fields.member("seed");
  if (found != nullptr && found->is_int() && found->as_int() >= 0) return static_cast<std::uint64_t>(found->as_int());
  if (found == nullptr || !found->is_string()) return fields.wrong("seed", "a seed");
  std::uint64_t seed = 0;
  const std::string& text = found->as_string();
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return fields.wrong("seed", "a seed");
  return seed;
}

Result<void> read_interval(Fields& fields, spec::GateResult& gate) {
  TRY(fields.number("confidence", gate.confidence, Presence::optional));
  const Json* interval = fields.member("interval");
  if (interval == nullptr) return {};
  const bool pair = interval->is_array() && interval->as_array().size() == 2 && interval->as_array()[0].is_number() &&
                    interval->as_array()[1].is_number();
  if (!pair) return fields.wrong("interval", "two numbers");
  gate.interval = {interval->as_array()[0].as_number(), interval->as_array()[1].as_number()};
  return {};
}

Result<spec::GateResult> read_gate(const Json& value, const std::string& where) {
  Fields fields{value, where};
  spec::GateResult gate;
  TRY(fields.text("name", gate.name));
  TRY(fields.text("metric", gate.metric));
  TRY(fields.text("reason", gate.reason));
  TRY(fields.count("n", gate.n));
  TRY(fields.number("threshold", gate.threshold));
  gate.decision = static_cast<spec::Decision>(TRY(fields.choice("decision", {"pass", "fail", "inconclusive"})));
  if (fields.member("value") != nullptr) {
    double number = 0;
    TRY(fields.number("value", number));
    gate.value = number;
  }
  gate.is_duration = fields.member("unit") != nullptr;
  TRY(read_interval(fields, gate));
  TRY(fields.done());
  return gate;
}

Result<spec::Finding> read_finding(const Json& value, const std::string& where) {
  Fields fields{value, where};
  spec::Finding finding;
  TRY(fields.text("id", finding.id));
  TRY(fields.text("severity", finding.severity));
  TRY(fields.text("kind", finding.kind));
  TRY(fields.text("model", finding.model));
  TRY(fields.text("rule", finding.rule));
  TRY(fields.text("detail", finding.detail));
  TRY(fields.count("count", finding.count));
  TRY(fields.integer("first_ns", finding.first_ns));
  TRY(fields.truth("contained", finding.contained));
  TRY(fields.done());
  return finding;
}

Result<void> read_lists(Fields& fields, spec::Verdict& verdict) {
  for (const Json& gate : TRY(fields.array("gates"))->as_array()) {
    verdict.gates.push_back(TRY(read_gate(gate, "gates[" + std::to_string(verdict.gates.size()) + "]")));
  }
  for (const Json& finding : TRY(fields.array("findings"))->as_array()) {
    verdict.findings.push_back(TRY(read_finding(finding, "findings[" + std::to_string(verdict.findings.size()) + "]")));
  }
  if (fields.member("limitations") != nullptr) TRY(fields.texts("limitations", verdict.limitations));
  return {};
}

}  // namespace

Result<spec::Verdict> parse_verdict(std::string_view text) {
  constexpr std::size_t kBytesMax = 64U << 20;
  const Json value = TRY_CTX(codec::parse_json(text, {.bytes_max = kBytesMax}), "verdict.json");
  Fields fields{value, "verdict.json"};
  spec::Verdict verdict;
  TRY(fields.text("run", verdict.run));
  TRY(fields.text("scenario", verdict.scenario));
  verdict.outcome =
      static_cast<spec::Outcome>(TRY(fields.choice("verdict", {"pass", "fail", "inconclusive", "error"})));
  TRY(fields.truth("contained", verdict.contained));
  TRY(fields.small("exit", verdict.exit_code));
  verdict.seed = TRY(read_seed(fields));
  TRY(fields.text("manifest_digest", verdict.manifest_digest));
  TRY(fields.text("transcript_digest", verdict.transcript_digest));
  Fields head{*TRY(fields.object("ledger")), "verdict.json: ledger"};
  TRY(head.count("size", verdict.ledger.size));
  TRY(head.text("root", verdict.ledger.root));
  TRY(head.done());
  TRY(read_lists(fields, verdict));
  TRY(fields.text("error", verdict.error, Presence::optional));
  TRY(fields.text("dir", verdict.directory));
  TRY(fields.done());
  return verdict;
}

}  // namespace belljar::govern
