// PathAndQuery: the origin form of an HTTP request's target taken apart: "/a%20b/c?x=1" is the steps "a b", "c" and x =
// "1".
//
//   PathAndQuery target = TRY(parse_path_and_query(ask.target));
//
// Decoding is strict: a broken percent escape, NUL, ill-formed UTF-8, a fragment, "." and ".." as steps (in any
// spelling) are errors, so that nothing below means another path than it says. An escaped slash stays in its step
// ("@a%2fb" is one step, as registries have it). Pure; bounded by the text.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace belljar::boundary {

struct PathAndQuery {
  std::vector<std::string> steps;  // "/" is one empty step; "/a/" is "a" and an empty one
  std::vector<std::pair<std::string, std::string>> query;

  std::string path() const;                              // decoded: "/a b/c"
  const std::string* find(std::string_view name) const;  // the first of that name in the query
};

Result<PathAndQuery> parse_path_and_query(std::string_view target);

// RFC 3986 escapes; with `slash`, "/" is left as it is.
enum class Slash { escaped, kept };
std::string percent_encode(std::string_view text, Slash slash);

}  // namespace belljar::boundary
