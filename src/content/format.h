// Format: the values of `format` that Belljar asserts, each the grammar its standard gives.
//
//   const Format* format = find_format("date-time");   // null for one that Belljar does not know
//   if (!format->holds(text)) ...
//
// date-time, date, time, duration (RFC 3339 and its appendix A), email, idn-email (RFC 5321, 6531: addresses without
// domain literals of unknown kinds), hostname (RFC 1123), ipv4, ipv6, uri, uri-reference, iri, iri-reference (RFC 3986,
// 3987), uri-template (RFC 6570), uuid (RFC 9562), json-pointer, relative-json-pointer (RFC 6901), regex (what
// content/pattern.h compiles). Not known: idn-hostname, which needs the tables of IDNA 2008. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace belljar::content {

struct Format {
  std::string_view name;
  bool (*holds)(std::string_view text);
  std::string_view example;  // a text that holds
};

const Format* find_format(std::string_view name);
std::string format_names();  // "date-time, date, ..."

}  // namespace belljar::content
