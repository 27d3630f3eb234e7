// Target: what a request line asks for, brought to the one form that policy, services and servers are shown.
//
//   AbsoluteTarget to = TRY(parse_absolute("http://Example.com/a/%7Eb?q=1"));   // example.com:80, "/a/~b?q=1"
//   std::string origin = TRY(normal_target("/a/b?q"));
//
// In the path, escapes of unreserved characters are undone and the others written in upper case, so that /%61dmin is
// asked about as /admin. Refused: broken escapes, a dot segment or an empty segment in any spelling (also behind %2F,
// %5C and a backslash), NUL and line breaks in any spelling, a fragment. Pure; Errc::corrupt. Source: RFC 3986.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "boundary/host.h"

namespace belljar::boundary {

struct AbsoluteTarget {
  std::string scheme;  // "http" or "https"
  Authority authority;
  std::string origin;  // "/path?query", normal
};

// "http://host[:port]/path?query", or https.
Result<AbsoluteTarget> parse_url(std::string_view target);
// The same as the target of a request to a proxy: http alone, for https goes through CONNECT.
Result<AbsoluteTarget> parse_absolute(std::string_view target);
// "/path?query", or "*" where OPTIONS asks about the server.
Result<std::string> normal_target(std::string_view target, std::string_view method);
// Without the query.
std::string_view path_of(std::string_view origin);

}  // namespace belljar::boundary
