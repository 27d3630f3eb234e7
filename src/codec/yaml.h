// Yaml: a parsed YAML 1.2 document that remembers where every key and value stands. yaml-cpp stays inside yaml.cc.
//
//   Yaml root = TRY(parse_yaml(text, "scenario.yaml"));
//   for (const Yaml::Entry& entry : root.entries) ...            // a map, in file order
//   Mark at = entry.value.mark;                                  // for file:line:column messages
//
// Scalars keep their text and whether they were quoted; types are decided by whoever reads them. Anchors and aliases
// are refused (a ten-line file can expand to gigabytes), so are tags, duplicate keys and more than `nodes_max` nodes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace belljar::codec {

struct Mark {
  int line = 0;    // from 1
  int column = 0;  // from 1
};

struct Yaml {
  enum class Kind { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  Mark mark;
  std::string scalar;  // kind scalar
  bool quoted = false;
  std::vector<Yaml> items;     // kind list
  std::vector<Entry> entries;  // kind map

  const Yaml* find(std::string_view key) const;
  // "nothing", "text", "list", "map": for "expected X, found Y"
  std::string_view kind_name() const;
};

struct Yaml::Entry {
  std::string key;
  Mark key_mark;
  Yaml value;
};

struct YamlLimits {
  std::size_t bytes_max = 1U << 20;
  std::size_t depth_max = 32;
  std::size_t nodes_max = 100000;
};

// Errors read "file:line:column: what was found, what was expected".
Result<Yaml> parse_yaml(std::string_view text, std::string_view file_name, YamlLimits limits = {});

// Block style, two-space indent; text always in double quotes, so that no reader takes it for anything else. What it
// writes parse_yaml() reads, within its limits.
std::string to_yaml(const Json& value);

}  // namespace belljar::codec
