#include <algorithm>

#include "base/text.h"
#include "codec/json_pointer.h"
#include "content/schema.h"
#include "content/schema_node.h"

namespace belljar::content {

using codec::Json;

namespace {

constexpr std::size_t kSchemaDepthMax = 64;

// A step too long to show is left out, which names the parent: one long key above many short ones must not cost their
// product.
std::string step_into(const std::string& path, const std::string& key) {
  if (path.size() + key.size() > kPathBytesMax) return path;
  return path + codec::pointer_step(key);
}

class Compiler {
 public:
  Result<std::unique_ptr<SchemaNode>> compile(const Json& schema, const std::string& path, std::size_t depth) {
    if (depth > kSchemaDepthMax) return wrong(path, "a schema nested deeper than 64 levels", "fewer");
    auto node = std::make_unique<SchemaNode>();
    if (schema.is_bool()) {
      node->kind = schema.as_bool() ? SchemaNode::Kind::everything : SchemaNode::Kind::nothing;
      return node;
    }
    if (!schema.is_object()) return wrong(path, schema.kind(), "a schema: an object, true or false");
    for (const Json::Member& member : schema.as_object()) {
      const Keyword* keyword = find_keyword(member.first);
      const std::string at = step_into(path, member.first);
      if (keyword == nullptr) return wrong(at, "keyword " + printable(member.first, 60), known_keywords());
      TRY((this->*keyword->read)(*node, member.second, {at, keyword->name, depth}));
    }
    return node;
  }

 private:
  struct Place {
    std::string path;
    std::string_view keyword;
    std::size_t depth;
  };
  struct Keyword {
    std::string_view name;
    Result<void> (Compiler::*read)(SchemaNode&, const Json&, const Place&);
  };

  static const std::array<Keyword, 18> kKeywords;

  static const Keyword* find_keyword(std::string_view name) {
    const auto* const found = std::find_if(kKeywords.begin(), kKeywords.end(),
                                           [name](const Keyword& keyword) { return keyword.name == name; });
    return found == kKeywords.end() ? nullptr : found;
  }

  static std::string known_keywords() {
    std::string text = "one of";
    for (const Keyword& keyword : kKeywords) text.append(" ").append(keyword.name);
    return text;
  }

  static Error wrong(const std::string& path, std::string_view found, std::string_view expected) {
    return Error{Errc::invalid_argument, (path.empty() ? "schema" : printable(path, kPathBytesMax)) + ": found " +
                                             std::string{found} + ", expected " + std::string{expected}};
  }

  Result<SchemaNode*> child(SchemaNode& node, const Json& schema, const std::string& path, std::size_t depth) {
    node.owned.push_back(TRY(compile(schema, path, depth + 1)));
    return node.owned.back().get();
  }

  Result<void> add_type(SchemaNode& node, const Json& name, const std::string& path) {
    const auto* const known =
        name.is_string() ? std::find(kTypes.begin(), kTypes.end(), name.as_string()) : kTypes.end();
    if (known == kTypes.end()) {
      return wrong(path, name.is_string() ? printable(name.as_string(), 60) : std::string{name.kind()},
                   "null, boolean, integer, number, string, array or object");
    }
    node.types |= bit(static_cast<Type>(known - kTypes.begin()));
    node.types_text.append(node.types_text.empty() ? "" : " or ").append(*known);
    return {};
  }

  Result<void> read_type(SchemaNode& node, const Json& value, const Place& place) {
    node.types = 0;
    if (!value.is_array()) return add_type(node, value, place.path);
    if (value.as_array().empty()) return wrong(place.path, "an empty list", "at least one type");
    for (const Json& name : value.as_array()) TRY(add_type(node, name, place.path));
    return {};
  }

  Result<void> read_properties(SchemaNode& node, const Json& value, const Place& place) {
    if (!value.is_object()) return wrong(place.path, value.kind(), "an object");
    for (const Json::Member& member : value.as_object()) {
      const std::string path = step_into(place.path, member.first);
      SchemaNode* const schema = TRY(child(node, member.second, path, place.depth));
      node.properties.push_back({member.first, schema});
    }
    std::sort(node.properties.begin(), node.properties.end(),
              [](const SchemaNode::Property& a, const SchemaNode::Property& b) { return a.name < b.name; });
    return {};
  }

  Result<void> read_required(SchemaNode& node, const Json& value, const Place& place) {
    if (!value.is_array()) return wrong(place.path, value.kind(), "a list of names");
    for (const Json& name : value.as_array()) {
      if (!name.is_string()) return wrong(place.path, name.kind(), "a name");
      node.required.push_back(name.as_string());
    }
    return {};
  }

  Result<void> read_additional(SchemaNode& node, const Json& value, const Place& place) {
    node.additional = TRY(child(node, value, place.path, place.depth));
    return {};
  }

  Result<void> read_items(SchemaNode& node, const Json& value, const Place& place) {
    node.items = TRY(child(node, value, place.path, place.depth));
    return {};
  }

  Result<void> read_enum(SchemaNode& node, const Json& value, const Place& place) {
    if (!value.is_array()) return wrong(place.path, value.kind(), "a list");
    node.options = value.as_array();
    return {};
  }

  Result<void> read_const(SchemaNode& node, const Json& value, const Place&) {
    node.constant = value;
    return {};
  }

  Result<void> read_bound(SchemaNode& node, const Json& value, const Place& place) {
    if (!value.is_number()) return wrong(place.path, value.kind(), "a number");
    node.bounds.push_back({place.keyword, value});
    return {};
  }

  Result<void> read_count(SchemaNode& node, const Json& value, const Place& place) {
    if (!is_whole(value) || value.as_number() < 0 || value.as_number() > 9007199254740992.0) {
      return wrong(place.path, value.kind(), "a whole number, 0 or more");
    }
    const auto count = static_cast<std::uint64_t>(value.as_number());
    if (place.keyword == "minLength") node.min_length = count;
    if (place.keyword == "maxLength") node.max_length = count;
    if (place.keyword == "minItems") node.min_items = count;
    if (place.keyword == "maxItems") node.max_items = count;
    return {};
  }

  Result<void> read_annotation(SchemaNode&, const Json& value, const Place& place) {
    if (!value.is_string()) return wrong(place.path, value.kind(), "text");
    return {};
  }

  Result<void> read_dialect(SchemaNode&, const Json& value, const Place& place) {
    constexpr std::string_view kDialect = "https://json-schema.org/draft/2020-12/schema";
    if (!value.is_string() || value.as_string() != kDialect) return wrong(place.path, "another dialect", kDialect);
    return {};
  }
};

const std::array<Compiler::Keyword, 18> Compiler::kKeywords{{
    {"type", &Compiler::read_type},
    {"properties", &Compiler::read_properties},
    {"required", &Compiler::read_required},
    {"additionalProperties", &Compiler::read_additional},
    {"enum", &Compiler::read_enum},
    {"const", &Compiler::read_const},
    {"minimum", &Compiler::read_bound},
    {"maximum", &Compiler::read_bound},
    {"exclusiveMinimum", &Compiler::read_bound},
    {"exclusiveMaximum", &Compiler::read_bound},
    {"minLength", &Compiler::read_count},
    {"maxLength", &Compiler::read_count},
    {"items", &Compiler::read_items},
    {"minItems", &Compiler::read_count},
    {"maxItems", &Compiler::read_count},
    {"title", &Compiler::read_annotation},
    {"description", &Compiler::read_annotation},
    {"$schema", &Compiler::read_dialect},
}};

std::shared_ptr<const SchemaNode> everything() {
  SchemaNode node;
  node.kind = SchemaNode::Kind::everything;
  return std::make_shared<const SchemaNode>(std::move(node));
}

}  // namespace

Schema::Schema() : root_{everything()} {}

Result<Schema> compile_schema(const Json& schema) {
  return Schema{std::shared_ptr<const SchemaNode>{TRY(Compiler{}.compile(schema, "", 0))}};
}

}  // namespace belljar::content
