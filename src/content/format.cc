#include "content/format.h"

#include <algorithm>
#include <array>

#include "content/format_checks.h"
#include "content/pattern.h"

namespace belljar::content {

namespace {

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    if (dash ? text[at] != '-' : !is_hex(text[at])) return false;
  }
  return true;
}

bool is_json_pointer(std::string_view text) {
  if (!text.empty() && text[0] != '/') return false;
  for (std::size_t at = text.find('~'); at != std::string_view::npos; at = text.find('~', at + 1)) {
    if (at + 1 >= text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

bool is_relative_json_pointer(std::string_view text) {
  Scan scan{text};
  const std::size_t digits = scan.digits_ahead();
  if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
  scan.skip(digits);
  return scan.rest() == "#" || is_json_pointer(scan.rest());
}

bool is_regex(std::string_view text) { return bool{compile_pattern(text)}; }

constexpr std::array<Format, 18> kFormats{{
    {"date-time", is_date_time, "2026-11-21T14:05:43Z"},
    {"date", is_date, "2026-11-21"},
    {"time", is_time, "14:05:43Z"},
    {"duration", is_duration, "PT1H30M"},
    {"email", is_email, "someone@example.org"},
    {"idn-email", is_idn_email, "someone@example.org"},
    {"hostname", is_hostname, "www.example.org"},
    {"ipv4", is_ipv4, "192.0.2.1"},
    {"ipv6", is_ipv6, "2001:db8::1"},
    {"uri", is_uri, "https://example.org/a?b=c"},
    {"uri-reference", is_uri_reference, "/a?b=c"},
    {"iri", is_iri, "https://example.org/a?b=c"},
    {"iri-reference", is_iri_reference, "/a?b=c"},
    {"uri-template", is_uri_template, "/users/{id}"},
    {"uuid", is_uuid, "3f2b8c1e-5d4a-4b6f-9c7e-0a1b2c3d4e5f"},
    {"json-pointer", is_json_pointer, "/a/0"},
    {"relative-json-pointer", is_relative_json_pointer, "1/a"},
    {"regex", is_regex, "^[a-z]+$"},
}};

}  // namespace

const Format* find_format(std::string_view name) {
  const auto* const found =
      std::find_if(kFormats.begin(), kFormats.end(), [name](const Format& format) { return format.name == name; });
  return found == kFormats.end() ? nullptr : found;
}

std::string format_names() {
  std::string names;
  for (const Format& format : kFormats) names.append(names.empty() ? "" : ", ").append(format.name);
  return names;
}

}  // namespace belljar::content
