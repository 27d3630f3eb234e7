// SchemaNode: a compiled schema, and the notions of type, number and equality that compiling and validating share.
// For schema_compile.cc and schema_validate.cc alone. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"

namespace belljar::content {

enum class Type { null, boolean, integer, number, string, array, object };
constexpr std::array<std::string_view, 7> kTypes{"null", "boolean", "integer", "number", "string", "array", "object"};
constexpr unsigned kEveryType = 0x7F;
constexpr std::size_t kPathBytesMax = 512;

constexpr unsigned bit(Type type) { return 1U << static_cast<unsigned>(type); }

struct SchemaNode {
  enum class Kind { rules, everything, nothing };

  struct Property {
    std::string name;
    SchemaNode* schema = nullptr;  // in `owned`
  };
  struct Bound {
    std::string_view keyword;
    codec::Json limit;  // a number, exact where it is an integer
  };

  Kind kind = Kind::rules;
  unsigned types = kEveryType;
  std::string types_text;
  std::vector<Property> properties;  // sorted by name
  std::vector<std::string> required;
  SchemaNode* additional = nullptr;
  SchemaNode* items = nullptr;
  std::optional<std::vector<codec::Json>> options;  // enum
  std::optional<codec::Json> constant;
  std::vector<Bound> bounds;
  std::optional<std::uint64_t> min_length, max_length, min_items, max_items;
  std::vector<std::unique_ptr<SchemaNode>> owned;
};

// -1, 0, 1 for less, equal, greater; exact for integers that no double holds.
int compare_numbers(const codec::Json& a, const codec::Json& b);
bool is_whole(const codec::Json& value);
// JSON Schema equality: 1 and 1.0 are equal, members have no order.
bool same(const codec::Json& a, const codec::Json& b);
bool has_type(const codec::Json& value, unsigned types);

}  // namespace belljar::content
