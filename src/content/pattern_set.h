// PatternSet: expressions that text is searched for together, and what makes a match of one a finding.
//
//   PatternSet set = TRY(PatternSet::make(std::move(rules), cache_directory));
//   std::unique_ptr<Detector> detector = make_pattern_detector(set);       // one stream
//
// Secrets, PII, injection markers and a person's own rules are all of this form. A match is a finding when its secret
// has enough entropy, passes the rule's check, and stands in no allow list. Expressions are RE2's and work on bytes.
// Immutable; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "content/detector.h"
#include "content/pattern_shape.h"
#include "content/scanner.h"

namespace belljar::content {

// What is no secret although it looks like one: as gitleaks' allow lists.
struct AllowList {
  enum class Target { secret, match, line };
  Target target = Target::secret;
  bool all = false;      // an expression and a stop word must both say so; else one is enough
  bool on_path = false;  // ... and the path of a file, which a message has not
  std::vector<std::string> regexes;
  std::vector<std::string> stop_words;  // lower case; anywhere in the secret
};

// An expression with more capture groups is refused.
constexpr int kGroupsMost = 64;

struct PatternRule {
  std::string kind;
  std::string name;
  Treatment then = Treatment::redact;
  std::string regex;
  int group = 0;       // that holds the secret; 0: the first that is not empty, without groups the match
  double entropy = 0;  // Shannon bits per byte that the secret must exceed; 0: any
  std::vector<std::shared_ptr<const AllowList>> allow;
  bool (*check)(std::string_view secret) = nullptr;  // checksum, range
};

// Bytes of the text in which the match was found.
struct PatternMatch {
  std::uint32_t rule = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t secret_begin = 0;
  std::uint64_t secret_end = 0;
};

double shannon_entropy(std::string_view text);  // bits per byte

class PatternSet {
 public:
  // The error names the rule and what is wrong with its expression.
  static Result<PatternSet> make(std::vector<PatternRule> rules, const std::string& cache_directory);
  ~PatternSet();
  PatternSet(PatternSet&&) noexcept;
  PatternSet& operator=(PatternSet&&) noexcept;

  const std::vector<PatternRule>& rules() const { return rules_; }
  const PatternShape& shape(std::uint32_t rule) const { return shapes_[rule]; }
  const Scanner& scanner() const { return *scanner_; }
  // Patterns of the scanner from rules().size() on are openings, of the rule that this names.
  std::uint32_t opening_rule(std::uint32_t pattern) const { return opening_rules_[pattern - rules_.size()]; }
  bool any_narrow() const { return any_narrow_; }
  std::uint64_t always_held() const { return always_held_; }

  // The leftmost match in text[begin, end), by what the rule's expression says alone; `text` is the context of ^, $
  // and \b.
  std::optional<PatternMatch> find(std::uint32_t rule, std::string_view text, std::size_t begin, std::size_t end) const;
  // Whether a match is a finding.
  bool is_finding(std::string_view text, const PatternMatch& match) const;

 private:
  PatternSet();
  struct Expression;
  const Expression& expression(std::uint32_t rule) const;

  std::vector<PatternRule> rules_;
  std::vector<PatternShape> shapes_;
  std::vector<std::uint32_t> opening_rules_;
  std::unique_ptr<Scanner> scanner_;
  std::vector<std::unique_ptr<Expression>> expressions_;
  std::vector<std::pair<const AllowList*, std::unique_ptr<Expression>>> allowing_;
  bool any_narrow_ = false;
  std::uint64_t always_held_ = 0;
};

// The set must outlive it.
std::unique_ptr<Detector> make_pattern_detector(const PatternSet& set);

// The first bytes of something secret and how much more there is, for people: "ghp_…(36 more bytes)".
std::string masked(std::string_view secret);

}  // namespace belljar::content
