// SchemaProgram: a compiled schema as flat tables, for schema_*.cc and generate*.cc alone.
//
// A node is one subschema: which types it takes, and the operations to run, grouped by the type of value they concern
// so that a value meets only those that can say something about it. Operations name rows of the tables by index. Within
// a group they run in the order of `Code`: cheap ones first, `unevaluated*` last, as the standard demands.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codec/json.h"
#include "content/format.h"
#include "content/pattern.h"

namespace belljar::content {

using NodeId = std::uint32_t;
constexpr NodeId kNoNode = std::numeric_limits<NodeId>::max();
constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

constexpr std::array<std::string_view, 7> kTypes{"null", "boolean", "integer", "number", "string", "array", "object"};
constexpr std::uint8_t kEveryType = 0x7F;
constexpr std::uint8_t bit(codec::Json::Type type) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(type));
}
constexpr std::size_t kPathBytesMax = 512;

enum class Code : std::uint8_t {
  // any value
  constant,
  one_of_values,
  // numbers
  bound,
  multiple,
  // strings
  length,
  format,
  pattern,
  // arrays
  item_count,
  unique,
  items,
  contains,
  // objects
  member_count,
  dependent_required,
  members,
  property_names,
  dependent_schemas,
  // any value, in place
  ref,
  dynamic_ref,
  all_of,
  any_of,
  exactly_one,
  negation,
  condition,
  // after all of them
  unevaluated_items,
  unevaluated_properties,
};

enum class Group : std::uint8_t { any, number, string, array, object };
constexpr std::size_t kGroups = 5;

struct Op {
  Code code;
  std::uint32_t row = 0;  // of the table for that code, or a NodeId
};

struct Bound {
  std::string_view keyword;   // minimum, maximum, exclusiveMinimum, exclusiveMaximum
  std::string_view relation;  // "at least "
  codec::Json limit;
  bool lower = false, exclusive = false;
  double number = 0;  // the limit, where a double holds it exactly: most are small integers
  bool exact = false;
};

struct Counts {
  std::uint64_t least = 0, most = kNoLimit;
};

struct Items {
  std::vector<NodeId> prefix;
  NodeId rest = kNoNode;
};

struct Contains {
  NodeId node = kNoNode;
  std::uint64_t least = 1, most = kNoLimit;
  bool has_least = false;
};

// properties, patternProperties, additionalProperties and required in one pass over the members.
struct Members {
  struct Property {
    std::string name;
    NodeId node = kNoNode;  // none: required alone
    bool required = false;
  };
  struct Matching {
    Pattern pattern;
    NodeId node;
  };
  std::vector<Property> properties;    // in the order of the schema
  std::vector<std::uint32_t> buckets;  // open addressing by hash of the name: index + 1, 0 when free
  std::vector<Matching> matching;
  NodeId additional = kNoNode;
  std::uint32_t required = 0;
  std::vector<std::string> required_names;  // in the order of the schema
};

struct Dependency {
  std::string name;
  std::vector<std::string> required;  // dependentRequired
  NodeId node = kNoNode;              // dependentSchemas
};

struct Condition {
  NodeId when = kNoNode, then = kNoNode, otherwise = kNoNode;
};

struct DynamicRef {
  NodeId first;                                       // as a plain reference resolves
  std::unordered_map<std::uint32_t, NodeId> anchors;  // by resource; empty where it stays a plain reference
};

struct Node {
  std::uint8_t types = kEveryType;
  bool marks_items = false, marks_members = false;  // unevaluated* needs to know what was looked at
  std::uint32_t resource = 0;
  std::array<std::uint32_t, kGroups + 1> ops{};  // group g: ops[g] to ops[g + 1]
};

struct SchemaProgram {
  std::vector<Node> nodes;              // the first is the whole
  std::vector<std::string> paths;       // of each node
  std::vector<std::string> type_words;  // of each node: "number or null"
  std::vector<Op> ops;
  std::vector<codec::Json> values;  // const; multipleOf
  std::vector<std::vector<codec::Json>> value_lists;
  std::vector<Bound> bounds;
  std::vector<Counts> counts;  // length, items, members
  std::vector<const Format*> formats;
  std::vector<Pattern> patterns;
  std::vector<Items> items;
  std::vector<Contains> contains;
  std::vector<Members> members;
  std::vector<std::vector<Dependency>> dependencies;
  std::vector<std::vector<NodeId>> branches;
  std::vector<Condition> conditions;
  std::vector<DynamicRef> dynamic_refs;
};

// The table holds names of the schema alone, so whatever names a message brings, a look-up costs at most the longest
// run of full buckets, which the schema fixes.
inline std::uint32_t name_hash(std::string_view name) {
  std::uint64_t hash = name.size() * 0x9E3779B97F4A7C15ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  return static_cast<std::uint32_t>(hash ^ (hash >> 32));
}

}  // namespace belljar::content
