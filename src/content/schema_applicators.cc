// Keywords that apply other schemas: to members, to items, in place, by reference.
#include <algorithm>

#include "base/text.h"
#include "content/number.h"
#include "content/schema_compiler.h"

namespace belljar::content {

using codec::Json;

namespace {

constexpr std::string_view kStandard = "https://json-schema.org/draft/2020-12/";

}  // namespace

Members& Compiler::members(Draft& draft) {
  if (!draft.members) draft.members.emplace();
  return *draft.members;
}

void Compiler::read_properties(Draft& draft, const Json& value, const Place& place) {
  if (!require_object(value, place)) return;
  Members& out = members(draft);
  for (const auto& [name, schema] : value.as_object()) {
    out.properties.push_back({name, child(draft, schema, step_into(place.path, name)), false});
  }
}

void Compiler::read_pattern_properties(Draft& draft, const Json& value, const Place& place) {
  if (!require_object(value, place)) return;
  for (const auto& [text, schema] : value.as_object()) {
    const std::string path = step_into(place.path, text);
    std::optional<Pattern> pattern = pattern_of(text, path);
    const NodeId node = child(draft, schema, path);
    if (pattern) members(draft).matching.push_back({std::move(*pattern), node});
  }
}

void Compiler::read_additional(Draft& draft, const Json& value, const Place& place) {
  members(draft).additional = child(draft, value, place.path);
}

void Compiler::read_required(Draft& draft, const Json& value, const Place& place) {
  members(draft).required_names = names(value, place.path);
}

void Compiler::read_property_names(Draft& draft, const Json& value, const Place& place) {
  add(draft, Group::object, Code::property_names, child(draft, value, place.path));
}

void Compiler::read_dependent_required(Draft& draft, const Json& value, const Place& place) {
  if (!require_object(value, place)) return;
  std::vector<Dependency> dependencies;
  for (const auto& [name, needed] : value.as_object()) {
    dependencies.push_back({name, names(needed, step_into(place.path, name)), kNoNode});
  }
  program_->dependencies.push_back(std::move(dependencies));
  add(draft, Group::object, Code::dependent_required, program_->dependencies.size() - 1);
}

void Compiler::read_dependent_schemas(Draft& draft, const Json& value, const Place& place) {
  if (!require_object(value, place)) return;
  std::vector<Dependency> dependencies;
  for (const auto& [name, schema] : value.as_object()) {
    dependencies.push_back({name, {}, child(draft, schema, step_into(place.path, name))});
  }
  program_->dependencies.push_back(std::move(dependencies));
  add(draft, Group::object, Code::dependent_schemas, program_->dependencies.size() - 1);
}

void Compiler::read_prefix_items(Draft& draft, const Json& value, const Place& place) {
  if (!require_list(value, place, "a list of schemas")) return;
  if (value.as_array().empty()) wrong(place.path, "an empty list", "at least one schema");
  if (!draft.items) draft.items.emplace();
  for (std::size_t at = 0; at < value.as_array().size(); ++at) {
    const std::string path = step_into(place.path, std::to_string(at));
    draft.items->prefix.push_back(child(draft, value.as_array()[at], path));
  }
}

void Compiler::read_items(Draft& draft, const Json& value, const Place& place) {
  if (!draft.items) draft.items.emplace();
  draft.items->rest = child(draft, value, place.path);
}

void Compiler::read_contains(Draft& draft, const Json& value, const Place& place) {
  Contains contains;
  contains.node = child(draft, value, place.path);
  const auto limit = [&draft](std::string_view keyword, std::uint64_t otherwise) {
    const Json* number = draft.schema->find(keyword);
    const bool usable =
        number != nullptr && is_whole(*number) && number->as_number() >= 0 && number->as_number() <= 9007199254740992.0;
    return usable ? static_cast<std::uint64_t>(number->as_number()) : otherwise;
  };
  if ((documents_.resource(draft.resource).dialect & kValidation) != 0) {
    contains.has_least = draft.schema->find("minContains") != nullptr;
    contains.least = limit("minContains", 1);
    contains.most = limit("maxContains", kNoLimit);
  }
  program_->contains.push_back(contains);
  add(draft, Group::array, Code::contains, program_->contains.size() - 1);
}

void Compiler::read_branches(Draft& draft, const Json& value, const Place& place) {
  if (!require_list(value, place, "a list of schemas")) return;
  if (value.as_array().empty()) wrong(place.path, "an empty list", "at least one schema");
  std::vector<NodeId> branches;
  for (std::size_t at = 0; at < value.as_array().size(); ++at) {
    branches.push_back(child(draft, value.as_array()[at], step_into(place.path, std::to_string(at))));
  }
  const Code code = place.keyword == "allOf"   ? Code::all_of
                    : place.keyword == "anyOf" ? Code::any_of
                                               : Code::exactly_one;
  program_->branches.push_back(std::move(branches));
  add(draft, Group::any, code, program_->branches.size() - 1);
}

void Compiler::read_not(Draft& draft, const Json& value, const Place& place) {
  add(draft, Group::any, Code::negation, child(draft, value, place.path));
}

void Compiler::read_if(Draft& draft, const Json& value, const Place& place) {
  Condition condition;
  condition.when = child(draft, value, place.path);
  const Json* then = draft.schema->find("then");
  const Json* otherwise = draft.schema->find("else");
  if (then != nullptr) condition.then = child(draft, *then, step_into(draft.path, "then"));
  if (otherwise != nullptr) condition.otherwise = child(draft, *otherwise, step_into(draft.path, "else"));
  if (then == nullptr && otherwise == nullptr && options_.unknown == UnknownKeywords::refused) {
    wrong(place.path, "\"if\" without \"then\" or \"else\"", "one of them, for it says nothing alone");
  }
  program_->conditions.push_back(condition);
  add(draft, Group::any, Code::condition, program_->conditions.size() - 1);
}

// Read with its "if".
void Compiler::read_branch_of_if(Draft& draft, const Json& value, const Place& place) {
  (void)child(draft, value, place.path);
}

void Compiler::read_unevaluated(Draft& draft, const Json& value, const Place& place) {
  const NodeId node = child(draft, value, place.path);
  const bool items = place.keyword == "unevaluatedItems";
  (items ? program_->nodes[draft.id].marks_items : program_->nodes[draft.id].marks_members) = true;
  add(draft, items ? Group::array : Group::object, items ? Code::unevaluated_items : Code::unevaluated_properties,
      node);
}

void Compiler::read_defs(Draft& draft, const Json& value, const Place& place) {
  if (!require_object(value, place)) return;
  for (const auto& [name, schema] : value.as_object()) (void)child(draft, schema, step_into(place.path, name));
}

void Compiler::read_schema_annotation(Draft& draft, const Json& value, const Place& place) {
  (void)child(draft, value, place.path);
}

std::optional<Target> Compiler::target(const Draft& draft, const Json& value, const Place& place) {
  if (!value.is_string()) {
    wrong(place.path, value.kind(), "a reference");
    return std::nullopt;
  }
  Result<Target> found = documents_.find(draft.resource, value.as_string());
  if (!found && std::string_view{value.as_string()}.starts_with(kStandard)) {
    add_standard();
    found = documents_.find(draft.resource, value.as_string());
  }
  if (found) return std::move(found).value();
  wrong(place.path, found.error().message(), "a local reference to a schema");
  return std::nullopt;
}

void Compiler::read_ref(Draft& draft, const Json& value, const Place& place) {
  const std::optional<Target> found = target(draft, value, place);
  if (found) add(draft, Group::any, Code::ref, node_for(*found->schema, found->resource, found->path));
}

void Compiler::read_dynamic_ref(Draft& draft, const Json& value, const Place& place) {
  const std::optional<Target> found = target(draft, value, place);
  if (!found) return;
  const auto row = static_cast<std::uint32_t>(program_->dynamic_refs.size());
  program_->dynamic_refs.push_back({node_for(*found->schema, found->resource, found->path), {}});
  add(draft, Group::any, Code::dynamic_ref, row);
  // It follows the caller only where it leads to a dynamic anchor by that name.
  const bool dynamic = documents_.resource(found->resource).dynamic_anchors.contains(found->anchor);
  if (dynamic) dynamic_.push_back({row, found->anchor});
}

}  // namespace belljar::content
