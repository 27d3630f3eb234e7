#include <algorithm>

#include "base/text.h"
#include "codec/json_pointer.h"
#include "content/schema.h"
#include "content/schema_node.h"

namespace belljar::content {

using codec::Json;

namespace {

std::string shown(const Json& value) {
  if (value.is_array() || value.is_object()) return std::string{value.kind()};
  return printable(codec::to_json(value), 60);
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

class Validator {
 public:
  std::vector<SchemaError> take() { return std::move(errors_); }

  // Recursion is as deep as the schema, which compile_schema() bounds.
  void check(const SchemaNode& node, const Json& value) {
    if (node.kind == SchemaNode::Kind::everything || full()) return;
    if (node.kind == SchemaNode::Kind::nothing) return report("", "found " + shown(value) + ", expected nothing here");
    if (!has_type(value, node.types)) {
      report("type", "found " + std::string{value.kind()} + ", expected " + node.types_text);
    }
    check_options(node, value);
    if (value.is_number()) check_bounds(node, value);
    if (value.is_string()) check_length(node, value.as_string());
    if (value.is_array()) check_array(node, value.as_array());
    if (value.is_object()) check_object(node, value);
  }

 private:
  bool full() const { return errors_.size() >= kErrorsMax; }

  void report(std::string_view keyword, std::string what) {
    if (full()) return;
    std::string schema_path = schema_path_;
    if (!keyword.empty()) schema_path.append("/").append(keyword);
    errors_.push_back({printable(where_, kPathBytesMax), std::move(what), printable(schema_path, kPathBytesMax)});
  }

  void check_options(const SchemaNode& node, const Json& value) {
    if (node.constant && !same(*node.constant, value)) {
      report("const", "found " + shown(value) + ", expected " + shown(*node.constant));
    }
    if (!node.options) return;
    const bool listed = std::any_of(node.options->begin(), node.options->end(),
                                    [&value](const Json& option) { return same(option, value); });
    if (!listed) report("enum", "found " + shown(value) + ", expected one of " + options_text(*node.options));
  }

  static std::string options_text(const std::vector<Json>& options) {
    constexpr std::size_t kShown = 8;
    std::string text;
    for (std::size_t at = 0; at < options.size() && at < kShown; ++at) {
      text.append(at == 0 ? "" : ", ").append(shown(options[at]));
    }
    return options.size() > kShown ? text + " ..." : text;
  }

  void check_bounds(const SchemaNode& node, const Json& value) {
    for (const SchemaNode::Bound& bound : node.bounds) {
      const int order = compare_numbers(value, bound.limit);
      const std::string limit = codec::to_json(bound.limit);
      if (bound.keyword == "minimum" && order < 0) report("minimum", number_error(value, "at least ", limit));
      if (bound.keyword == "maximum" && order > 0) report("maximum", number_error(value, "at most ", limit));
      if (bound.keyword == "exclusiveMinimum" && order <= 0) {
        report("exclusiveMinimum", number_error(value, "more than ", limit));
      }
      if (bound.keyword == "exclusiveMaximum" && order >= 0) {
        report("exclusiveMaximum", number_error(value, "less than ", limit));
      }
    }
  }

  static std::string number_error(const Json& value, std::string_view relation, const std::string& limit) {
    return "found " + shown(value) + ", expected " + std::string{relation} + limit;
  }

  void check_length(const SchemaNode& node, std::string_view text) {
    if (!node.min_length && !node.max_length) return;
    const std::size_t length = code_points(text);
    check_count({"minLength", "maxLength", " characters"}, length, node.min_length, node.max_length);
  }

  struct CountWords {
    std::string_view least_keyword, most_keyword, things;
  };

  void check_count(const CountWords& words, std::size_t count, std::optional<std::uint64_t> least,
                   std::optional<std::uint64_t> most) {
    const std::string found = "found " + std::to_string(count) + std::string{words.things};
    if (least && count < *least) report(words.least_keyword, found + ", expected at least " + std::to_string(*least));
    if (most && count > *most) report(words.most_keyword, found + ", expected at most " + std::to_string(*most));
  }

  void check_array(const SchemaNode& node, const Json::Array& array) {
    check_count({"minItems", "maxItems", " items"}, array.size(), node.min_items, node.max_items);
    if (node.items == nullptr) return;
    for (std::size_t at = 0; at < array.size() && !full(); ++at) {
      descend(*node.items, array[at], "/" + std::to_string(at), "/items");
    }
  }

  void check_object(const SchemaNode& node, const Json& value) {
    check_required(node, value);
    for (const Json::Member& member : value.as_object()) {
      if (full()) return;
      const auto property = std::lower_bound(
          node.properties.begin(), node.properties.end(), member.first,
          [](const SchemaNode::Property& known, const std::string& name) { return known.name < name; });
      if (property != node.properties.end() && property->name == member.first) {
        descend(*property->schema, member.second, codec::pointer_step(member.first),
                "/properties" + codec::pointer_step(member.first));
      } else if (node.additional != nullptr) {
        descend(*node.additional, member.second, codec::pointer_step(member.first), "/additionalProperties");
      }
    }
  }

  void check_required(const SchemaNode& node, const Json& value) {
    if (node.required.empty()) return;
    std::vector<std::string_view> present;
    present.reserve(value.as_object().size());
    for (const Json::Member& member : value.as_object()) present.emplace_back(member.first);
    std::sort(present.begin(), present.end());
    for (const std::string& name : node.required) {
      if (std::binary_search(present.begin(), present.end(), name)) continue;
      report("required", "found no member \"" + printable(name, 60) + "\", expected it");
    }
  }

  void descend(const SchemaNode& node, const Json& value, std::string_view where, std::string_view schema_path) {
    const std::size_t where_size = where_.size();
    const std::size_t path_size = schema_path_.size();
    where_.append(where);
    schema_path_.append(schema_path);
    check(node, value);
    where_.resize(where_size);
    schema_path_.resize(path_size);
  }

  std::string where_;
  std::string schema_path_;
  std::vector<SchemaError> errors_;
};

}  // namespace

std::vector<SchemaError> validate(const Schema& schema, const Json& value) {
  Validator validator;
  validator.check(schema.root(), value);
  return validator.take();
}

}  // namespace belljar::content
