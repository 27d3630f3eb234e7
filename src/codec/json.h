// Json: one JSON value, with bounds on what parsing may cost. The JSON library stays inside json.cc.
//
//   Json answer = TRY(parse_json(line, {.depth_max = 16}));
//   const Json* label = answer.find("label");           // null when absent or not an object
//   std::string text = to_json(answer);                 // compact, members in their own order
//   std::string bytes = canonical_json(answer);         // RFC 8785 order and numbers: the form digests are taken of
//
// Objects keep the order they were written in; a duplicate key is an error. Integers that fit std::int64_t stay
// exact; other numbers are double. Strings are well-formed UTF-8. What to_json() writes, parse_json() reads back equal.
// Value type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace belljar::codec {

class Json {
 public:
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;
  enum class Type : std::uint8_t { null, boolean, integer, number, string, array, object };  // as in `state_`

  Json() = default;  // null
  // Implicit on purpose: Json values are written as literals all over the house.
  Json(std::nullptr_t) {}                                                  // NOLINT(google-explicit-constructor)
  Json(bool value) : state_{value} {}                                      // NOLINT(google-explicit-constructor)
  Json(int value) : state_{std::int64_t{value}} {}                         // NOLINT(google-explicit-constructor)
  Json(std::int64_t value) : state_{value} {}                              // NOLINT(google-explicit-constructor)
  Json(std::uint32_t value) : state_{std::int64_t{value}} {}               // NOLINT(google-explicit-constructor)
  Json(std::uint64_t value) : state_{static_cast<std::int64_t>(value)} {}  // NOLINT(google-explicit-constructor)
  Json(double value) : state_{value} {}                                    // NOLINT(google-explicit-constructor)
  Json(const char* value) : state_{std::string{value}} {}                  // NOLINT(google-explicit-constructor)
  Json(std::string value) : state_{std::move(value)} {}                    // NOLINT(google-explicit-constructor)
  Json(std::string_view value) : state_{std::string{value}} {}             // NOLINT(google-explicit-constructor)
  Json(Array value) : state_{std::move(value)} {}                          // NOLINT(google-explicit-constructor)
  Json(Object value) : state_{std::move(value)} {}                         // NOLINT(google-explicit-constructor)

  bool is_null() const { return std::holds_alternative<std::monostate>(state_); }
  bool is_bool() const { return std::holds_alternative<bool>(state_); }
  bool is_int() const { return std::holds_alternative<std::int64_t>(state_); }
  bool is_number() const { return is_int() || std::holds_alternative<double>(state_); }
  bool is_string() const { return std::holds_alternative<std::string>(state_); }
  bool is_array() const { return std::holds_alternative<Array>(state_); }
  bool is_object() const { return std::holds_alternative<Object>(state_); }

  // Each throws std::bad_variant_access on another kind: ask first.
  bool as_bool() const { return std::get<bool>(state_); }
  std::int64_t as_int() const { return std::get<std::int64_t>(state_); }
  double as_number() const;  // integers widen
  const std::string& as_string() const { return std::get<std::string>(state_); }
  const Array& as_array() const { return std::get<Array>(state_); }
  Array& as_array() { return std::get<Array>(state_); }
  const Object& as_object() const { return std::get<Object>(state_); }
  Object& as_object() { return std::get<Object>(state_); }

  // The member of that name, or null when this is no object or has none.
  const Json* find(std::string_view key) const;
  // Sets or replaces a member; null becomes an object first.
  void set(std::string key, Json value);
  // Appends an element; null becomes an array first.
  void push(Json value);

  bool operator==(const Json&) const = default;
  Type type() const { return static_cast<Type>(state_.index()); }
  // "null", "boolean", "integer", "number", "string", "array", "object"
  std::string_view kind() const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> state_;
};

struct JsonLimits {
  std::size_t bytes_max = 16U << 20;
  std::size_t depth_max = 64;
  std::size_t values_max = 1U << 20;  // one byte of text can cost fifty of memory
};

// Strict RFC 8259: no comments, no trailing commas, nothing after the value. The error says the byte offset and what
// was wrong there.
Result<Json> parse_json(std::string_view text, JsonLimits limits = {});

std::string to_json(const Json& value);
// A JSON string with its quotes, for writers that know their object's shape beforehand. The text is well-formed UTF-8.
void append_json_text(std::string& out, std::string_view text);
// Two-space indent and a final newline, for files people open.
std::string to_json_pretty(const Json& value);
// RFC 8785 (JSON Canonicalization Scheme): members sorted by UTF-16 code units, shortest round-trip numbers. Integers
// past 2^53, which that standard leaves to strings, are written exactly. NaN and infinities become null in every form.
std::string canonical_json(const Json& value);

}  // namespace belljar::codec
