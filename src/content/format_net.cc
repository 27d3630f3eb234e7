// RFC 1123 host names, RFC 5321 addresses, RFC 4291 and dotted quads.
#include <algorithm>

#include "content/format_checks.h"

namespace belljar::content {

namespace {

bool is_atom_char(char c, bool international) {
  constexpr std::string_view kAlso = "!#$%&'*+-/=?^_`{|}~";
  if (!is_ascii(c)) return international;
  return is_letter(c) || is_digit(c) || kAlso.find(c) != std::string_view::npos;
}

bool is_quoted_local(std::string_view text) {
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      if (++at + 1 >= text.size()) return false;
    } else if (c == '"' || (is_ascii(c) && (c < ' ' || c == 0x7F))) {
      return false;
    }
  }
  return text.size() >= 2;
}

bool is_local(std::string_view text, bool international) {
  if (text.size() > 1 && text.front() == '"' && text.back() == '"') return is_quoted_local(text);
  if (text.empty() || text.size() > 64 || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [=](char c) { return c == '.' || is_atom_char(c, international); });
}

bool is_label(std::string_view label, bool international) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [=](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || (international && !is_ascii(c));
  });
}

bool is_domain(std::string_view text, bool international) {
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (!is_label(label, international)) return false;
    // "--" in third and fourth place marks an encoded label, of which only Punycode is defined.
    if (label.size() >= 4 && label.substr(2, 2) == "--" && !international) {
      const bool punycode = (label[0] == 'x' || label[0] == 'X') && (label[1] == 'n' || label[1] == 'N');
      if (!punycode || label.size() == 4) return false;
    }
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_address(std::string_view text, bool international) {
  const std::size_t at = text.rfind('@');
  if (at == std::string_view::npos || !is_local(text.substr(0, at), international)) return false;
  const std::string_view domain = text.substr(at + 1);
  if (domain.size() < 2 || domain.front() != '[' || domain.back() != ']') return is_domain(domain, international);
  const std::string_view literal = domain.substr(1, domain.size() - 2);
  return literal.starts_with("IPv6:") ? is_ipv6(literal.substr(5)) : is_ipv4(literal);
}

}  // namespace

bool is_email(std::string_view text) { return is_address(text, false); }
bool is_idn_email(std::string_view text) { return is_address(text, true); }
bool is_hostname(std::string_view text) { return is_domain(text, false); }

bool is_ipv4(std::string_view text) {
  Scan scan{text};
  for (int part = 0; part < 4; ++part) {
    if (part > 0 && !scan.take('.')) return false;
    const std::size_t digits = scan.digits_ahead();
    if (digits < 1 || digits > 3 || (digits > 1 && scan.peek() == '0') || scan.digits(digits) > 255) return false;
  }
  return scan.done();
}

bool is_ipv6(std::string_view text) {
  std::size_t groups = 0;
  bool gap = false;
  if (text.starts_with("::")) {
    gap = true;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(':'), text.size());
    const std::string_view group = text.substr(0, end);
    if (group.find('.') != std::string_view::npos) {
      if (end != text.size() || !is_ipv4(group)) return false;
      groups += 2;
      break;
    }
    if (group.empty() || group.size() > 4 || !std::all_of(group.begin(), group.end(), is_hex)) return false;
    ++groups;
    text.remove_prefix(end);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (text.empty()) return false;
    if (text[0] != ':') continue;
    if (gap) return false;
    gap = true;
    text.remove_prefix(1);
  }
  return gap ? groups <= 7 : groups == 8;
}

}  // namespace belljar::content
