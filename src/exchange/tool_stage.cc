#include "exchange/tool_stage.h"

#include "base/text.h"
#include "content/pinned_tools.h"
#include "exchange/exchange.h"

namespace belljar::exchange {

namespace {

using codec::Json;

bool is_text(const Json* value) { return value != nullptr && value->is_string(); }

Decision refuse(std::string_view rule, std::string reason) {
  return {Act::refuse, std::string{rule}, std::move(reason), {}, {}};
}

// An honest form has "tool" and "arguments", or "tools": "list", and the id.
bool is_well_formed(const Json& body) {
  const Json* list = body.find("tools");
  const Json* arguments = body.find("arguments");
  const std::size_t members = body.as_object().size();
  if (list != nullptr) return is_text(list) && list->as_string() == "list" && members == 2;
  return is_text(body.find("tool")) && arguments != nullptr && arguments->is_object() && members == 3;
}

Decision listed(const Message& message, const content::PinnedTools& pinned) {
  const Json* list = message.body.find("tools");
  if (list == nullptr) return {};
  content::ToolReview review = pinned.review(*list);
  if (!review.drift.empty()) return refuse(kDriftRule, "tools of " + message.from + ": " + review.drift);
  Decision decision;
  if (review.shown == list->as_array()) return decision;
  decision.act = Act::alter;
  decision.altered = message.body;
  decision.altered.set("tools", std::move(review.shown));
  return decision;
}

}  // namespace

std::string_view tool_called(const Message& message) {
  const Json* tool = message.body.is_object() ? message.body.find("tool") : nullptr;
  return is_text(tool) ? std::string_view{tool->as_string()} : std::string_view{};
}

Decision ToolStage::asked(const Message& message, const Context& context) const {
  const std::string& server = context.link.to;
  if (context.drifted) return refuse(kDriftRule, "the tools of " + server + " are not as they are pinned");
  if (!is_well_formed(message.body)) {
    return refuse("tools.request", R"(expected {"tools": "list"}, or {"tool", "arguments"} and nothing else)");
  }
  const std::string_view name = tool_called(message);
  if (name.empty()) return {};
  const content::PinnedTool* pinned = context.link.tools->find(name);
  if (pinned == nullptr) {
    return refuse("tools.unknown", "the tool \"" + printable(name, 64) + "\" is not among those pinned for " + server);
  }
  if (pinned->decoy) {
    Decision decision = refuse("decoy." + server + "/" + std::string{name},
                               "the decoy tool " + std::string{name} + " of " + server + " was called");
    if (decoys_ == spec::Treatment::hold) decision.act = Act::hold;
    if (decoys_ == spec::Treatment::contain && message.from != "workload") decision.act = Act::contain;
    return decision;
  }
  const auto wrong = content::validate(pinned->arguments, *message.body.find("arguments"));
  if (wrong.empty()) return {};
  return refuse("tools.arguments", "arguments" + printable(wrong.front().where) + ": " + printable(wrong.front().what));
}

Decision ToolStage::admit(const Message& message, const Context& context) const {
  if (context.link.tools == nullptr || message.direction == Direction::failure) return {};
  if (message.direction == Direction::request) return asked(message, context);
  return listed(message, *context.link.tools);
}

}  // namespace belljar::exchange
