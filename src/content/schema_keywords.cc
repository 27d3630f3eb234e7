// Keywords that say something about a value by themselves: the validation, format, content and annotation vocabularies.
#include <algorithm>

#include "base/text.h"
#include "content/number.h"
#include "content/schema_compiler.h"

namespace belljar::content {

using codec::Json;

const std::vector<Compiler::Keyword>& Compiler::keywords() {
  using C = Compiler;
  constexpr std::uint8_t kFormat = kFormatAnnotation | kFormatAssertion;
  static const std::vector<Keyword> kKeywords{
      {"$schema", kCore, &C::read_any},
      {"$id", kCore, &C::read_id},
      {"$anchor", kCore, &C::read_any},
      {"$dynamicAnchor", kCore, &C::read_any},
      {"$ref", kCore, &C::read_ref},
      {"$dynamicRef", kCore, &C::read_dynamic_ref},
      {"$defs", kCore, &C::read_defs},
      {"$comment", kCore, &C::read_text},
      {"$vocabulary", kCore, &C::read_vocabulary},
      {"type", kValidation, &C::read_type},
      {"const", kValidation, &C::read_const},
      {"enum", kValidation, &C::read_enum},
      {"minimum", kValidation, &C::read_bound},
      {"maximum", kValidation, &C::read_bound},
      {"exclusiveMinimum", kValidation, &C::read_bound},
      {"exclusiveMaximum", kValidation, &C::read_bound},
      {"multipleOf", kValidation, &C::read_multiple},
      {"minLength", kValidation, &C::read_count},
      {"maxLength", kValidation, &C::read_count},
      {"pattern", kValidation, &C::read_pattern},
      {"minItems", kValidation, &C::read_count},
      {"maxItems", kValidation, &C::read_count},
      {"uniqueItems", kValidation, &C::read_unique},
      {"minContains", kValidation, &C::read_count, "contains"},
      {"maxContains", kValidation, &C::read_count, "contains"},
      {"minProperties", kValidation, &C::read_count},
      {"maxProperties", kValidation, &C::read_count},
      {"required", kValidation, &C::read_required},
      {"dependentRequired", kValidation, &C::read_dependent_required},
      {"properties", kApplicator, &C::read_properties},
      {"patternProperties", kApplicator, &C::read_pattern_properties},
      {"additionalProperties", kApplicator, &C::read_additional},
      {"propertyNames", kApplicator, &C::read_property_names},
      {"dependentSchemas", kApplicator, &C::read_dependent_schemas},
      {"prefixItems", kApplicator, &C::read_prefix_items},
      {"items", kApplicator, &C::read_items},
      {"contains", kApplicator, &C::read_contains},
      {"allOf", kApplicator, &C::read_branches},
      {"anyOf", kApplicator, &C::read_branches},
      {"oneOf", kApplicator, &C::read_branches},
      {"not", kApplicator, &C::read_not},
      {"if", kApplicator, &C::read_if},
      {"then", kApplicator, &C::read_branch_of_if, "if"},
      {"else", kApplicator, &C::read_branch_of_if, "if"},
      {"unevaluatedItems", kUnevaluated, &C::read_unevaluated},
      {"unevaluatedProperties", kUnevaluated, &C::read_unevaluated},
      {"format", kFormat, &C::read_format},
      {"contentEncoding", kContent, &C::read_text},
      {"contentMediaType", kContent, &C::read_text},
      {"contentSchema", kContent, &C::read_schema_annotation, "contentMediaType"},
      {"title", kMetaData, &C::read_text},
      {"description", kMetaData, &C::read_text},
      {"default", kMetaData, &C::read_any},
      {"deprecated", kMetaData, &C::read_flag},
      {"readOnly", kMetaData, &C::read_flag},
      {"writeOnly", kMetaData, &C::read_flag},
      {"examples", kMetaData, &C::read_list},
  };
  return kKeywords;
}

const Compiler::Keyword* Compiler::find_keyword(std::string_view name) {
  const auto found = std::find_if(keywords().begin(), keywords().end(),
                                  [name](const Keyword& keyword) { return keyword.name == name; });
  return found == keywords().end() ? nullptr : &*found;
}

std::optional<std::uint64_t> Compiler::count(const Json& value, const Place& place) {
  if (is_whole(value) && value.as_number() >= 0 && value.as_number() <= 9007199254740992.0) {
    return static_cast<std::uint64_t>(value.as_number());
  }
  wrong(place.path, value.kind(), "a whole number, 0 or more");
  return std::nullopt;
}

bool Compiler::require_object(const Json& value, const Place& place) {
  if (value.is_object()) return true;
  wrong(place.path, value.kind(), "an object");
  return false;
}

bool Compiler::require_list(const Json& value, const Place& place, std::string_view of) {
  if (value.is_array()) return true;
  wrong(place.path, value.kind(), of);
  return false;
}

std::vector<std::string> Compiler::names(const Json& value, const std::string& path) {
  std::vector<std::string> found;
  if (!require_list(value, {path, ""}, "a list of names")) return found;
  for (const Json& name : value.as_array()) {
    if (!name.is_string()) {
      wrong(path, name.kind(), "a name");
    } else {
      found.push_back(name.as_string());
    }
  }
  std::vector<std::string_view> sorted{found.begin(), found.end()};
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) wrong(path, printable(*twice, 60) + " a second time", "each name once");
  return found;
}

void Compiler::add_type(Draft& draft, const Json& name, const Place& place) {
  const auto* const known = name.is_string() ? std::find(kTypes.begin(), kTypes.end(), name.as_string()) : kTypes.end();
  if (known == kTypes.end()) {
    return wrong(place.path, name.is_string() ? printable(name.as_string(), 60) : std::string{name.kind()},
                 "null, boolean, integer, number, string, array or object");
  }
  Node& node = program_->nodes[draft.id];
  const auto type = static_cast<Json::Type>(known - kTypes.begin());
  // Every integer is a number.
  const std::uint8_t bits = type == Json::Type::number ? bit(type) | bit(Json::Type::integer) : bit(type);
  std::string& words = program_->type_words[draft.id];
  if ((node.types & bits) == bits && type != Json::Type::integer) {
    return wrong(place.path, std::string{*known} + " a second time", "each type once");
  }
  node.types |= bits;
  words.append(words.empty() ? "" : " or ").append(*known);
}

void Compiler::read_type(Draft& draft, const Json& value, const Place& place) {
  program_->nodes[draft.id].types = 0;
  if (!value.is_array()) return add_type(draft, value, place);
  if (value.as_array().empty()) wrong(place.path, "an empty list", "at least one type");
  for (const Json& name : value.as_array()) add_type(draft, name, place);
}

void Compiler::read_const(Draft& draft, const Json& value, const Place&) {
  program_->values.push_back(value);
  add(draft, Group::any, Code::constant, program_->values.size() - 1);
}

void Compiler::read_enum(Draft& draft, const Json& value, const Place& place) {
  if (!require_list(value, place, "a list")) return;
  program_->value_lists.push_back(value.as_array());
  add(draft, Group::any, Code::one_of_values, program_->value_lists.size() - 1);
}

void Compiler::read_bound(Draft& draft, const Json& value, const Place& place) {
  if (!value.is_number()) return wrong(place.path, value.kind(), "a number");
  const bool least = place.keyword.ends_with("inimum");
  const std::string_view relation =
      place.keyword.starts_with("ex") ? (least ? "more than " : "less than ") : (least ? "at least " : "at most ");
  constexpr std::int64_t kExactMax = std::int64_t{1} << 53;
  Bound bound{place.keyword, relation, value, least, place.keyword.starts_with("ex")};
  bound.exact = !value.is_int() || (value.as_int() >= -kExactMax && value.as_int() <= kExactMax);
  bound.number = value.as_number();
  program_->bounds.push_back(std::move(bound));
  add(draft, Group::number, Code::bound, program_->bounds.size() - 1);
}

void Compiler::read_multiple(Draft& draft, const Json& value, const Place& place) {
  if (!value.is_number() || value.as_number() <= 0) return wrong(place.path, value.kind(), "a number more than 0");
  program_->values.push_back(value);
  add(draft, Group::number, Code::multiple, program_->values.size() - 1);
}

void Compiler::read_count(Draft& draft, const Json& value, const Place& place) {
  const std::optional<std::uint64_t> number = count(value, place);
  if (!number || place.keyword.ends_with("Contains")) return;  // which read_contains() looks at
  Counts& counts = place.keyword.ends_with("Length")  ? draft.length
                   : place.keyword.ends_with("Items") ? draft.item_count
                                                      : draft.member_count;
  (place.keyword.starts_with("min") ? counts.least : counts.most) = *number;
}

std::optional<Pattern> Compiler::pattern_of(std::string_view text, const std::string& path) {
  Result<Pattern> pattern = compile_pattern(text);
  if (pattern) return std::move(pattern).value();
  // "byte 3: found a look-ahead, expected ..."
  const std::string& message = pattern.error().message();
  const std::size_t found = message.find("found ");
  problems_.push_back({path, message.substr(found) + " (" + message.substr(0, message.find(':')) + " of the pattern)"});
  return std::nullopt;
}

void Compiler::read_pattern(Draft& draft, const Json& value, const Place& place) {
  if (!value.is_string()) return wrong(place.path, value.kind(), "a regular expression");
  std::optional<Pattern> pattern = pattern_of(value.as_string(), place.path);
  if (!pattern) return;
  program_->patterns.push_back(std::move(*pattern));
  add(draft, Group::string, Code::pattern, program_->patterns.size() - 1);
}

void Compiler::read_format(Draft& draft, const Json& value, const Place& place) {
  if (!value.is_string()) return wrong(place.path, value.kind(), "the name of a format");
  const bool by_dialect = (documents_.resource(draft.resource).dialect & kFormatAssertion) != 0;
  if (options_.formats == Formats::annotations && !by_dialect) return;
  const Format* format = find_format(value.as_string());
  if (format == nullptr) {
    if (options_.unknown == UnknownKeywords::ignored) return;
    return wrong(place.path, "format " + printable(value.as_string(), 60), "one of " + format_names());
  }
  program_->formats.push_back(format);
  add(draft, Group::string, Code::format, program_->formats.size() - 1);
}

void Compiler::read_unique(Draft& draft, const Json& value, const Place& place) {
  if (!value.is_bool()) return wrong(place.path, value.kind(), "true or false");
  if (value.as_bool()) add(draft, Group::array, Code::unique, 0);
}

void Compiler::read_text(Draft&, const Json& value, const Place& place) {
  if (!value.is_string()) wrong(place.path, value.kind(), "text");
}

void Compiler::read_flag(Draft&, const Json& value, const Place& place) {
  if (!value.is_bool()) wrong(place.path, value.kind(), "true or false");
}

void Compiler::read_list(Draft&, const Json& value, const Place& place) { (void)require_list(value, place, "a list"); }

void Compiler::read_id(Draft&, const Json& value, const Place& place) {
  if (!value.is_string()) wrong(place.path, value.kind(), "a URI");
}

void Compiler::read_vocabulary(Draft&, const Json& value, const Place& place) { (void)require_object(value, place); }

}  // namespace belljar::content
