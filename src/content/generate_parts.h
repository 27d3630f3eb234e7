// Generate parts: the draws and single values that generate*.cc share. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "content/generate.h"
#include "content/schema_program.h"

namespace belljar::content {

// SplitMix64.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_{seed} {}
  std::uint64_t next() {
    std::uint64_t x = state_ += 0x9E3779B97F4A7C15ULL;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return x ^ (x >> 31);
  }
  std::uint64_t below(std::uint64_t count) { return count == 0 ? 0 : next() % count; }
  bool chance(unsigned percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

// What several schemas together ask of one value.
struct NumberWish {
  std::vector<const Bound*> bounds;
  std::vector<codec::Json> steps;
  bool whole = false;
};
codec::Json make_number(const NumberWish& wish, Edge edge, Draw& draw);

struct TextWish {
  std::uint64_t least = 0, most = kNoLimit;
  const Pattern* pattern = nullptr;
  const Format* format = nullptr;
};
std::string make_text(const TextWish& wish, Edge edge, Draw& draw);

// A text that the pattern is likely to match; the caller validates.
std::string sample_pattern(const PatternNode& pattern, Draw& draw);

// Between `least` and `most` by the edge; a limit too far away to build is brought near.
std::uint64_t make_count(std::uint64_t least, std::uint64_t most, std::uint64_t usual, Edge edge, Draw& draw);

}  // namespace belljar::content
