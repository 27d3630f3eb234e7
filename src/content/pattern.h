// Pattern: a regular expression as JSON Schema means it (ECMA-262 with the "u" flag), matched in linear time by RE2.
//
//   Pattern pattern = TRY(compile_pattern("^[a-z]{2,8}$"));
//   if (!pattern.matches(text)) ...                       // a search: anywhere in the text unless anchored
//
// Refused when compiling, because matching would not be bounded or would mean something else: look-ahead, look-behind,
// back references, repetitions past 1000, escapes ECMA-262 does not know ("\a", "\Z"), more than kPatternBytesMax
// bytes. \d and \w are ASCII, \s is Unicode white space, `.` stops at line ends, `$` is the end of the text. \p{...}
// takes general categories, scripts, ASCII and Any; binary properties such as Emoji are refused. A Pattern is
// immutable; any thread may match.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belljar::content {

constexpr std::size_t kPatternBytesMax = 4096;

struct CodeRange {
  char32_t first;
  char32_t last;
};

// The syntax tree: what translation and sampling share.
struct PatternNode {
  enum class Kind { sequence, choice, set, begin, end, boundary, no_boundary, repeat };
  Kind kind = Kind::sequence;
  std::vector<CodeRange> ranges;        // set
  std::vector<std::string> properties;  // set: in RE2's words, "\p{Lu}"
  bool negated = false;                 // set
  std::uint32_t least = 0, most = 0;    // repeat
  std::vector<PatternNode> children;    // sequence, choice, repeat (one)
};
constexpr std::uint32_t kUnbounded = UINT32_MAX;

// The error reads "byte 3: found ..., expected ...".
Result<PatternNode> parse_pattern(std::string_view text);

class Pattern {
 public:
  struct Program;
  explicit Pattern(std::shared_ptr<const Program> program) : program_{std::move(program)} {}

  bool matches(std::string_view text) const;
  const std::string& text() const;
  const PatternNode& syntax() const;

 private:
  std::shared_ptr<const Program> program_;  // shared: copies of a compiled schema read one pattern
};

Result<Pattern> compile_pattern(std::string_view text);

}  // namespace belljar::content
