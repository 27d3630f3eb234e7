#include "boundary/target.h"

#include <algorithm>

#include "base/text.h"

namespace belljar::boundary {

namespace {

Error bad(std::string_view target, std::string_view why) {
  return Error{Errc::corrupt, "target " + printable(target, 80) + ": " + std::string{why}};
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

// Undoes what needs no escape; `slashes` gains the same with every spelling of a slash as '/', to look for segments in.
Result<std::string> unescape(std::string_view part, std::string_view target, std::string& slashes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t at = 0; at < part.size(); ++at) {
    const char c = part[at];
    if (c == '#') return bad(target, "a fragment");
    if (c != '%') {
      out += c;
      slashes += c == '\\' ? '/' : c;
      continue;
    }
    const int high = at + 2 < part.size() ? hex_value(part[at + 1]) : -1;
    const int low = at + 2 < part.size() ? hex_value(part[at + 2]) : -1;
    if (high < 0 || low < 0) return bad(target, "a percent sign without two hexadecimal digits");
    const char byte = static_cast<char>(high * 16 + low);
    at += 2;
    if (is_unreserved(byte)) {
      out += byte;
    } else {
      out += '%';
      out += kDigits.at(static_cast<std::size_t>(high));
      out += kDigits.at(static_cast<std::size_t>(low));
    }
    slashes += byte == '\\' ? '/' : byte;
  }
  return out;
}

// A server may decode once more than we do and then resolve what it finds.
std::string_view bad_segments(std::string_view slashes) {
  for (std::size_t at = 1; at <= slashes.size();) {
    const std::size_t end = std::min(slashes.find('/', at), slashes.size());
    const std::string_view segment = slashes.substr(at, end - at);
    if (segment.empty() && end < slashes.size()) return "an empty segment";
    if (segment == "." || segment == ".." || segment.starts_with("..;")) return "a dot segment";
    at = end + 1;
  }
  const auto breaks = [](char c) { return c == '\0' || c == '\r' || c == '\n'; };
  if (std::any_of(slashes.begin(), slashes.end(), breaks)) return "a NUL or a line break, escaped";
  return {};
}

}  // namespace

std::string_view path_of(std::string_view origin) { return origin.substr(0, origin.find('?')); }

Result<std::string> normal_target(std::string_view target, std::string_view method) {
  if (target == "*" && method == "OPTIONS") return std::string{target};
  if (target.empty() || target.front() != '/') return bad(target, "expected a path that begins with /");
  if (target.find('\\') != std::string_view::npos) return bad(target, "a backslash");
  const std::string_view path = path_of(target);
  const std::string_view query = target.substr(path.size());
  std::string slashes;
  std::string normal = TRY(unescape(path, target, slashes));
  const std::string_view why = bad_segments(slashes);
  if (!why.empty()) return bad(target, why);
  if (query.find('#') != std::string_view::npos) return bad(target, "a fragment");
  return normal.append(query);
}

Result<AbsoluteTarget> parse_absolute(std::string_view target) {
  AbsoluteTarget to = TRY(parse_url(target));
  if (to.scheme == "https") return bad(target, "https goes through CONNECT");
  return to;
}

Result<AbsoluteTarget> parse_url(std::string_view target) {
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos)
    return bad(target, "a proxy is asked with a whole URL, as in http://example.com/");
  AbsoluteTarget to;
  to.scheme = target.substr(0, colon);
  std::transform(to.scheme.begin(), to.scheme.end(), to.scheme.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (to.scheme != "http" && to.scheme != "https") return bad(target, "no scheme that this proxy speaks");
  const std::string_view rest = target.substr(colon + 3);
  const std::size_t end = std::min(rest.find_first_of("/?#\\"), rest.size());
  to.authority = TRY(parse_authority(rest.substr(0, end), to.scheme == "http" ? 80 : 443));
  std::string origin{rest.substr(end)};
  if (origin.empty() || origin.front() == '?') origin.insert(0, "/");
  to.origin = TRY(normal_target(origin, {}));
  return to;
}

}  // namespace belljar::boundary
