#include "codec/json_pointer.h"

#include <charconv>

namespace belljar::codec {

namespace {

std::string unescape(std::string_view step) {
  std::string key;
  for (std::size_t i = 0; i < step.size(); ++i) {
    const bool escaped = step[i] == '~' && i + 1 < step.size();
    key += escaped ? (step[++i] == '1' ? '/' : '~') : step[i];
  }
  return key;
}

const Json* element(const Json::Array& array, std::string_view step) {
  std::size_t index = 0;
  const auto read = std::from_chars(step.data(), step.data() + step.size(), index);
  const bool plain = read.ec == std::errc{} && read.ptr == step.data() + step.size() && (step == "0" || step[0] != '0');
  return plain && index < array.size() ? &array[index] : nullptr;
}

}  // namespace

bool is_pointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 >= text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

const Json* find_pointer(const Json& value, std::string_view pointer) {
  const Json* at = &value;
  while (!pointer.empty() && at != nullptr) {
    if (pointer[0] != '/') return nullptr;
    const std::size_t end = pointer.find('/', 1);
    const std::string_view step = pointer.substr(1, end == std::string_view::npos ? end : end - 1);
    pointer = end == std::string_view::npos ? std::string_view{} : pointer.substr(end);
    if (at->is_array()) {
      at = element(at->as_array(), step);
    } else {
      at = step.find('~') == std::string_view::npos ? at->find(step) : at->find(unescape(step));
    }
  }
  return at;
}

Json* find_pointer(Json& value, std::string_view pointer) {
  const Json& fixed = value;
  // What is found is a part of `value`, which may be changed.
  return const_cast<Json*>(find_pointer(fixed, pointer));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

std::string pointer_step(std::string_view key) {
  std::string step = "/";
  for (const char c : key) {
    if (c == '~') {
      step += "~0";
    } else if (c == '/') {
      step += "~1";
    } else {
      step += c;
    }
  }
  return step;
}

}  // namespace belljar::codec
