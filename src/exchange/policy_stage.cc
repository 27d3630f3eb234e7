#include "exchange/policy_stage.h"

#include <array>

#include "base/text.h"
#include "exchange/exchange.h"

namespace belljar::exchange {

namespace {

Act act_of(spec::Consequence consequence, const Message& message) {
  if (consequence == spec::Consequence::quarantine) return Act::hold;
  if (consequence == spec::Consequence::kill && message.from != "workload") return Act::contain;
  return Act::refuse;
}

Decision denied(const policy::Decision& decision, std::string_view what, const Message& message) {
  return {act_of(decision.consequence, message),
          "policy." + std::string{decision.rule},
          std::string{what} + ": " + std::string{decision.reason},
          {},
          {}};
}

}  // namespace

Decision PolicyStage::admit(const Message& message, const Context& context) const {
  const std::string_view direction = direction_name(message.direction);
  const std::array<policy::Attribute, 3> attributes{{{"direction", direction},
                                                     {"bytes", static_cast<std::int64_t>(message.text.size())},
                                                     {"tokens", static_cast<std::int64_t>(message.tokens)}}};
  const auto sent = policy_.decide({message.from, spec::Action::send, context.link.to, attributes});
  if (sent.answer != policy::Answer::allow) {
    return denied(sent, "send " + std::string{direction} + " of " + context.link.to, message);
  }
  // A question that a model asks by itself is more than a message that a composition sends on.
  if (context.link.shape.calls && message.direction == Direction::request) {
    const auto called = policy_.decide({message.from, spec::Action::call, context.link.to, attributes});
    if (called.answer != policy::Answer::allow) return denied(called, "call of " + context.link.to, message);
  }
  for (const std::string& domain : context.link.shape.data) {
    const auto used = policy_.decide(
        {message.to, spec::Action::use_data, domain, std::span<const policy::Attribute>{attributes}.first<1>()});
    if (used.answer != policy::Answer::allow) return denied(used, message.to + " uses data " + domain, message);
  }
  return {};
}

}  // namespace belljar::exchange
