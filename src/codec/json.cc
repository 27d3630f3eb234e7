#include "codec/json.h"

#include <array>

namespace belljar::codec {

double Json::as_number() const {
  if (is_int()) return static_cast<double>(as_int());
  return std::get<double>(state_);
}

const Json* Json::find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const Member& member : as_object()) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

void Json::set(std::string key, Json value) {
  if (is_null()) state_ = Object{};
  for (Member& member : as_object()) {
    if (member.first != key) continue;
    member.second = std::move(value);
    return;
  }
  as_object().emplace_back(std::move(key), std::move(value));
}

void Json::push(Json value) {
  if (is_null()) state_ = Array{};
  as_array().push_back(std::move(value));
}

std::string_view Json::kind() const {
  constexpr std::array<std::string_view, 7> kKinds{"null", "boolean", "integer", "number", "string", "array", "object"};
  return kKinds[state_.index()];
}

}  // namespace belljar::codec
