#include "exchange/contract_stage.h"

#include <algorithm>

#include "base/text.h"
#include "exchange/exchange.h"

namespace belljar::exchange {

namespace {

constexpr std::size_t kErrorsShown = 3;

// Recursion is bounded: what reaches a stage was parsed with a depth limit.
std::size_t depth_of(const codec::Json& value) {
  std::size_t below = 0;
  if (value.is_array()) {
    for (const codec::Json& item : value.as_array()) below = std::max(below, depth_of(item));
    return below + 1;
  }
  if (value.is_object()) {
    for (const auto& member : value.as_object()) below = std::max(below, depth_of(member.second));
    return below + 1;
  }
  return 0;
}

std::string describe(const std::vector<content::SchemaError>& errors) {
  std::string text;
  for (std::size_t i = 0; i < errors.size() && i < kErrorsShown; ++i) {
    if (i > 0) text += "; ";
    text += printable(errors[i].where.empty() ? "message" : errors[i].where) + ": " + printable(errors[i].what);
  }
  if (errors.size() > kErrorsShown) text += "; and " + std::to_string(errors.size() - kErrorsShown) + " more";
  return text;
}

}  // namespace

Decision ContractStage::admit(const Message& message, const Context& context) const {
  const bool is_request = message.direction == Direction::request;
  const spec::Contract& contract = context.link.contract;
  const auto refuse = [&](std::string_view what, std::string reason) {
    std::string rule{is_request ? "contract.request." : "contract.answer."};
    return Decision{Act::refuse, rule.append(what), std::move(reason), {}, {}};
  };
  if (message.text.size() > contract.message_bytes_max) {
    return refuse("size", human_bytes(message.text.size()) + ", at most " + human_bytes(contract.message_bytes_max));
  }
  if (const std::size_t depth = depth_of(message.body); depth > contract.depth_max) {
    return refuse("depth", std::to_string(depth) + " levels, at most " + std::to_string(contract.depth_max));
  }
  if (!message.body.is_object()) return refuse("object", "expected object, found " + std::string{message.body.kind()});
  if (contract.fan_out_max && message.copy >= *contract.fan_out_max) {
    return refuse("fan-out", "request " + std::to_string(message.copy + 1) + " from one message, at most " +
                                 std::to_string(*contract.fan_out_max));
  }
  const std::int64_t ceiling_ns = context.link.shape.ceiling_ns;
  if (!is_request && ceiling_ns > 0 && message.waited_ns > ceiling_ns) {
    return refuse("ceiling", "after " + human_duration(message.waited_ns) + ", at most " + human_duration(ceiling_ns));
  }
  if (message.direction == Direction::failure) {
    const codec::Json* error = message.body.find("error");
    const auto errors =
        error != nullptr ? content::validate(context.link.error_schema, *error) : std::vector<content::SchemaError>{};
    return errors.empty() ? Decision{} : refuse("error", describe(errors));
  }
  const content::Schema& schema = is_request ? context.link.request_schema : context.link.answer_schema;
  if (content::is_valid(schema, message.body)) return {};
  return refuse("schema", describe(content::validate(schema, message.body)));
}

}  // namespace belljar::exchange
