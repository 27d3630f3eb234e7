#include "spec/host_name.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace belljar::spec {

namespace {

constexpr std::size_t kNameMax = 253;
constexpr std::size_t kLabelMax = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Parsed and written again by the C library, whose writing is the normal form.
bool is_written_as(int family, std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> in{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  std::array<unsigned char, 16> bytes{};
  if (text.empty() || text.size() >= in.size() || text.find('\0') != std::string_view::npos) return false;
  std::copy(text.begin(), text.end(), in.begin());
  if (::inet_pton(family, in.data(), bytes.data()) != 1) return false;
  return ::inet_ntop(family, bytes.data(), out.data(), out.size()) != nullptr && text == out.data();
}

int upper_hex(char c) {
  if (is_digit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// "%20" and its like: an escape of a character that has no other spelling, and that no server takes for structure.
bool is_needed_escape(std::string_view escape) {
  if (escape.size() < 3 || upper_hex(escape[1]) < 0 || upper_hex(escape[2]) < 0) return false;
  const int c = upper_hex(escape[1]) * 16 + upper_hex(escape[2]);
  if (c < 0x20 || c == 0x7F || c == '/' || c == '\\' || c == '%') return false;
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return !(letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~');
}

}  // namespace

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kNameMax) return false;
  std::size_t label = 0;
  bool digits = true;  // of the label at hand
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      digits = true;
      continue;
    }
    if (!((c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_') || ++label > kLabelMax) return false;
    digits = digits && is_digit(c);
  }
  return label != 0 && !digits;
}

bool is_address(std::string_view text) { return is_written_as(AF_INET, text) || is_written_as(AF_INET6, text); }

bool is_host_pattern(std::string_view text) {
  if (text == "**" || is_address(text)) return true;
  if (text.starts_with("**.")) return is_host_name(text.substr(3));
  return is_host_name(text.starts_with("*.") ? text.substr(2) : text);
}

bool is_plain_path(std::string_view text) {
  if (!text.starts_with('/')) return false;
  for (std::size_t at = 1; at <= text.size();) {
    const std::size_t end = std::min(text.find('/', at), text.size());
    const std::string_view segment = text.substr(at, end - at);
    const std::string_view name = segment.substr(0, segment.find(';'));  // some servers drop what follows
    if (name == "." || name == ".." || (segment.empty() && end != text.size())) return false;
    at = end + 1;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c == 0x7F || c == '\\' || c == '?' || c == '#') return false;
    if (c == '%' && !is_needed_escape(text.substr(at, 3))) return false;
  }
  return true;
}

}  // namespace belljar::spec
