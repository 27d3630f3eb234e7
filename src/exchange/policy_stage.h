// PolicyStage: who may send to whom, and whose data a message may carry, as the run's policy says. Pure.
//
// Each message is a `send` to the model of its link, asked or answering, by whoever speaks; each data domain that the
// link names is `use data` by whoever is to receive it. A denial is graded by the rule: record refuses the message,
// quarantine holds it, kill contains the model that sent it. The workload cannot be contained; its message is refused.
#pragma once

#include <utility>

#include "exchange/stage.h"
#include "policy/policy.h"

namespace belljar::exchange {

class PolicyStage final : public Stage {
 public:
  explicit PolicyStage(policy::Policy policy) : policy_{std::move(policy)} {}

  std::string_view name() const override { return "policy"; }
  Decision admit(const Message& message, const Context& context) const override;

 private:
  policy::Policy policy_;
};

}  // namespace belljar::exchange
