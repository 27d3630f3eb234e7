#include "content/pattern_set.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <utility>

#include "base/text.h"

namespace belljar::content {

namespace {

RE2::Options bytes_options() {
  RE2::Options options{RE2::Latin1};
  options.set_log_errors(false);
  options.set_max_mem(32 << 20);
  return options;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

std::string_view line_around(std::string_view text, std::size_t begin, std::size_t end) {
  const std::size_t before = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
  const std::size_t from = before == std::string_view::npos ? 0 : before + 1;
  return text.substr(from, std::min(text.find('\n', end), text.size()) - from);
}

}  // namespace

// Made when first needed: most texts meet few of two hundred rules, and RE2 takes 0.3 ms for each.
struct PatternSet::Expression {
  std::string text;
  mutable std::once_flag once;
  mutable std::unique_ptr<RE2> compiled;

  explicit Expression(std::string regex) : text{std::move(regex)} {}
  const RE2& get() const {
    std::call_once(once, [this] { compiled = std::make_unique<RE2>(piece(text), bytes_options()); });
    return *compiled;
  }
};

double shannon_entropy(std::string_view text) {
  std::array<std::size_t, 256> counts{};
  for (const char byte : text) ++counts[static_cast<std::uint8_t>(byte)];
  double bits = 0;
  for (const std::size_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

std::string masked(std::string_view secret) {
  const std::size_t shown = std::min<std::size_t>(4, secret.size() / 4);
  return printable(secret.substr(0, shown)) + "…(" + std::to_string(secret.size() - shown) + " more bytes)";
}

PatternSet::PatternSet() = default;
PatternSet::~PatternSet() = default;
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;

Result<PatternSet> PatternSet::make(std::vector<PatternRule> rules, const std::string& cache_directory) {
  PatternSet set;
  set.rules_ = std::move(rules);
  std::vector<ScanPattern> patterns;
  for (const PatternRule& rule : set.rules_) patterns.push_back({rule.regex, false, false});
  for (std::uint32_t at = 0; at < set.rules_.size(); ++at) {
    const PatternRule& rule = set.rules_[at];
    set.shapes_.push_back(pattern_shape(rule.regex, rule.group));
    const PatternShape& shape = set.shapes_.back();
    for (const std::string& opening : shape.openings) {
      patterns.push_back({opening, false, true});  // a flag may have been cut off: rather too many
      set.opening_rules_.push_back(at);
    }
    set.expressions_.push_back(std::make_unique<Expression>(rule.regex));
    if (rule.then == Treatment::allow) continue;  // it is only noted: nothing has to wait for it
    set.any_narrow_ = set.any_narrow_ || shape.hold == PatternShape::Hold::narrow;
    if (shape.hold != PatternShape::Hold::narrow && shape.openings.empty()) {
      set.always_held_ = std::max(set.always_held_, shape.width);
    }
  }
  for (const PatternRule& rule : set.rules_) {
    for (const auto& allow : rule.allow) {
      const auto known = [&](const auto& entry) { return entry.first == allow.get(); };
      if (std::any_of(set.allowing_.begin(), set.allowing_.end(), known)) continue;
      for (const std::string& regex : allow->regexes) {
        set.allowing_.emplace_back(allow.get(), std::make_unique<Expression>(regex));
      }
    }
  }
  auto scanner = Scanner::compile_cached(patterns, cache_directory);
  if (!scanner) return std::move(scanner).error();
  set.scanner_ = std::make_unique<Scanner>(std::move(scanner).value());
  return set;
}

std::optional<PatternMatch> PatternSet::find(std::uint32_t rule, std::string_view text, std::size_t begin,
                                             std::size_t end) const {
  const RE2& regex = expressions_[rule]->get();
  std::array<re2::StringPiece, kGroupsMost + 1> groups;
  const int count = std::min(regex.NumberOfCapturingGroups() + 1, static_cast<int>(groups.size()));
  if (begin > end || !regex.Match(piece(text), begin, end, RE2::UNANCHORED, groups.data(), count)) return std::nullopt;
  int secret = rules_[rule].group;
  if (secret == 0) {
    for (int at = 1; at < count && secret == 0; ++at) secret = groups[static_cast<std::size_t>(at)].empty() ? 0 : at;
  }
  if (secret >= count || groups[static_cast<std::size_t>(secret)].data() == nullptr) secret = 0;
  const auto span = [&](const re2::StringPiece& group) {
    const auto from = static_cast<std::uint64_t>(group.data() - text.data());
    return std::pair{from, from + group.size()};
  };
  const auto [from, to] = span(groups[0]);
  const auto [secret_from, secret_to] = span(groups[static_cast<std::size_t>(secret)]);
  return PatternMatch{rule, from, to, secret_from, secret_to};
}

bool PatternSet::is_finding(std::string_view text, const PatternMatch& match) const {
  const PatternRule& rule = rules_[match.rule];
  const std::string_view secret = text.substr(match.secret_begin, match.secret_end - match.secret_begin);
  if (rule.entropy > 0 && shannon_entropy(secret) <= rule.entropy) return false;
  if (rule.check != nullptr && !rule.check(secret)) return false;
  std::string lower{secret};
  for (char& byte : lower) byte = byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
  for (const auto& allow : rule.allow) {
    if (allow->all && allow->on_path) continue;
    std::string_view target = secret;
    if (allow->target == AllowList::Target::match) target = text.substr(match.begin, match.end - match.begin);
    if (allow->target == AllowList::Target::line) target = line_around(text, match.begin, match.end);
    bool by_regex = false;
    for (const auto& [list, expression] : allowing_) {
      by_regex = by_regex || (list == allow.get() && RE2::PartialMatch(piece(target), expression->get()));
    }
    const bool by_word = std::any_of(allow->stop_words.begin(), allow->stop_words.end(),
                                     [&](const std::string& word) { return lower.find(word) != std::string::npos; });
    const bool needs_both = allow->all && !allow->regexes.empty() && !allow->stop_words.empty();
    if (needs_both ? by_regex && by_word : by_regex || by_word) return false;
  }
  return true;
}

}  // namespace belljar::content
