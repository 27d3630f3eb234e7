#include "spec/contract.h"

#include <array>

#include "base/text.h"
#include "codec/json_pointer.h"
#include "spec/fields.h"
#include "spec/quantity.h"
#include "spec/quotas.h"

namespace belljar::spec {

namespace {

using codec::Json;
using codec::Yaml;

constexpr std::size_t kPointerBytesMax = 512;
constexpr std::uint64_t kMessageBytesMost = 16ULL << 20;
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

Json read_schema(Problems& problems, const Yaml& value, const std::string& pointer, Contract& contract) {
  contract.places.push_back({pointer, value.mark});
  Json schema = to_json_value(problems, value, pointer, contract.places);
  if (!schema.is_object() && !schema.is_bool()) {
    problems.add(value.mark, describe(value), "a JSON Schema: a map, true or false");
  }
  return schema;
}

void read_version(Problems& problems, const Yaml& value, Contract&) {
  if (value.kind == Yaml::Kind::scalar && !value.quoted && value.scalar == "1") return;
  problems.add(value.mark, describe(value), "1, the only format this version reads");
}

void read_deadline(Problems& problems, const Yaml& value, Contract& contract) {
  constexpr std::chrono::milliseconds kMost = std::chrono::hours{24};
  const Result<std::chrono::milliseconds> deadline = parse_duration(value.scalar);
  if (value.kind == Yaml::Kind::scalar && deadline && deadline.value().count() >= 1 && deadline.value() <= kMost) {
    contract.deadline = deadline.value();
  } else {
    problems.add(value.mark, describe(value), std::string{kDurationExpected} + " from 1ms to 24h");
  }
}

void read_size(Problems& problems, const Yaml& value, Contract& contract) {
  const Result<std::uint64_t> size = parse_bytes(value.scalar);
  if (value.kind == Yaml::Kind::scalar && size && size.value() >= 64 && size.value() <= kMessageBytesMost) {
    contract.message_bytes_max = size.value();
  } else {
    problems.add(value.mark, describe(value), std::string{kBytesExpected} + " from 64B to 16MiB");
  }
}

void read_depth(Problems& problems, const Yaml& value, Contract& contract) {
  if (const auto depth = read_count(problems, value, "a whole number", {1, 128})) {
    contract.depth_max = static_cast<std::uint32_t>(*depth);
  }
}

constexpr std::array<Field<Contract>, 6> kContract{{
    {"belljar-contract", Need::required, read_version},
    {"request", Need::optional,
     [](Problems& p, const Yaml& v, Contract& contract) {
       contract.request_schema = read_schema(p, v, "/request", contract);
     }},
    {"answer", Need::optional,
     [](Problems& p, const Yaml& v, Contract& contract) {
       contract.answer_schema = read_schema(p, v, "/answer", contract);
     }},
    {"deadline", Need::optional, read_deadline},
    {"size", Need::optional, read_size},
    {"depth", Need::optional, read_depth},
}};

constexpr std::array<Later, 4> kLaterContract{{
    {"retry", "no retries: every case is asked once"},
    {"errors", "the built-in kinds of error"},
    {"fan-out", "one answer to each request"},
    {"idempotent", "no retries: every case is asked once"},
}};

}  // namespace

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

Contract open_contract() {
  Contract contract;
  contract.request_schema = Json::Object{{"type", "object"}};
  contract.answer_schema = Json::Object{{"type", "object"}};
  return contract;
}

Result<Contract> parse_contract(std::string_view text, std::string_view file) {
  const std::string name = printable(file, 4096);
  const Yaml root = TRY(codec::parse_yaml(text, name));
  Problems problems{name};
  Contract contract;
  contract.file = file;
  contract.request_schema = true;
  contract.answer_schema = true;
  read_fields<Contract>(problems, root, "a contract", kContract, kLaterContract, contract);
  TRY(problems.result());
  return contract;
}

}  // namespace belljar::spec
