#include "exchange/policy_stage.h"

#include <array>

#include "base/text.h"
#include "codec/json_pointer.h"
#include "exchange/exchange.h"
#include "exchange/tool_stage.h"

namespace belljar::exchange {

namespace {

Act act_of(spec::Consequence consequence, const Message& message) {
  if (consequence == spec::Consequence::quarantine) return Act::hold;
  if (consequence == spec::Consequence::kill && message.from != "workload") return Act::contain;
  return Act::refuse;
}

std::optional<Sanction> sanction_of(const policy::Decision& decision) {
  using spec::Consequence;
  const bool lasts = decision.consequence == Consequence::throttle || decision.consequence == Consequence::pause ||
                     decision.consequence == Consequence::reset;
  if (!lasts || decision.measure == nullptr) return std::nullopt;
  return Sanction{decision.consequence, *decision.measure};
}

Decision denied(const policy::Decision& decision, std::string_view what, const Message& message) {
  Decision out{act_of(decision.consequence, message),
               "policy." + std::string{decision.rule},
               std::string{what} + ": " + std::string{decision.reason},
               {},
               {}};
  out.sanction = sanction_of(decision);
  return out;
}

using Attributes = std::array<policy::Attribute, 3>;

Attributes attributes_of(const Message& message) {
  return {{{"direction", direction_name(message.direction)},
           {"bytes", static_cast<std::int64_t>(message.text.size())},
           {"tokens", static_cast<std::int64_t>(message.tokens)}}};
}

// The questions that one message puts to the policy, and what came of them.
class Inquiry {
 public:
  Inquiry(const policy::Policy& policy, const Message& message) : policy_{policy}, message_{message} {}

  // False: the message does not pass, and nothing further has to be asked.
  bool ask(const policy::Request& request, const std::string& what) {
    const policy::Decision decision = policy_.decide(request);
    if (decision.answer == policy::Answer::allow) return true;
    decision_ = denied(decision, what, message_);
    if (decision.consequence != spec::Consequence::redact) return false;
    for (const std::string_view member : policy_.redactions(request)) redact(member);
    decision_.act = Act::allow;
    return true;
  }

  // `permit`: by which a call passes.
  Decision conclude(std::string permit) {
    if (decision_.act != Act::allow) return std::move(decision_);
    // What a rule would take away and the message does not have is no news.
    Decision passed = altered_ ? std::move(decision_) : Decision{};
    if (altered_) {
      passed.act = Act::alter;
      passed.altered = std::move(body_);
    }
    passed.permit = std::move(permit);
    return passed;
  }

 private:
  void redact(std::string_view member) {
    if (body_.is_null()) body_ = message_.body;
    codec::Json* found = codec::find_pointer(body_, member);
    if (found == nullptr) return;
    altered_ = true;
    *found = found->is_string() ? codec::Json{"[redacted]"} : codec::Json{};
  }

  const policy::Policy& policy_;
  const Message& message_;
  Decision decision_;
  codec::Json body_;
  bool altered_ = false;
};

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
  const std::string direction{direction_name(message.direction)};
  const Attributes attributes = attributes_of(message);
  const std::string& model = context.link.to;
  Inquiry inquiry{policy_, message};
  bool passes =
      inquiry.ask({message.from, spec::Action::send, model, attributes}, "send " + direction + " of " + model);
  std::string permit;
  if (passes && context.link.shape.calls && message.direction == Direction::request) {
    Decision called = call(message, context);
    if (called.act != Act::allow) return called;
    permit = std::move(called.permit);
  }
  const std::span<const policy::Attribute> of_data = std::span{attributes}.first<1>();
  for (const std::string& domain : context.link.shape.data) {
    if (!passes) break;
    passes = inquiry.ask({message.to, spec::Action::use_data, domain, of_data}, message.to + " uses data " + domain);
  }
  return inquiry.conclude(std::move(permit));
}

}  // namespace belljar::exchange
