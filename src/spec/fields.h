// Fields: reads a YAML map by a table of its keys, and collects everything that is wrong instead of stopping at the
// first thing. What scenario and contract files share.
//
//   constexpr std::array<Field<LinkSpec>, 2> kLink{{{"to", Need::required, read_to}, {"contract", Need::optional,
//   ...}}}; Problems problems{"triage.yaml"}; read_fields(problems, yaml, "a link", kLink, link);
//   TRY(problems.result());       // every line "file:line:column: found X, expected Y", in the order of the file
//
// Readers return nothing: a value that is wrong is reported and leaves the field as it was. One thread at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "codec/yaml.h"

namespace belljar::spec {

class Problems {
 public:
  explicit Problems(std::string_view file) : file_{file} {}

  // `message` reads "found X, expected Y"; what comes from the file in it has passed printable() or quote().
  void add(codec::Mark mark, std::string message);
  void add(codec::Mark mark, std::string_view found, std::string_view expected);
  bool none() const { return problems_.empty(); }
  Result<void> result() const;

 private:
  struct Problem {
    codec::Mark mark;
    std::string message;
  };
  std::string file_;
  std::vector<Problem> problems_;
};

// "\"text\"", printable and short.
std::string quote(std::string_view text);
// What a value is, for "found ...": text "x", a list, a map, nothing.
std::string describe(const codec::Yaml& value);

enum class Need { required, optional };

template <class T>
struct Field {
  std::string_view key;
  Need need;
  void (*read)(Problems&, const codec::Yaml&, T&);
};

// Keys that the design knows and this version cannot honour; a key that would be skipped silently is no promise.
struct Later {
  std::string_view key;
  std::string_view instead;  // what this version has
};

// Whether `value` is a map; a problem when it is not.
bool require_map(Problems& problems, const codec::Yaml& value, std::string_view owner);
bool require_list(Problems& problems, const codec::Yaml& value, std::string_view expected);
void refuse_key(Problems& problems, const codec::Yaml::Entry& entry, std::string_view owner,
                std::span<const std::string_view> known, std::span<const Later> later);

template <class T>
void read_fields(Problems& problems, const codec::Yaml& map, std::string_view owner, std::span<const Field<T>> fields,
                 std::span<const Later> later, T& out) {
  if (!require_map(problems, map, owner)) return;
  std::vector<std::string_view> known;
  for (const Field<T>& field : fields) known.push_back(field.key);
  for (const codec::Yaml::Entry& entry : map.entries) {
    const auto field = std::find(known.begin(), known.end(), entry.key);
    if (field == known.end()) {
      refuse_key(problems, entry, owner, known, later);
    } else {
      fields[static_cast<std::size_t>(field - known.begin())].read(problems, entry.value, out);
    }
  }
  for (const Field<T>& field : fields) {
    if (field.need == Need::optional || map.find(field.key) != nullptr) continue;
    problems.add(map.mark, std::string{owner} + " without \"" + std::string{field.key} + "\"",
                 "\"" + std::string{field.key} + "\" to be given");
  }
}

// Each reports what it cannot read and gives nothing. `expected` completes "expected ...".
std::optional<std::string> read_text(Problems& problems, const codec::Yaml& value, std::string_view expected);
std::optional<std::string> read_path(Problems& problems, const codec::Yaml& value, std::string_view expected);
std::optional<std::uint64_t> read_count(Problems& problems, const codec::Yaml& value, std::string_view expected,
                                        std::pair<std::uint64_t, std::uint64_t> range);
// Letters, digits and `others`, beginning with a letter or digit; at most `most` characters.
std::optional<std::string> read_name(Problems& problems, const codec::Yaml& value, std::string_view others,
                                     std::size_t most);
bool is_name(std::string_view text, std::string_view others, std::size_t most);
std::string name_expected(std::string_view others, std::size_t most);

// One of `known`; for one of `later`, says that this version does not support it.
std::optional<std::string> read_choice(Problems& problems, const codec::Yaml& value,
                                       std::span<const std::string_view> known,
                                       std::span<const std::string_view> later);

// Each item read by read_text; an item that is wrong is left out.
std::vector<std::string> read_texts(Problems& problems, const codec::Yaml& value, std::string_view expected);

}  // namespace belljar::spec
