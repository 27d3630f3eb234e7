#include "content/schema_node.h"

#include <algorithm>
#include <cmath>

namespace belljar::content {

using codec::Json;

namespace {

// -1, 0, 1 for less, equal, greater. A double holds no integer past 2^53 exactly, so mixed pairs are compared whole
// part against whole part.
int compare_int_double(std::int64_t integer, double number) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (number >= kTwoTo63) return -1;
  if (number < -kTwoTo63) return 1;
  const double whole = std::trunc(number);
  const auto other = static_cast<std::int64_t>(whole);
  if (integer != other) return integer < other ? -1 : 1;
  if (number == whole) return 0;
  return number > whole ? -1 : 1;
}

Type type_of(const Json& value) {
  const auto* const found = std::find(kTypes.begin(), kTypes.end(), value.kind());
  return static_cast<Type>(found - kTypes.begin());
}

}  // namespace

int compare_numbers(const Json& a, const Json& b) {
  if (a.is_int() && b.is_int()) return a.as_int() < b.as_int() ? -1 : a.as_int() > b.as_int() ? 1 : 0;
  if (a.is_int()) return compare_int_double(a.as_int(), b.as_number());
  if (b.is_int()) return -compare_int_double(b.as_int(), a.as_number());
  return a.as_number() < b.as_number() ? -1 : a.as_number() > b.as_number() ? 1 : 0;
}

bool is_whole(const Json& value) {
  return value.is_int() || (value.is_number() && std::trunc(value.as_number()) == value.as_number());
}

// Both sides are as deep as their parsers allow.
bool same(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.is_array() && b.is_array()) {
    return std::equal(a.as_array().begin(), a.as_array().end(), b.as_array().begin(), b.as_array().end(), same);
  }
  if (a.is_object() && b.is_object()) {
    if (a.as_object().size() != b.as_object().size()) return false;
    return std::all_of(a.as_object().begin(), a.as_object().end(), [&b](const Json::Member& member) {
      const Json* other = b.find(member.first);
      return other != nullptr && same(member.second, *other);
    });
  }
  return a == b;
}

bool has_type(const Json& value, unsigned types) {
  if ((types & bit(type_of(value))) != 0) return true;
  if (!value.is_number()) return false;
  return (types & bit(Type::number)) != 0 || ((types & bit(Type::integer)) != 0 && is_whole(value));
}

}  // namespace belljar::content
