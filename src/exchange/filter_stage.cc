#include "exchange/filter_stage.h"

#include <algorithm>

namespace belljar::exchange {

namespace {

Act act_of(content::Treatment treatment, const Message& message) {
  if (treatment == content::Treatment::hold) return Act::hold;
  if (treatment == content::Treatment::contain && message.from != "workload") return Act::contain;
  return Act::refuse;
}

// The rule names the filter, so that a report can count by it: "filter.secret.aws-access-key-id".
std::string rule_of(const content::Finding& finding) { return "filter." + finding.kind + "." + finding.rule; }

}  // namespace

Decision FilterStage::admit(const Message& message, const Context& context) const {
  content::Screened seen = screen_->whole(message.text);
  Decision decision;
  decision.findings = std::move(seen.findings);
  if (context.pieces != nullptr) {
    for (const content::Finding& piece : *context.pieces) {
      const auto told = [&](const content::Finding& f) { return f.kind == piece.kind && f.rule == piece.rule; };
      if (std::any_of(decision.findings.begin(), decision.findings.end(), told)) continue;
      decision.findings.push_back(piece);
      seen.worst = std::max(seen.worst, piece.treatment);
    }
  }
  const auto gravest = std::max_element(decision.findings.begin(), decision.findings.end(),
                                        [](const auto& a, const auto& b) { return a.treatment < b.treatment; });
  if (gravest == decision.findings.end() || seen.worst == content::Treatment::allow) return decision;
  decision.rule = rule_of(*gravest);
  decision.reason = gravest->shown + " at byte " + std::to_string(gravest->begin);
  if (seen.worst > content::Treatment::redact) {
    decision.act = act_of(seen.worst, message);
    return decision;
  }
  Result<codec::Json> altered = codec::parse_json(seen.text);
  if (!altered) {
    decision.act = Act::refuse;
    decision.reason += "; redacted, the message is no JSON any more";
    return decision;
  }
  decision.act = Act::alter;
  decision.altered = std::move(altered).value();
  return decision;
}

}  // namespace belljar::exchange
