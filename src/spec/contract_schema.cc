// The schemas of a contract file: YAML as JSON, each part remembered with its place.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "codec/json_pointer.h"
#include "spec/contract_parts.h"

namespace belljar::spec {

namespace {

using codec::Json;
using codec::Yaml;

constexpr std::size_t kPointerBytesMax = 512;
constexpr std::array<std::string_view, 8> kAmbiguous{"yes", "no", "on", "off", "Yes", "No", "On", "Off"};

// Forms that some YAML reader takes for a number and JSON does not: 0x1F, 0o17, +1, 010, .5, 1., 1_000, .inf.
bool is_foreign_number(std::string_view text) {
  const std::string_view digits = text.starts_with('+') || text.starts_with('-') ? text.substr(1) : text;
  if (digits == ".inf" || digits == ".Inf" || digits == ".INF" || digits == ".nan" || digits == ".NaN") return true;
  if (digits.starts_with("0x") || digits.starts_with("0o")) return true;
  const bool numeric = digits.find_first_not_of("0123456789._eE+-") == std::string_view::npos;
  return numeric && digits.find_first_of("0123456789") != std::string_view::npos &&
         digits.find('-', 1) == std::string_view::npos;
}

Json scalar_json(Problems& problems, const Yaml& value) {
  const std::string& text = value.scalar;
  if (value.quoted) return text;
  if (text == "true" || text == "false") return text == "true";
  if (std::find(kAmbiguous.begin(), kAmbiguous.end(), text) != kAmbiguous.end()) {
    problems.add(value.mark, quote(text), "true, false, or the word in quotes");
    return {};
  }
  if (!text.empty() && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'))) {
    Result<Json> number = codec::parse_json(text);
    if (number) return std::move(number).value();
  }
  if (is_foreign_number(text)) problems.add(value.mark, quote(text), "a number as in JSON, or text in quotes");
  return text;
}

// Empty below a pointer that has grown too long to keep: one long key above many short ones must not cost their
// product.
std::string step_into(const std::string& pointer, const std::string& key) {
  if (pointer.empty() || pointer.size() + key.size() > kPointerBytesMax) return {};
  return pointer + codec::pointer_step(key);
}

// As deep as the YAML, whose parser bounds it.
Json to_json_value(Problems& problems, const Yaml& value, const std::string& pointer,
                   std::vector<SchemaPlace>& places) {
  switch (value.kind) {
    case Yaml::Kind::null:
      return {};
    case Yaml::Kind::scalar:
      return scalar_json(problems, value);
    case Yaml::Kind::list: {
      Json::Array array;
      for (const Yaml& item : value.items) {
        const std::string below = step_into(pointer, std::to_string(array.size()));
        if (!below.empty()) places.push_back({below, item.mark});
        array.push_back(to_json_value(problems, item, below, places));
      }
      return array;
    }
    case Yaml::Kind::map:
      break;
  }
  Json::Object object;
  for (const Yaml::Entry& entry : value.entries) {
    const std::string below = step_into(pointer, entry.key);
    if (!below.empty()) places.push_back({below, entry.key_mark});
    object.emplace_back(entry.key, to_json_value(problems, entry.value, below, places));
  }
  return object;
}

}  // namespace

Inside inside_of(std::string_view keyword) {
  constexpr std::array<std::string_view, 5> kNames{"properties", "patternProperties", "dependentSchemas", "$defs",
                                                   "dependentRequired"};
  constexpr std::array<std::string_view, 4> kData{"const", "enum", "default", "examples"};
  if (std::find(kNames.begin(), kNames.end(), keyword) != kNames.end()) return Inside::names;
  return std::find(kData.begin(), kData.end(), keyword) != kData.end() ? Inside::data : Inside::schema;
}

Json plain_json(Problems& problems, const Yaml& value) {
  std::vector<SchemaPlace> places;
  return to_json_value(problems, value, {}, places);
}

Json read_schema(Problems& problems, const Yaml& value, const std::string& pointer, Contract& contract) {
  contract.places.push_back({pointer, value.mark});
  Json schema = to_json_value(problems, value, pointer, contract.places);
  if (!schema.is_object() && !schema.is_bool()) {
    problems.add(value.mark, describe(value), "a JSON Schema: a map, true or false");
  }
  return schema;
}

namespace {

// Of "/answer/properties/id: found X, expected Y", the length of `pointer` where it is that place or leads to it.
std::size_t leads_to(const std::string& pointer, const std::string& message) {
  const std::string begins = printable(pointer, message.size());
  if (!message.starts_with(begins)) return 0;
  const std::string_view rest = std::string_view{message}.substr(begins.size());
  return rest.starts_with('/') || rest.starts_with(": found ") ? begins.size() : 0;
}

// A step that was too long to keep has the place of its nearest parent that is known.
bool add_placed(const Contract& contract, const std::string& message, Problems& problems) {
  const SchemaPlace* deepest = nullptr;
  std::size_t length = 0;
  for (const SchemaPlace& place : contract.places) {
    const std::size_t leads = leads_to(place.pointer, message);
    if (leads <= length) continue;
    deepest = &place;
    length = leads;
  }
  const std::size_t found = message.find(": found ", length);
  if (deepest == nullptr || found == std::string::npos) return false;
  problems.add(deepest->mark, message.substr(found + 2));
  return true;
}

}  // namespace

Error schema_error(const Contract& contract, std::string_view section, const Error& error) {
  const std::string file = printable(contract.file, 4096);
  const std::string name{section};
  Problems problems{file};
  std::string unplaced;
  std::string_view rest = error.message();
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string line{rest.substr(0, end)};
    rest.remove_prefix(std::min(end + 1, rest.size()));
    // The whole of a section goes by "schema: found ..." in compile_schema()'s words.
    const std::string message = "/" + name + (line.starts_with("schema: ") ? line.substr(6) : line);
    if (add_placed(contract, message, problems)) continue;
    unplaced += (unplaced.empty() ? "" : "\n") + (file.empty() ? "open contract" : file) + ": " + name + ": " + line;
  }
  if (problems.none()) return Error{error.code(), unplaced};
  const std::string placed = problems.result().error().message();
  return Error{error.code(), unplaced.empty() ? placed : placed + "\n" + unplaced};
}

}  // namespace belljar::spec
