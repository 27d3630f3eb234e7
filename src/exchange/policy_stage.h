// PolicyStage: who may send to whom, and whose data a message may carry, as the run's policy says. Pure.
//
// Each question that a model asks by itself is a `call` of the model, or of the tool, that it asks; the permit's terms
// bound it: how many requests, how many a second, how large, and what a tool's arguments must be.
//
// Each message is a `send` to the model of its link, asked or answering, by whoever speaks; each data domain that the
// link names is `use data` by whoever is to receive it. A denial is graded by the rule: record refuses the message,
// throttle, pause and reset refuse it and say what its sender is to meet (Decision::sanction), quarantine holds it,
// kill contains the model that sent it. The workload cannot be contained; its message is refused. Where redaction alone
// stands against a message it passes, altered: a text that a rule names becomes "[redacted]", any other value null;
// what the message does not have is not missed.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "content/schema.h"
#include "exchange/stage.h"
#include "policy/policy.h"

namespace belljar::exchange {

using ArgumentSchemas = std::map<std::string, content::Schema, std::less<>>;  // by spec::Terms::arguments

class PolicyStage final : public Stage {
 public:
  PolicyStage(policy::Policy policy, ArgumentSchemas arguments)
      : policy_{std::move(policy)}, arguments_{std::move(arguments)} {}

  std::string_view name() const override { return "policy"; }
  Decision admit(const Message& message, const Context& context) const override;

 private:
  Decision call(const Message& message, const Context& context) const;
  Decision hold_to(const spec::Terms& terms, std::string_view permit, const Message& message,
                   const Context& context) const;

  policy::Policy policy_;
  ArgumentSchemas arguments_;
};

}  // namespace belljar::exchange
