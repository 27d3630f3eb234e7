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
      for (const Yaml& item : value.items) array.push_back(to_json_value(problems, item, pointer, places));
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

Json read_schema(Problems& problems, const Yaml& value, const std::string& pointer, Contract& contract) {
  contract.places.push_back({pointer, value.mark});
  Json schema = to_json_value(problems, value, pointer, contract.places);
  if (!schema.is_object() && !schema.is_bool()) {
    problems.add(value.mark, describe(value), "a JSON Schema: a map, true or false");
  }
  return schema;
}

Error schema_error(const Contract& contract, std::string_view section, const Error& error) {
  const std::string message = "/" + std::string{section} + error.message();
  const SchemaPlace* deepest = nullptr;
  std::size_t length = 0;
  for (const SchemaPlace& place : contract.places) {
    const std::string begins = printable(place.pointer, message.size()) + ": found ";
    if (begins.size() <= length || !message.starts_with(begins)) continue;
    deepest = &place;
    length = begins.size();
  }
  const std::string file = printable(contract.file, 4096);
  if (deepest == nullptr) {
    const std::string name = file.empty() ? "open contract" : file;
    return Error{error.code(), name + ": " + std::string{section} + ": " + error.message()};
  }
  Problems problems{file};
  problems.add(deepest->mark, "found " + message.substr(length));
  return problems.result().error();
}

}  // namespace belljar::spec
