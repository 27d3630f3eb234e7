#include <algorithm>

#include "codec/yaml.h"

namespace belljar::codec {

namespace {

// Words that some reader takes for something else than text.
bool is_plain_key(std::string_view key) {
  constexpr std::string_view kWords[] = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (key.empty() || !letter(key[0])) return false;
  std::string lower{key};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords)) return false;
  return std::all_of(key.begin(), key.end(),
                     [&letter](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

bool is_block(const Json& value) {
  return (value.is_array() && !value.as_array().empty()) || (value.is_object() && !value.as_object().empty());
}

// As deep as the value.
void write(const Json& value, std::size_t indent, std::string& out);

void write_after(const Json& value, std::size_t indent, std::string& out) {
  out += is_block(value) ? "\n" : " ";
  write(value, indent, out);
}

void write(const Json& value, std::size_t indent, std::string& out) {
  if (!is_block(value)) {
    out += to_json(value) + "\n";
  } else if (value.is_array()) {
    for (const Json& item : value.as_array()) {
      out.append(indent, ' ').append("-");
      write_after(item, indent + 2, out);
    }
  } else {
    for (const Json::Member& member : value.as_object()) {
      out.append(indent, ' ').append(is_plain_key(member.first) ? member.first : to_json(member.first)).append(":");
      write_after(member.second, indent + 2, out);
    }
  }
}

}  // namespace

std::string to_yaml(const Json& value) {
  std::string out;
  write(value, 0, out);
  return out;
}

}  // namespace belljar::codec
