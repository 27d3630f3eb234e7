#include "content/pinned_tools.h"

#include <algorithm>
#include <set>

#include "base/text.h"

namespace belljar::content {

namespace {

using codec::Json;

constexpr std::size_t kNameMax = 128;

std::string text_of(const Json* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string{};
}

bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameMax && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

Error wrong(const std::string& who, const std::string& what) {
  return Error{Errc::invalid_argument, who + ": " + what};
}

// Most servers' schemas say that they are of draft 7; what they have in common with 2020-12 is all that they use, and
// what they have not is read as unknown.
Json without_dialect(const Json& schema) {
  Json::Object rest;
  for (const Json::Member& member : schema.as_object()) {
    if (member.first != "$schema") rest.push_back(member);
  }
  return Json{std::move(rest)};
}

}  // namespace

Result<void> PinnedTools::add(const Json& tool, bool decoy, const std::string& who) {
  const std::string name = tool.is_object() ? text_of(tool.find("name")) : std::string{};
  if (!is_tool_name(name)) {
    return wrong(who,
                 "found a tool named \"" + printable(name, 64) + "\", expected 1 to 128 of letters, digits, . _ -");
  }
  const Json* schema = tool.find("inputSchema");
  if (schema == nullptr || !schema->is_object()) {
    return wrong(who, "found \"" + name + "\" without \"inputSchema\", expected the JSON Schema of its arguments");
  }
  SchemaOptions options;
  options.unknown = UnknownKeywords::ignored;  // other people's schemas, which say more than they mean
  Result<Schema> arguments = compile_schema(without_dialect(*schema), options);
  if (!arguments) return std::move(arguments).error().context(who + ": the arguments of " + name);
  PinnedTool pinned{tool, std::move(arguments).value(), codec::canonical_json(tool), decoy};
  if (!tools_.emplace(name, std::move(pinned)).second) {
    return wrong(who, "found \"" + name + "\" twice, expected it once");
  }
  return {};
}

Result<PinnedTools> PinnedTools::parse(std::string_view text, std::string_view file) {
  const std::string who = "read the tools of " + printable(file, 4096);
  Result<Json> document = codec::parse_json(text);
  if (!document) return wrong(who, document.error().message());
  const Json* tools = document.value().is_object() ? document.value().find("tools") : nullptr;
  if (tools == nullptr || !tools->is_array()) {
    return wrong(who, "found no list \"tools\", expected what the server answers to tools/list");
  }
  PinnedTools pinned;
  for (const auto& [key, value] : document.value().as_object()) {
    if ((key != "tools" && key != "decoys") || !value.is_array()) {
      return wrong(who, "found \"" + printable(key, 64) + "\", expected the lists \"tools\" and \"decoys\" alone");
    }
    for (const Json& tool : value.as_array()) TRY(pinned.add(tool, key == "decoys", who));
  }
  return pinned;
}

const PinnedTool* PinnedTools::find(std::string_view name) const {
  const auto found = tools_.find(name);
  return found == tools_.end() ? nullptr : &found->second;
}

bool PinnedTools::has_decoys() const {
  return std::any_of(tools_.begin(), tools_.end(), [](const auto& tool) { return tool.second.decoy; });
}

ToolReview PinnedTools::review(const Json& list) const {
  ToolReview review;
  const auto drifted = [](const std::string& name, std::string_view how) {
    return ToolReview{"the tool \"" + printable(name, 64) + "\" " + std::string{how}, {}};
  };
  if (!list.is_array()) return {"it is no list of tools", {}};
  std::set<std::string, std::less<>> seen;
  for (const Json& tool : list.as_array()) {
    const std::string name = tool.is_object() ? text_of(tool.find("name")) : std::string{};
    const PinnedTool* pinned = find(name);
    if (pinned == nullptr || pinned->decoy) continue;
    if (codec::canonical_json(tool) != pinned->canonical) return drifted(name, "is not as it is pinned");
    if (!seen.insert(name).second) return drifted(name, "is there twice");
    review.shown.push_back(tool);
  }
  for (const auto& [name, pinned] : tools_) {
    if (pinned.decoy) {
      review.shown.push_back(pinned.tool);
    } else if (!seen.contains(name)) {
      return drifted(name, "is gone");
    }
  }
  return review;
}

}  // namespace belljar::content
