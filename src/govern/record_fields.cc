#include "govern/record_fields.h"

#include <algorithm>
#include <limits>

#include "base/text.h"

namespace belljar::govern {

using codec::Json;

std::string Fields::place(std::string_view key) const { return where_ + ": " + std::string{key}; }

Error Fields::wrong(std::string_view key, std::string_view expected) const {
  const Json* found = value_.find(key);
  return Error{Errc::corrupt, place(key) + ": found " + std::string{found == nullptr ? "nothing" : found->kind()} +
                                  ", expected " + std::string{expected}};
}

const Json* Fields::member(std::string_view key) {
  asked_.push_back(key);
  return value_.find(key);
}

Result<const Json*> Fields::find(std::string_view key, Presence presence) {
  const Json* found = member(key);
  if (found == nullptr && presence == Presence::required) return wrong(key, "a value");
  return found;
}

Result<void> Fields::text(std::string_view key, std::string& out, Presence presence) {
  const Json* found = TRY(find(key, presence));
  if (found == nullptr) return {};
  if (!found->is_string()) return wrong(key, "a string");
  out = found->as_string();
  return {};
}

Result<void> Fields::integer(std::string_view key, std::int64_t& out, Presence presence) {
  const Json* found = TRY(find(key, presence));
  if (found == nullptr) return {};
  if (!found->is_int()) return wrong(key, "an integer");
  out = found->as_int();
  return {};
}

// Counts past 2^63 - 1 do not occur; a negative number is one that wrapped.
Result<void> Fields::count(std::string_view key, std::uint64_t& out, Presence presence) {
  std::int64_t number = static_cast<std::int64_t>(out);
  TRY(integer(key, number, presence));
  if (number < 0) return wrong(key, "a count");
  out = static_cast<std::uint64_t>(number);
  return {};
}

Result<void> Fields::small(std::string_view key, int& out, Presence presence) {
  std::int64_t number = out;
  TRY(integer(key, number, presence));
  if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max())
    return wrong(key, "a small integer");
  out = static_cast<int>(number);
  return {};
}

Result<void> Fields::number(std::string_view key, double& out, Presence presence) {
  const Json* found = TRY(find(key, presence));
  if (found == nullptr) return {};
  if (!found->is_number()) return wrong(key, "a number");
  out = found->as_number();
  return {};
}

Result<void> Fields::truth(std::string_view key, bool& out, Presence presence) {
  const Json* found = TRY(find(key, presence));
  if (found == nullptr) return {};
  if (!found->is_bool()) return wrong(key, "true or false");
  out = found->as_bool();
  return {};
}

Result<const Json*> Fields::array(std::string_view key) {
  const Json* found = TRY(find(key, Presence::required));
  if (!found->is_array()) return wrong(key, "an array");
  return found;
}

Result<const Json*> Fields::object(std::string_view key) {
  const Json* found = TRY(find(key, Presence::required));
  if (!found->is_object()) return wrong(key, "an object");
  return found;
}

Result<void> Fields::texts(std::string_view key, std::vector<std::string>& out) {
  for (const Json& item : TRY(array(key))->as_array()) {
    if (!item.is_string()) return wrong(key, "an array of strings");
    out.push_back(item.as_string());
  }
  return {};
}

Result<std::size_t> Fields::choice(std::string_view key, const std::vector<std::string_view>& names) {
  std::string text_found;
  TRY(text(key, text_found));
  const auto place_found = std::find(names.begin(), names.end(), text_found);
  if (place_found == names.end()) {
    return Error{Errc::corrupt,
                 place(key) + ": found \"" + printable(text_found, 60) + "\", which is none of its values"};
  }
  return static_cast<std::size_t>(place_found - names.begin());
}

Result<void> Fields::done() const {
  if (!value_.is_object())
    return Error{Errc::corrupt, where_ + ": found " + std::string{value_.kind()} + ", expected an object"};
  for (const auto& [key, unused] : value_.as_object()) {
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    return Error{Errc::corrupt,
                 where_ + ": unknown member \"" + printable(key, 60) + "\": written by another version of belljar"};
  }
  return {};
}

}  // namespace belljar::govern
