#include "spec/glob.h"

#include <algorithm>

namespace belljar::spec {

namespace {

constexpr std::string_view kDeep = "**";

// Takes the first (or, from behind, the last) segment off `rest`; `rest.data() == nullptr` once nothing is left.
std::string_view take(std::string_view& rest, char separator, bool from_behind) {
  const std::size_t at = from_behind ? rest.rfind(separator) : rest.find(separator);
  std::string_view segment = rest;
  if (at == std::string_view::npos) {
    rest = {};
  } else if (from_behind) {
    segment = rest.substr(at + 1);
    rest = rest.substr(0, at);
  } else {
    segment = rest.substr(0, at);
    rest = rest.substr(at + 1);
  }
  return segment;
}

enum class Side { text, pattern };

// The second's segments against the first's, from the end that has no `**`.
bool walk(std::string_view outer, std::string_view inner, char separator, Side side) {
  if (outer == kDeep) return true;
  const bool from_behind = outer.size() > 2 && outer.starts_with(kDeep) && outer[2] == separator;
  for (;;) {
    const std::string_view want = take(outer, separator, from_behind);
    if (want == kDeep) return true;
    const std::string_view have = take(inner, separator, from_behind);
    if (side == Side::pattern && have == kDeep) return false;
    if (!glob_matches(want, have)) return false;
    const bool outer_ends = outer.data() == nullptr;
    if (outer_ends || inner.data() == nullptr) return outer_ends && inner.data() == nullptr;
  }
}

bool globs_overlap(std::string_view a, std::string_view b) {
  // The literal beginnings and ends must agree as far as both go; what lies between is taken to fit.
  const std::size_t a_star = a.find('*');
  const std::size_t b_star = b.find('*');
  if (a_star == std::string_view::npos) return glob_matches(b, a);
  if (b_star == std::string_view::npos) return glob_matches(a, b);
  const std::size_t front = std::min(a_star, b_star);
  if (a.substr(0, front) != b.substr(0, front)) return false;
  const std::size_t back = std::min(a.size() - a.rfind('*'), b.size() - b.rfind('*')) - 1;
  return a.substr(a.size() - back) == b.substr(b.size() - back);
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool segments_match(std::string_view pattern, std::string_view text, char separator) {
  return walk(pattern, text, separator, Side::text);
}

bool segments_cover(std::string_view outer, std::string_view inner, char separator) {
  return walk(outer, inner, separator, Side::pattern);
}

bool segments_overlap(std::string_view a, std::string_view b, char separator) {
  const auto deep_first = [separator](std::string_view pattern) {
    return pattern == kDeep || (pattern.size() > 2 && pattern.starts_with(kDeep) && pattern[2] == separator);
  };
  const bool from_behind = deep_first(a) || deep_first(b);
  for (;;) {
    const std::string_view one = take(a, separator, from_behind);
    const std::string_view two = take(b, separator, from_behind);
    if (one == kDeep || two == kDeep) return true;
    if (!globs_overlap(one, two)) return false;
    const bool a_ends = a.data() == nullptr;
    if (a_ends || b.data() == nullptr) return a_ends && b.data() == nullptr;
  }
}

}  // namespace belljar::spec
