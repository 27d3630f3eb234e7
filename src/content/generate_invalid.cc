// Messages that break their schema: a valid one, changed in one place.
#include "content/generate.h"
#include "content/generate_parts.h"

namespace belljar::content {

using codec::Json;

namespace {

std::size_t count_values(const Json& value) {
  std::size_t count = 1;
  if (value.is_array()) {
    for (const Json& item : value.as_array()) count += count_values(item);
  } else if (value.is_object()) {
    for (const Json::Member& member : value.as_object()) count += count_values(member.second);
  }
  return count;
}

// The value of that number in the order they are written; `left` counts down to it.
Json* find_value(Json& value, std::size_t& left) {
  if (left == 0) return &value;
  --left;
  if (value.is_array()) {
    for (Json& item : value.as_array()) {
      if (Json* found = find_value(item, left)) return found;
    }
  } else if (value.is_object()) {
    for (Json::Member& member : value.as_object()) {
      if (Json* found = find_value(member.second, left)) return found;
    }
  }
  return nullptr;
}

Json of_another_kind(Draw& draw) {
  switch (draw.below(7)) {
    case 0:
      return {};
    case 1:
      return true;
    case 2:
      return -1'000'000'007;
    case 3:
      return 0.1234567;
    case 4:
      return "\x01 not this";
    case 5:
      return Json::Array{};
    default:
      return Json::Object{};
  }
}

void change_object(Json::Object& object, Draw& draw) {
  if (!object.empty() && draw.chance(60)) {
    object.erase(object.begin() + static_cast<std::ptrdiff_t>(draw.below(object.size())));
  } else {
    object.emplace_back("unexpected-" + std::to_string(draw.below(1'000'000)), of_another_kind(draw));
  }
}

void change_array(Json::Array& array, Draw& draw) {
  constexpr std::size_t kItemsMax = 2000;
  if (array.empty() || draw.chance(30)) {
    array.push_back(of_another_kind(draw));
  } else if (draw.chance(50)) {
    array.pop_back();
  } else {
    while (array.size() < kItemsMax && draw.chance(90)) array.push_back(array[draw.below(array.size())]);
  }
}

Json changed_number(const Json& value, Draw& draw) {
  switch (draw.below(4)) {
    case 0:
      return value.as_number() + 0.5;
    case 1:
      return 1e15;
    case 2:
      return -1e15;
    default:
      return std::to_string(value.as_number());
  }
}

Json changed_text(const std::string& text, Draw& draw) {
  switch (draw.below(4)) {
    case 0:
      return "";
    case 1:
      return text + "\n";
    case 2:
      return text + std::string(draw.below(3000) + 1, 'z');
    default:
      return text.substr(0, text.size() / 2) + "?";
  }
}

void change(Json& value, Draw& draw) {
  if (draw.chance(25)) {
    value = of_another_kind(draw);
  } else if (value.is_object()) {
    change_object(value.as_object(), draw);
  } else if (value.is_array()) {
    change_array(value.as_array(), draw);
  } else if (value.is_number()) {
    value = changed_number(value, draw);
  } else if (value.is_string()) {
    value = changed_text(std::string{value.as_string()}, draw);
  } else {
    value = of_another_kind(draw);
  }
}

}  // namespace

Result<Json> invalid_message(const Schema& schema, std::uint64_t seed) {
  Draw draw{seed};
  const Edge edge = static_cast<Edge>(draw.below(3));
  const Result<Json> valid = valid_message(schema, draw.next(), edge);
  // A schema that takes nothing has no valid message to begin with, and is broken by any.
  const Json begin = valid ? valid.value() : Json{};
  for (int at = 0; at < kTries; ++at) {
    Json value = begin;
    std::size_t which = draw.below(count_values(value));
    change(*find_value(value, which), draw);
    if (!is_valid(schema, value)) return value;
  }
  return Error{Errc::unavailable, "make an invalid message: the schema took each of " + std::to_string(kTries) +
                                      " changed messages, expected one that it refuses"};
}

}  // namespace belljar::content
