// Scanner: many patterns searched for in one pass over a stream of bytes; says which pattern may end where, not where
// it begins. Vectorscan stays inside scanner.cc.
//
//   Scanner scanner = TRY(Scanner::compile(patterns));      // or load(bytes that save() gave)
//   Scanner::Run run = scanner.run();
//   run.scan(bytes, found);                                  // appends {pattern, offset just behind it}
//   run.finish(found);                                       // patterns that end with the text
//
// Bytes, not characters: "." is one byte. Where Vectorscan cannot do a pattern exactly it reports a superset, so that
// each sighting is a candidate for RE2 to decide (pattern_lane.h); none is left out. Offsets are 64 bit.
// A Scanner is immutable and may be used from any thread; a Run by one thread at a time, and not beyond its Scanner.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belljar::content {

struct ScanPattern {
  std::string text;
  bool literal = false;  // `text` itself, no regular expression
  bool caseless = false;
};

struct Sighting {
  std::uint32_t pattern = 0;  // its index
  std::uint64_t end = 0;

  bool operator==(const Sighting&) const = default;
};

class Scanner {
 public:
  class Run;

  // The error names the pattern by its index and says what Vectorscan cannot do with it.
  static Result<Scanner> compile(std::span<const ScanPattern> patterns);
  // As above; the compiled form is kept in `cache_directory` (empty: nowhere) by what it was made of and by which
  // version. An entry is used only when nobody else could have written it and its own digest holds.
  static Result<Scanner> compile_cached(std::span<const ScanPattern> patterns, const std::string& cache_directory);
  ~Scanner();
  Scanner(Scanner&&) noexcept;
  Scanner& operator=(Scanner&&) noexcept;

  Run run() const;
  // The most bytes one match of `regex` can take; none: no bound, or no such expression.
  static std::optional<std::uint64_t> width_max(const std::string& regex);

 private:
  struct Database;
  explicit Scanner(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

class Scanner::Run {
 public:
  ~Run();
  Run(Run&&) noexcept;
  Run& operator=(Run&&) noexcept;
  void scan(std::string_view bytes, std::vector<Sighting>& found);
  void finish(std::vector<Sighting>& found);  // afterwards it stands at the beginning of another text
  void restart();                             // forgets the text so far

 private:
  friend class Scanner;
  struct State;
  explicit Run(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace belljar::content
