#include "content/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <string_view>
#include <vector>

namespace belljar::content {

using codec::Json;

namespace {

__extension__ using Wide = unsigned __int128;

// A double holds no integer past 2^53 exactly, so mixed pairs are compared whole part against whole part.
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

// digits * 10^exponent, without its sign
struct Decimal {
  std::uint64_t digits = 0;
  int exponent = 0;
};

Decimal decimal_of(const Json& value) {
  if (value.is_int()) {
    const std::int64_t integer = value.as_int();
    return {integer < 0 ? 0 - static_cast<std::uint64_t>(integer) : static_cast<std::uint64_t>(integer), 0};
  }
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), std::abs(value.as_number()), std::chars_format::scientific)
          .ptr;
  Decimal decimal;
  const char* at = text.data();
  bool fraction = false;
  for (; at != end && *at != 'e'; ++at) {
    if (*at == '.') {
      fraction = true;
      continue;
    }
    decimal.digits = decimal.digits * 10 + static_cast<std::uint64_t>(*at - '0');
    if (fraction) --decimal.exponent;
  }
  int exponent = 0;
  if (at != end) std::from_chars(at + (at[1] == '+' ? 2 : 1), end, exponent);
  decimal.exponent += exponent;
  return decimal;
}

std::uint64_t power_mod(int exponent, std::uint64_t modulus) {
  Wide result = 1 % modulus;
  for (Wide base = 10 % modulus; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = result * base % modulus;
    base = base * base % modulus;
  }
  return static_cast<std::uint64_t>(result);
}

std::vector<const Json::Member*> by_name(const Json::Object& object) {
  std::vector<const Json::Member*> members;
  members.reserve(object.size());
  for (const Json::Member& member : object) members.push_back(&member);
  std::sort(members.begin(), members.end(),
            [](const Json::Member* a, const Json::Member* b) { return a->first < b->first; });
  return members;
}

bool same_objects(const Json::Object& a, const Json::Object& b) {
  if (a.size() != b.size()) return false;
  const std::vector<const Json::Member*> left = by_name(a);
  const std::vector<const Json::Member*> right = by_name(b);
  return std::equal(left.begin(), left.end(), right.begin(), [](const Json::Member* x, const Json::Member* y) {
    return x->first == y->first && same(x->second, y->second);
  });
}

std::uint64_t stir(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9E3779B97F4A7C15ULL;
  return hash ^ (hash >> 29);
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

bool is_multiple(const Json& value, const Json& step) {
  const Decimal number = decimal_of(value);
  Decimal unit = decimal_of(step);
  if (number.digits == 0) return true;
  int shift = number.exponent - unit.exponent;
  if (shift >= 0)
    return static_cast<Wide>(number.digits % unit.digits) * power_mod(shift, unit.digits) % unit.digits == 0;
  // value / step is whole only if digits are divisible by unit.digits * 10^-shift, which soon is more than they are.
  Wide whole = unit.digits;
  for (; shift < 0 && whole <= number.digits; ++shift) whole *= 10;
  return shift == 0 && number.digits % whole == 0;
}

bool same(const Json& a, const Json& b) {
  if (a.is_string()) return b.is_string() && a.as_string() == b.as_string();
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.is_array() && b.is_array()) {
    return std::equal(a.as_array().begin(), a.as_array().end(), b.as_array().begin(), b.as_array().end(), same);
  }
  if (a.is_object() && b.is_object()) return same_objects(a.as_object(), b.as_object());
  return a == b;
}

std::uint64_t hash_of(const Json& value) {
  const auto kind = static_cast<std::uint64_t>(value.type());
  // An integer and the double equal to it go by the double; zero has two signs.
  if (value.is_number()) return stir(1, std::hash<double>{}(value.as_number() == 0 ? 0.0 : value.as_number()));
  if (value.is_string()) return stir(kind, std::hash<std::string_view>{}(value.as_string()));
  std::uint64_t hash = stir(kind, 0);
  if (value.is_bool()) return stir(hash, value.as_bool() ? 1 : 2);
  if (value.is_array()) {
    for (const Json& item : value.as_array()) hash = stir(hash, hash_of(item));
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.as_object()) {
      hash += stir(std::hash<std::string_view>{}(name), hash_of(member));
    }
  }
  return hash;
}

}  // namespace belljar::content
