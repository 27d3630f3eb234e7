#include "exchange/policy_stage.h"

#include <array>

#include "base/text.h"
#include "exchange/exchange.h"
#include "exchange/tool_stage.h"

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

using Attributes = std::array<policy::Attribute, 3>;

Attributes attributes_of(const Message& message) {
  return {{{"direction", direction_name(message.direction)},
           {"bytes", static_cast<std::int64_t>(message.text.size())},
           {"tokens", static_cast<std::int64_t>(message.tokens)}}};
}

}  // namespace

// How a permitted call may happen.
Decision PolicyStage::hold_to(const spec::Terms& terms, std::string_view permit, const Message& message,
                              const Context& context) const {
  const auto refuse = [&](const std::string& why) {
    return Decision{
        Act::refuse, "policy." + std::string{permit}, "terms of permit " + std::string{permit} + ": " + why, {}, {}};
  };
  if (terms.request_bytes_max && message.text.size() > *terms.request_bytes_max) {
    return refuse(human_bytes(message.text.size()) + ", at most " + human_bytes(*terms.request_bytes_max));
  }
  const spec::NetworkBudget& budget = terms.budget;
  if (context.calls != nullptr && budget.requests && context.calls->made(message.from, permit) >= *budget.requests) {
    return refuse("its budget of " + std::to_string(*budget.requests) + " requests is spent");
  }
  if (context.calls != nullptr && budget.bytes_up &&
      context.calls->bytes(message.from, permit) + message.text.size() > *budget.bytes_up) {
    return refuse("its budget of " + human_bytes(*budget.bytes_up) + " is spent");
  }
  if (context.calls != nullptr && budget.requests_per_second &&
      context.calls->lately(message.from, permit, message.t_ns) >= *budget.requests_per_second) {
    return refuse("more than " + std::to_string(*budget.requests_per_second) + " requests a second");
  }
  if (terms.arguments.empty()) return {};
  const auto schema = arguments_.find(terms.arguments);
  if (schema == arguments_.end()) return refuse("the schema " + terms.arguments + " was not loaded");
  const codec::Json* arguments = message.body.find("arguments");
  const auto wrong = content::validate(schema->second, arguments == nullptr ? codec::Json{} : *arguments);
  if (wrong.empty()) return {};
  return refuse("arguments" + printable(wrong.front().where) + ": " + printable(wrong.front().what));
}

// A question that a model asks by itself is more than a message that a composition sends on. Of a tool server the
// question for its list is no call: what it offers is pinned.
Decision PolicyStage::call(const Message& message, const Context& context) const {
  std::string resource = context.link.to;
  if (context.link.tools != nullptr) {
    const std::string_view tool = tool_called(message);
    if (tool.empty()) return {};
    resource += "/" + std::string{tool};
  }
  const codec::Json* stream = message.body.is_object() ? message.body.find("stream") : nullptr;
  const std::array<policy::Attribute, 2> attributes{
      {{"bytes", static_cast<std::int64_t>(message.text.size())},
       {"stream", stream != nullptr && stream->is_bool() && stream->as_bool()}}};
  const auto called = policy_.decide({message.from, spec::Action::call, resource, attributes});
  if (called.answer != policy::Answer::allow) return denied(called, "call of " + resource, message);
  Decision decision;
  if (called.terms != nullptr) decision = hold_to(*called.terms, called.rule, message, context);
  decision.permit = called.rule;
  return decision;
}

Decision PolicyStage::admit(const Message& message, const Context& context) const {
  const std::string_view direction = direction_name(message.direction);
  const Attributes attributes = attributes_of(message);
  const auto sent = policy_.decide({message.from, spec::Action::send, context.link.to, attributes});
  if (sent.answer != policy::Answer::allow) {
    return denied(sent, "send " + std::string{direction} + " of " + context.link.to, message);
  }
  Decision decision;
  if (context.link.shape.calls && message.direction == Direction::request) {
    decision = call(message, context);
    if (decision.act != Act::allow) return decision;
  }
  for (const std::string& domain : context.link.shape.data) {
    const auto used = policy_.decide(
        {message.to, spec::Action::use_data, domain, std::span<const policy::Attribute>{attributes}.first<1>()});
    if (used.answer != policy::Answer::allow) return denied(used, message.to + " uses data " + domain, message);
  }
  return decision;
}

}  // namespace belljar::exchange
