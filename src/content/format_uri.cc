// RFC 3986 and 3987 by component, RFC 6570 templates.
#include <algorithm>

#include "content/format_checks.h"

namespace belljar::content {

namespace {

constexpr std::string_view kUnreservedMarks = "-._~";
constexpr std::string_view kSubDelims = "!$&'()*+,;=";

// Characters of one component; `also` are those it allows beside unreserved, escapes and sub-delimiters.
bool is_component(std::string_view text, std::string_view also, bool international) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '%') {
      if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
      at += 2;
      continue;
    }
    const bool plain = is_letter(c) || is_digit(c) || kUnreservedMarks.find(c) != std::string_view::npos ||
                       kSubDelims.find(c) != std::string_view::npos || also.find(c) != std::string_view::npos;
    if (!plain && (is_ascii(c) || !international)) return false;
  }
  return true;
}

bool is_host(std::string_view host, bool international) {
  if (!host.starts_with('[')) return is_component(host, "", international);
  if (!host.ends_with(']')) return false;
  const std::string_view literal = host.substr(1, host.size() - 2);
  if (!literal.starts_with('v') && !literal.starts_with('V')) return is_ipv6(literal);
  const std::size_t dot = literal.find('.');
  if (dot == std::string_view::npos || dot < 2 || dot + 1 == literal.size()) return false;
  const std::string_view version = literal.substr(1, dot - 1);
  return std::all_of(version.begin(), version.end(), is_hex) && literal.find('%') == std::string_view::npos &&
         is_component(literal.substr(dot + 1), ":", false);
}

bool is_authority(std::string_view text, bool international) {
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    if (!is_component(text.substr(0, at), ":", international)) return false;
    text.remove_prefix(at + 1);
  }
  const std::size_t colon = text.rfind(':');
  const std::size_t bracket = text.rfind(']');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || bracket < colon);
  if (!has_port) return is_host(text, international);
  const std::string_view port = text.substr(colon + 1);
  return std::all_of(port.begin(), port.end(), is_digit) && is_host(text.substr(0, colon), international);
}

bool is_scheme(std::string_view text) {
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

enum class Need { scheme, nothing };

bool is_reference(std::string_view text, Need need, bool international) {
  if (const std::size_t at = text.find('#'); at != std::string_view::npos) {
    if (!is_component(text.substr(at + 1), ":@/?", international)) return false;
    text = text.substr(0, at);
  }
  if (const std::size_t at = text.find('?'); at != std::string_view::npos) {
    if (!is_component(text.substr(at + 1), ":@/?", international)) return false;
    text = text.substr(0, at);
  }
  const std::size_t colon = text.find_first_of(":/");
  const bool scheme = colon != std::string_view::npos && text[colon] == ':';
  if (scheme && !is_scheme(text.substr(0, colon))) return false;
  if (!scheme && need == Need::scheme) return false;
  if (scheme) text = text.substr(colon + 1);
  if (text.starts_with("//")) {
    const std::size_t end = std::min(text.find('/', 2), text.size());
    if (!is_authority(text.substr(2, end - 2), international)) return false;
    text = text.substr(end);
  }
  return is_component(text, ":@/", international);
}

bool is_variable(std::string_view text) {
  if (text.ends_with('*')) {
    text.remove_suffix(1);
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view digits = text.substr(colon + 1);
    const bool number = !digits.empty() && digits.size() <= 4 && digits[0] != '0' &&
                        std::all_of(digits.begin(), digits.end(), is_digit);
    if (!number) return false;
    text = text.substr(0, colon);
  }
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos) {
    return false;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '%') {
      if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
      at += 2;
    } else if (!is_letter(c) && !is_digit(c) && c != '_' && c != '.') {
      return false;
    }
  }
  return true;
}

bool is_expression(std::string_view text) {
  constexpr std::string_view kOperators = "+#./;?&";
  if (!text.empty() && kOperators.find(text[0]) != std::string_view::npos) text.remove_prefix(1);
  while (true) {
    const std::size_t comma = text.find(',');
    if (!is_variable(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

bool is_literal(char c) {
  constexpr std::string_view kNot = "\"<>\\^`{|}";  // the apostrophe is allowed by erratum 6937
  return !is_ascii(c) || (c > ' ' && c != 0x7F && c != '%' && kNot.find(c) == std::string_view::npos);
}

}  // namespace

bool is_uri(std::string_view text) { return is_reference(text, Need::scheme, false); }
bool is_uri_reference(std::string_view text) { return is_reference(text, Need::nothing, false); }
bool is_iri(std::string_view text) { return is_reference(text, Need::scheme, true); }
bool is_iri_reference(std::string_view text) { return is_reference(text, Need::nothing, true); }

bool is_uri_template(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '{') {
      const std::size_t end = text.find('}', at);
      if (end == std::string_view::npos || !is_expression(text.substr(at + 1, end - at - 1))) return false;
      at = end;
    } else if (text[at] == '%') {
      if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2])) return false;
      at += 2;
    } else if (!is_literal(text[at])) {
      return false;
    }
  }
  return true;
}

}  // namespace belljar::content
