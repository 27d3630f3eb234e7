// PatternShape: what the text of a regular expression tells about how much of a stream must be held back for it.
//
//   PatternShape shape = pattern_shape(R"(\bghp_([0-9a-zA-Z]{36})\b)", 0);   // narrow: its secret holds no space
//
// The secret of a pattern is its capture group `group`, for 0 any of its groups, without groups all of it. Three ways
// to hold back a secret that has not ended yet:
//   narrow   no byte of the secret is white space: the word at the end of the stream is held
//   short    a match has at most `width` bytes: so many are held
//   opened   each secret is preceded by a match of one of `openings` that ends just there (or, without groups, begins
//            with one): held from where an opening ends (begins)
// Reads RE2's syntax and errs to the careful side: what it does not know may match white space. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belljar::content {

// Beyond so many bytes a secret is no longer followed: its first bytes go on. The longest private keys have 7 KB.
constexpr std::uint64_t kSecretMost = 8192;

struct PatternShape {
  enum class Hold { narrow, short_width, opened };
  Hold hold = Hold::opened;
  std::uint64_t width = kSecretMost;       // most bytes of a match, where that is bounded and smaller
  std::uint64_t head_width = kSecretMost;  // most bytes of a match before its secret
  std::vector<std::string> openings;       // opened: expressions; none: the last `width` bytes are always held
  std::uint64_t opening_size = 0;  // bytes of the secret that an opening holds itself: none, or all of a literal
};

PatternShape pattern_shape(const std::string& regex, int group);

}  // namespace belljar::content
