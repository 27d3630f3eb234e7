// Keyword by keyword, in the direction each keyword works.
#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "content/compare.h"
#include "content/number.h"
#include "content/schema_documents.h"
#include "content/uri.h"

namespace belljar::content {

using codec::Json;

namespace {

const Json kAnything = true;

enum class Rule { least, most, added_narrows, ignored };
struct Plain {
  std::string_view keyword;
  Rule rule;
};
constexpr std::array<Plain, 34> kPlain{{
    {"minimum", Rule::least},
    {"exclusiveMinimum", Rule::least},
    {"minLength", Rule::least},
    {"minItems", Rule::least},
    {"minProperties", Rule::least},
    {"minContains", Rule::least},
    {"maximum", Rule::most},
    {"exclusiveMaximum", Rule::most},
    {"maxLength", Rule::most},
    {"maxItems", Rule::most},
    {"maxProperties", Rule::most},
    {"maxContains", Rule::most},
    {"pattern", Rule::added_narrows},
    {"format", Rule::added_narrows},
    {"dependentRequired", Rule::added_narrows},
    {"patternProperties", Rule::added_narrows},
    {"dependentSchemas", Rule::added_narrows},
    {"title", Rule::ignored},
    {"description", Rule::ignored},
    {"default", Rule::ignored},
    {"deprecated", Rule::ignored},
    {"readOnly", Rule::ignored},
    {"writeOnly", Rule::ignored},
    {"examples", Rule::ignored},
    {"contentEncoding", Rule::ignored},
    {"contentMediaType", Rule::ignored},
    {"contentSchema", Rule::ignored},
    {"$comment", Rule::ignored},
    {"$schema", Rule::ignored},
    {"$id", Rule::ignored},
    {"$anchor", Rule::ignored},
    {"$dynamicAnchor", Rule::ignored},
    {"$defs", Rule::ignored},
    {"$vocabulary", Rule::ignored},
}};
// `true` says as much as an object without rules.
const Json& as_rules(const Json& schema) {
  static const Json kNoRules = Json::Object{};
  return schema.is_bool() && schema.as_bool() ? kNoRules : schema;
}

const Json& member_or(const Json& schema, std::string_view name, const Json& otherwise) {
  const Json* found = schema.find(name);
  return found == nullptr ? otherwise : *found;
}

class Comparer {
 public:
  Comparer(const Json& before, const Json& after) : before_root_{before}, after_root_{after} {}

  void compare(const Json& before_in, const Json& after_in, const std::string& path, bool flipped) {
    const Json& before = as_rules(resolved(before_in, before_root_));
    const Json& after = as_rules(resolved(after_in, after_root_));
    if (!open_.insert({&before, &after, flipped}).second) return;
    if (before.is_bool() != after.is_bool()) {
      return add(after.is_bool() ? Shift::narrower : Shift::wider, path,
                 after.is_bool() ? "nothing may stand here now" : "something may stand here now", flipped);
    }
    if (!before.is_object() || !after.is_object()) return;
    compare_types(before, after, path, flipped);
    compare_values(before, after, path, flipped);
    for (const Plain& plain : kPlain) compare_plain(plain, before, after, path, flipped);
    compare_multiple(before, after, path, flipped);
    compare_required(before, after, path, flipped);
    compare_members(before, after, path, flipped);
    compare_items(before, after, path, flipped);
    compare_branches(before, after, path, flipped);
    compare_rest(before, after, path);
  }

  std::vector<Difference> take() { return std::move(found_); }

 private:
  void add(Shift shift, const std::string& path, std::string what, bool flipped) {
    if (flipped && shift != Shift::unclear) shift = shift == Shift::narrower ? Shift::wider : Shift::narrower;
    constexpr std::size_t kMost = 1000;
    if (found_.size() < kMost) found_.push_back({shift, path, std::move(what)});
  }

  // What a local pointer leads to, while a schema says nothing else.
  static const Json& resolved(const Json& schema, const Json& root) {
    const Json* at = &schema;
    for (int hops = 0; hops < 64; ++hops) {
      const Json* next = at->is_object() && at->as_object().size() == 1 ? target(*at, root) : nullptr;
      if (next == nullptr) return *at;
      at = next;
    }
    return *at;
  }

  static const Json* target(const Json& schema, const Json& root) {
    const Json* reference = schema.find("$ref");
    if (reference == nullptr || !reference->is_string()) return nullptr;
    SchemaDocuments documents;
    documents.add("", root);
    const Result<Target> found = documents.find(0, reference->as_string());
    return found ? found.value().schema : nullptr;
  }

  // Equal, and what it refers to is equal too.
  bool unchanged(const Json& before, const Json& after) const {
    if (!same(before, after)) return false;
    if (codec::to_json(before).find("Ref\":") == std::string::npos &&
        codec::to_json(before).find("$ref\":") == std::string::npos) {
      return true;
    }
    return same(before_root_, after_root_);
  }

  static std::set<std::string> types_of(const Json& schema) {
    const Json* type = schema.find("type");
    if (type == nullptr) return {"null", "boolean", "integer", "number", "string", "array", "object"};
    std::set<std::string> types;
    if (type->is_string()) types.insert(type->as_string());
    if (type->is_array()) {
      for (const Json& one : type->as_array()) types.insert(one.is_string() ? one.as_string() : "");
    }
    if (types.contains("number")) types.insert("integer");
    return types;
  }

  void compare_types(const Json& before, const Json& after, const std::string& path, bool flipped) {
    const std::set<std::string> old_types = types_of(before);
    const std::set<std::string> new_types = types_of(after);
    for (const std::string& type : old_types) {
      if (!new_types.contains(type))
        add(Shift::narrower, path, "type " + printable(type, 40) + " is no longer taken", flipped);
    }
    for (const std::string& type : new_types) {
      if (!old_types.contains(type)) add(Shift::wider, path, "type " + printable(type, 40) + " is taken now", flipped);
    }
  }

  static const Json::Array* options_of(const Json& schema, Json::Array& single) {
    const Json* constant = schema.find("const");
    if (constant != nullptr) return single = {*constant}, &single;
    const Json* options = schema.find("enum");
    return options != nullptr && options->is_array() ? &options->as_array() : nullptr;
  }

  void compare_values(const Json& before, const Json& after, const std::string& path, bool flipped) {
    Json::Array old_single;
    Json::Array new_single;
    const Json::Array* old_values = options_of(before, old_single);
    const Json::Array* new_values = options_of(after, new_single);
    if (old_values == nullptr && new_values == nullptr) return;
    if (old_values == nullptr) return add(Shift::narrower, path, "only listed values are taken now", flipped);
    if (new_values == nullptr) return add(Shift::wider, path, "not only listed values are taken now", flipped);
    const auto holds = [](const Json::Array& values, const Json& value) {
      return std::any_of(values.begin(), values.end(), [&value](const Json& one) { return same(one, value); });
    };
    for (const Json& value : *old_values) {
      if (!holds(*new_values, value))
        add(Shift::narrower, path, "value " + shown(value) + " is no longer taken", flipped);
    }
    for (const Json& value : *new_values) {
      if (!holds(*old_values, value)) add(Shift::wider, path, "value " + shown(value) + " is taken now", flipped);
    }
  }

  static std::string shown(const Json& value) { return printable(codec::to_json(value), 60); }

  void compare_plain(const Plain& plain, const Json& before, const Json& after, const std::string& path, bool flipped) {
    if (plain.rule == Rule::ignored) return;
    const Json* old_value = before.find(plain.keyword);
    const Json* new_value = after.find(plain.keyword);
    if (old_value == nullptr && new_value == nullptr) return;
    const std::string at = step_into(path, plain.keyword);
    const std::string keyword{plain.keyword};
    if (old_value == nullptr) return add(Shift::narrower, at, keyword + " " + shown(*new_value) + " is new", flipped);
    if (new_value == nullptr) return add(Shift::wider, at, keyword + " " + shown(*old_value) + " is gone", flipped);
    if (unchanged(*old_value, *new_value)) return;
    const std::string change = keyword + " was " + shown(*old_value) + " and is " + shown(*new_value);
    if (plain.rule == Rule::added_narrows) return add(Shift::unclear, at, change, flipped);
    const bool higher = compare_numbers(*new_value, *old_value) > 0;
    add(higher == (plain.rule == Rule::least) ? Shift::narrower : Shift::wider, at, change, flipped);
  }

  void compare_multiple(const Json& before, const Json& after, const std::string& path, bool flipped) {
    const Json* old_step = before.find("multipleOf");
    const Json* new_step = after.find("multipleOf");
    const std::string at = step_into(path, "multipleOf");
    if (new_step != nullptr && old_step == nullptr) add(Shift::narrower, at, "multipleOf is new", flipped);
    if (old_step != nullptr && new_step == nullptr) add(Shift::wider, at, "multipleOf is gone", flipped);
    if (old_step != nullptr && new_step != nullptr && !same(*old_step, *new_step)) {
      const Shift shift = is_multiple(*new_step, *old_step)   ? Shift::narrower
                          : is_multiple(*old_step, *new_step) ? Shift::wider
                                                              : Shift::unclear;
      add(shift, at, "multipleOf was " + shown(*old_step) + " and is " + shown(*new_step), flipped);
    }
    const auto unique = [](const Json& schema) { return same(member_or(schema, "uniqueItems", false), true); };
    if (unique(before) == unique(after)) return;
    add(unique(after) ? Shift::narrower : Shift::wider, step_into(path, "uniqueItems"),
        unique(after) ? "each item only once now" : "equal items are taken now", flipped);
  }

  static std::set<std::string> names_in(const Json& schema, std::string_view keyword) {
    std::set<std::string> names;
    const Json* list = schema.find(keyword);
    if (list == nullptr) return names;
    if (list->is_array()) {
      for (const Json& name : list->as_array()) names.insert(name.is_string() ? name.as_string() : "");
    } else if (list->is_object()) {
      for (const Json::Member& member : list->as_object()) names.insert(member.first);
    }
    return names;
  }

  void compare_required(const Json& before, const Json& after, const std::string& path, bool flipped) {
    const std::set<std::string> old_names = names_in(before, "required");
    const std::set<std::string> new_names = names_in(after, "required");
    for (const std::string& name : new_names) {
      if (!old_names.contains(name))
        add(Shift::narrower, path, "member \"" + printable(name, 60) + "\" is required now", flipped);
    }
    for (const std::string& name : old_names) {
      if (!new_names.contains(name))
        add(Shift::wider, path, "member \"" + printable(name, 60) + "\" may be left out now", flipped);
    }
  }

  void compare_members(const Json& before, const Json& after, const std::string& path, bool flipped) {
    const Json& old_rest = member_or(before, "additionalProperties", kAnything);
    const Json& new_rest = member_or(after, "additionalProperties", kAnything);
    std::set<std::string> names = names_in(before, "properties");
    names.merge(names_in(after, "properties"));
    const bool patterns = before.find("patternProperties") != nullptr || after.find("patternProperties") != nullptr;
    for (const std::string& name : names) {
      const Json* old_properties = before.find("properties");
      const Json* new_properties = after.find("properties");
      const Json* old_one = old_properties == nullptr ? nullptr : old_properties->find(name);
      const Json* new_one = new_properties == nullptr ? nullptr : new_properties->find(name);
      const std::string at = step_into(step_into(path, "properties"), name);
      if (patterns && (old_one == nullptr || new_one == nullptr)) {
        add(Shift::unclear, at, "a member joined or left the properties beside patternProperties", flipped);
      } else {
        compare(old_one == nullptr ? old_rest : *old_one, new_one == nullptr ? new_rest : *new_one, at, flipped);
      }
    }
    compare(old_rest, new_rest, step_into(path, "additionalProperties"), flipped);
    compare(member_or(before, "propertyNames", kAnything), member_or(after, "propertyNames", kAnything),
            step_into(path, "propertyNames"), flipped);
  }

  void compare_items(const Json& before, const Json& after, const std::string& path, bool flipped) {
    const Json& old_rest = member_or(before, "items", kAnything);
    const Json& new_rest = member_or(after, "items", kAnything);
    static const Json kNone = Json::Array{};
    const Json& old_prefix = member_or(before, "prefixItems", kNone);
    const Json& new_prefix = member_or(after, "prefixItems", kNone);
    if (!old_prefix.is_array() || !new_prefix.is_array()) return;
    const std::size_t most = std::max(old_prefix.as_array().size(), new_prefix.as_array().size());
    for (std::size_t at = 0; at < most; ++at) {
      compare(at < old_prefix.as_array().size() ? old_prefix.as_array()[at] : old_rest,
              at < new_prefix.as_array().size() ? new_prefix.as_array()[at] : new_rest,
              step_into(step_into(path, "prefixItems"), std::to_string(at)), flipped);
    }
    compare(old_rest, new_rest, step_into(path, "items"), flipped);
    const Json* old_contains = before.find("contains");
    const Json* new_contains = after.find("contains");
    const std::string at = step_into(path, "contains");
    if (old_contains == nullptr && new_contains != nullptr) add(Shift::narrower, at, "contains is new", flipped);
    if (old_contains != nullptr && new_contains == nullptr) add(Shift::wider, at, "contains is gone", flipped);
    // With maxContains a wider item may take fewer lists.
    if (old_contains != nullptr && new_contains != nullptr && !unchanged(*old_contains, *new_contains)) {
      add(Shift::unclear, at, "contains changed", flipped);
    }
  }

  void compare_branches(const Json& before, const Json& after, const std::string& path, bool flipped) {
    compare_list("allOf", Shift::narrower, before, after, path, flipped);
    compare_list("anyOf", Shift::wider, before, after, path, flipped);
    const Json* old_not = before.find("not");
    const Json* new_not = after.find("not");
    const std::string at = step_into(path, "not");
    if (old_not == nullptr && new_not != nullptr) add(Shift::narrower, at, "not is new", flipped);
    if (old_not != nullptr && new_not == nullptr) add(Shift::wider, at, "not is gone", flipped);
    if (old_not != nullptr && new_not != nullptr) compare(*old_not, *new_not, at, !flipped);
    const Json* old_ref = target(before, before_root_);
    const Json* new_ref = target(after, after_root_);
    if (old_ref != nullptr && new_ref != nullptr) return compare(*old_ref, *new_ref, step_into(path, "$ref"), flipped);
    if (before.find("$ref") == nullptr && after.find("$ref") == nullptr) return;
    add(Shift::unclear, step_into(path, "$ref"), "a reference came, went or leads elsewhere", flipped);
  }

  // One more branch narrows allOf and widens anyOf.
  void compare_list(std::string_view keyword, Shift one_more, const Json& before, const Json& after,
                    const std::string& path, bool flipped) {
    const Json* old_list = before.find(keyword);
    const Json* new_list = after.find(keyword);
    if (old_list == nullptr && new_list == nullptr) return;
    const std::string at = step_into(path, keyword);
    if (old_list == nullptr || new_list == nullptr) {
      return add(new_list != nullptr ? Shift::narrower : Shift::wider, at,
                 std::string{keyword} + (new_list != nullptr ? " is new" : " is gone"), flipped);
    }
    if (!old_list->is_array() || !new_list->is_array()) return;
    const std::size_t old_size = old_list->as_array().size();
    const std::size_t new_size = new_list->as_array().size();
    for (std::size_t i = 0; i < std::min(old_size, new_size); ++i) {
      compare(old_list->as_array()[i], new_list->as_array()[i], step_into(at, std::to_string(i)), flipped);
    }
    if (old_size == new_size) return;
    const Shift one_less = one_more == Shift::narrower ? Shift::wider : Shift::narrower;
    add(new_size > old_size ? one_more : one_less, at,
        std::string{keyword} + " has " + std::to_string(new_size) + " branches, it had " + std::to_string(old_size),
        flipped);
  }

  // What works on other parts of the same schema: clear only where nothing below it changed.
  void compare_rest(const Json& before, const Json& after, const std::string& path) {
    for (const std::string_view keyword :
         {"oneOf", "if", "then", "else", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef"}) {
      const Json* old_value = before.find(keyword);
      const Json* new_value = after.find(keyword);
      if (old_value == nullptr && new_value == nullptr) continue;
      const bool works_on_siblings = keyword.starts_with("unevaluated");
      if (works_on_siblings ? unchanged(before, after)
                            : old_value != nullptr && new_value != nullptr && unchanged(*old_value, *new_value)) {
        continue;
      }
      add(Shift::unclear, step_into(path, keyword), std::string{keyword} + " or something it works on changed", false);
    }
  }

  struct Pair {
    const Json* before;
    const Json* after;
    bool flipped;
    auto operator<=>(const Pair&) const = default;
  };

  const Json& before_root_;
  const Json& after_root_;
  std::set<Pair> open_;
  std::vector<Difference> found_;
};

}  // namespace

std::vector<Difference> compare_schemas(const Json& before, const Json& after) {
  Comparer comparer{before, after};
  comparer.compare(before, after, "", false);
  return comparer.take();
}

}  // namespace belljar::content
