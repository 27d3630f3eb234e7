// What the driver tells the monitor about messages: what filters found, and what contract, policy and filters stopped.
#include "exchange/tool_stage.h"
#include "scenario/driver.h"

namespace belljar::scenario {

using exchange::Act;

// What the filters found in a message that goes on all the same.
Result<void> Driver::noticed(const exchange::Message& message, const exchange::Decision& decision) {
  for (const content::Finding& found : decision.findings) {
    spec::Finding finding;
    finding.severity = found.treatment == content::Treatment::redact ? "medium" : "low";
    finding.kind = found.kind;
    finding.model = message.from == "workload" ? message.to : message.from;
    finding.rule = "filter." + found.kind + "." + found.rule;
    finding.detail = found.shown + (found.treatment == content::Treatment::redact ? ": redacted" : ": noted");
    TRY(alarmed(tools_.monitor.watch(std::move(finding), tools_.journal.elapsed_ns())));
  }
  if (!decision.rule.starts_with("policy.")) return {};
  spec::Finding redacted;
  redacted.severity = "low";
  redacted.kind = "policy";
  redacted.model = message.from == "workload" ? message.to : message.from;
  redacted.rule = decision.rule;
  redacted.detail = decision.reason + ": redacted";
  return alarmed(tools_.monitor.watch(std::move(redacted), tools_.journal.elapsed_ns()));
}

namespace {

// By the rule that a message broke: "filter.secret.x", "policy.x", "tools.x"; a decoy is a canary. Empty: its contract.
std::string kind_of(const std::string& rule) {
  const std::string stage = rule.substr(0, rule.find('.'));
  if (stage == "filter") return rule.substr(7, rule.find('.', 7) - 7);
  if (stage == "decoy") return "canary";
  return stage == "policy" || stage == "tools" ? stage : std::string{};
}

}  // namespace

// A model said what the contract, its tools, the policy or a filter does not let pass; what a contained one says is
// held without news.
Result<void> Driver::broke(const std::string& model, const exchange::Decision& decision) {
  const std::int64_t at_ns = tools_.journal.elapsed_ns();
  const std::string kind = kind_of(decision.rule);
  if (kind.empty()) {
    if (decision.act != Act::refuse) return {};
    return alarmed(tools_.monitor.watch_refusal(model, decision.rule, decision.reason, at_ns));
  }
  spec::Finding finding;
  const bool stopped = decision.sanction && decision.sanction->consequence > spec::Consequence::throttle;
  finding.severity = decision.act == Act::contain           ? "critical"
                     : decision.act == Act::hold || stopped ? "high"
                                                            : "medium";
  if (decision.rule == exchange::kDriftRule) finding.severity = "high";
  if (kind == "canary") finding.severity = "critical";
  finding.kind = kind;
  finding.model = model;
  finding.rule = decision.rule;
  finding.detail = decision.reason;
  if (decision.act == Act::contain) return alarmed(tools_.monitor.demand(std::move(finding), at_ns));
  TRY(alarmed(tools_.monitor.watch(std::move(finding), at_ns)));
  if (!decision.sanction) return {};
  return sanction(model, decision.rule, decision.reason, *decision.sanction);
}

}  // namespace belljar::scenario
