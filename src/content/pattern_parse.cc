// ECMA-262 pattern syntax with the "u" flag, by recursive descent.
#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/text.h"
#include "content/pattern.h"
#include "content/pattern_properties.h"

namespace belljar::content {

namespace {

using Kind = PatternNode::Kind;

constexpr std::size_t kGroupsDeep = 64;
constexpr std::uint32_t kRepeatMost = 1000;
constexpr char32_t kLast = 0x10FFFF;
constexpr std::string_view kSyntax = "^$\\.*+?()[]{}|/";

constexpr std::array<CodeRange, 1> kDigits{{{'0', '9'}}};
constexpr std::array<CodeRange, 4> kWord{{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}};
constexpr std::array<CodeRange, 10> kSpace{{{0x09, 0x0D},
                                            {0x20, 0x20},
                                            {0xA0, 0xA0},
                                            {0x1680, 0x1680},
                                            {0x2000, 0x200A},
                                            {0x2028, 0x2029},
                                            {0x202F, 0x202F},
                                            {0x205F, 0x205F},
                                            {0x3000, 0x3000},
                                            {0xFEFF, 0xFEFF}}};
constexpr std::array<CodeRange, 3> kLineEnds{{{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}};

void add_complement(std::span<const CodeRange> ranges, std::vector<CodeRange>& out) {
  char32_t next = 0;
  for (const CodeRange& range : ranges) {
    if (range.first > next) out.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLast) out.push_back({next, kLast});
}

PatternNode node_of(Kind kind) {
  PatternNode node;
  node.kind = kind;
  return node;
}

PatternNode one_of(char32_t code) {
  PatternNode node = node_of(Kind::set);
  node.ranges.push_back({code, code});
  return node;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_{text} {}

  Result<PatternNode> whole() {
    PatternNode node = TRY(choice(0));
    if (!done()) return wrong("an unmatched \")\"", "\"\\)\" for the character");
    return node;
  }

 private:
  bool done() const { return at_ == text_.size(); }
  bool ahead(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  bool take(std::string_view word) {
    if (!ahead(word)) return false;
    at_ += word.size();
    return true;
  }

  Error wrong(std::string_view found, std::string_view expected) const {
    return Error{Errc::invalid_argument, "byte " + std::to_string(at_) + ": found " + std::string{found} +
                                             ", expected " + std::string{expected}};
  }

  // The text is well-formed UTF-8.
  char32_t code_point() {
    const auto lead = static_cast<unsigned char>(text_[at_++]);
    if (lead < 0x80) return lead;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    char32_t code = lead & (0x3FU >> more);
    for (int i = 0; i < more; ++i) code = code << 6 | (static_cast<unsigned char>(text_[at_++]) & 0x3FU);
    return code;
  }

  Result<PatternNode> choice(std::size_t depth) {
    if (depth > kGroupsDeep) return wrong("groups nested deeper than 64", "fewer");
    PatternNode node = node_of(Kind::choice);
    do {
      node.children.push_back(TRY(sequence(depth)));
    } while (take("|"));
    if (node.children.size() > 1) return node;
    PatternNode only = std::move(node.children.front());
    return only;
  }

  Result<PatternNode> sequence(std::size_t depth) {
    PatternNode node = node_of(Kind::sequence);
    while (!done() && !ahead("|") && !ahead(")")) {
      PatternNode term = TRY(atom(depth));
      const bool assertion = term.kind == Kind::begin || term.kind == Kind::end || term.kind == Kind::boundary ||
                             term.kind == Kind::no_boundary;
      PatternNode repeated = TRY(quantified(std::move(term), assertion));
      node.children.push_back(std::move(repeated));
    }
    return node;
  }

  Result<PatternNode> quantified(PatternNode term, bool assertion) {
    if (done() || std::string_view{"*+?{"}.find(text_[at_]) == std::string_view::npos) return term;
    if (assertion) return wrong("a repeated assertion", "something that takes a character");
    PatternNode node = node_of(Kind::repeat);
    if (take("*")) {
      node.most = kUnbounded;
    } else if (take("+")) {
      node.least = 1;
      node.most = kUnbounded;
    } else if (take("?")) {
      node.most = 1;
    } else {
      TRY(counts(node));
    }
    take("?");  // lazy: whether a text matches is the same
    node.children.push_back(std::move(term));
    return node;
  }

  Result<void> counts(PatternNode& node) {
    take("{");
    const std::optional<std::uint32_t> least = number();
    if (!least) return wrong("\"{\" without a number", "\"\\{\" for the character");
    node.least = *least;
    node.most = *least;
    if (take(",")) node.most = ahead("}") ? kUnbounded : number().value_or(0);
    if (!take("}")) return wrong("no end of a repetition", "\"}\"");
    if (node.most < node.least) return wrong("a repetition whose most is less than its least", "{least,most}");
    if (node.least > kRepeatMost || (node.most != kUnbounded && node.most > kRepeatMost)) {
      return wrong("a repetition of more than 1000", "at most that, so that matching stays bounded");
    }
    return {};
  }

  std::optional<std::uint32_t> number() {
    const std::size_t begin = at_;
    std::uint32_t value = 0;
    while (!done() && text_[at_] >= '0' && text_[at_] <= '9') {
      value = std::min<std::uint32_t>(value * 10 + static_cast<std::uint32_t>(text_[at_++] - '0'), 1'000'000);
    }
    if (at_ == begin) return std::nullopt;
    return value;
  }

  Result<PatternNode> atom(std::size_t depth) {
    if (take("^")) return node_of(Kind::begin);
    if (take("$")) return node_of(Kind::end);
    if (take("(")) return group(depth);
    if (take("[")) return set();
    if (take(".")) {
      PatternNode node = node_of(Kind::set);
      add_complement(kLineEnds, node.ranges);
      return node;
    }
    if (take("\\")) return escape();
    if (std::string_view{"*+?{}]"}.find(text_[at_]) != std::string_view::npos) {
      return wrong("\"" + std::string{text_[at_]} + "\" where a character is due", "a backslash before it");
    }
    return one_of(code_point());
  }

  Result<PatternNode> group(std::size_t depth) {
    constexpr std::string_view kUnboundedTime = "a pattern whose matching time is bounded";
    if (ahead("?=") || ahead("?!")) return wrong("a look-ahead", kUnboundedTime);
    if (ahead("?<=") || ahead("?<!")) return wrong("a look-behind", kUnboundedTime);
    if (take("?<")) {
      const std::size_t end = text_.find('>', at_);
      if (end == std::string_view::npos || end == at_) return wrong("a group name without end", "(?<name>...)");
      at_ = end + 1;
    } else if (ahead("?") && !take("?:")) {
      return wrong("an unknown kind of group", "(...), (?:...) or (?<name>...)");
    }
    PatternNode node = TRY(choice(depth + 1));
    if (!take(")")) return wrong("a group without end", "\")\"");
    return node;
  }

  Result<PatternNode> escape() {
    if (take("b")) return node_of(Kind::boundary);
    if (take("B")) return node_of(Kind::no_boundary);
    if (ahead("k") || (!done() && text_[at_] >= '1' && text_[at_] <= '9')) {
      return wrong("a back reference", "a pattern whose matching time is bounded");
    }
    PatternNode node = node_of(Kind::set);
    if (TRY(class_escape(node))) return node;
    return one_of(TRY(character_escape("")));
  }

  // \d \D \w \W \s \S \p{...} \P{...}
  Result<bool> class_escape(PatternNode& set) {
    const auto add = [&set](std::span<const CodeRange> ranges) {
      set.ranges.insert(set.ranges.end(), ranges.begin(), ranges.end());
    };
    if (take("d")) return add(kDigits), true;
    if (take("w")) return add(kWord), true;
    if (take("s")) return add(kSpace), true;
    if (take("D")) return add_complement(kDigits, set.ranges), true;
    if (take("W")) return add_complement(kWord, set.ranges), true;
    if (take("S")) return add_complement(kSpace, set.ranges), true;
    if (!ahead("p{") && !ahead("P{")) return false;
    const bool negated = text_[at_] == 'P';
    const std::size_t end = text_.find('}', at_);
    if (end == std::string_view::npos) return wrong("a property without end", "\"}\"");
    const std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
    const std::string known = re2_property(name);
    if (known.empty()) return wrong("property " + printable(name, 40), "a general category, a script, ASCII or Any");
    at_ = end + 1;
    set.properties.push_back((negated ? "\\P{" : "\\p{") + known + "}");
    return true;
  }

  std::optional<char32_t> hex(std::size_t digits) {
    char32_t value = 0;
    if (at_ + digits > text_.size()) return std::nullopt;
    for (std::size_t i = 0; i < digits; ++i) {
      const char c = text_[at_ + i];
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return std::nullopt;
      value = value * 16 + static_cast<char32_t>(digit);
    }
    at_ += digits;
    return value;
  }

  Result<char32_t> unicode_escape() {
    if (take("{")) {
      const std::size_t digits = std::min(text_.find('}', at_), text_.size()) - at_;
      const std::optional<char32_t> code = digits >= 1 && digits <= 6 ? hex(digits) : std::nullopt;
      if (code && *code <= kLast && take("}")) return *code;
      return wrong("an unknown code point", "\\u{0} to \\u{10FFFF}");
    }
    const std::optional<char32_t> high = hex(4);
    if (!high) return wrong("\"\\u\" without four digits", "\\u0041 or \\u{1F514}");
    if (*high < 0xD800 || *high > 0xDFFF) return *high;
    if (*high < 0xDC00 && take("\\u")) {
      const std::optional<char32_t> low = hex(4);
      if (low && *low >= 0xDC00 && *low <= 0xDFFF) return 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
    }
    return wrong("half of a surrogate pair", "both, or \\u{...}");
  }

  Result<char32_t> character_escape(std::string_view also) {
    constexpr std::string_view kLetters = "fnrtv";
    constexpr std::string_view kMeans = "\f\n\r\t\v";
    if (done()) return wrong("a backslash at the end", "what it escapes");
    if (take("u")) return unicode_escape();
    const char c = text_[at_];
    const std::size_t letter = kLetters.find(c);
    if (letter != std::string_view::npos) return ++at_, static_cast<char32_t>(kMeans[letter]);
    if (c == 'x') {
      ++at_;
      const std::optional<char32_t> code = hex(2);
      if (!code) return wrong("\"\\x\" without two digits", "\\x41");
      return *code;
    }
    if (c == 'c') {
      const char control = at_ + 1 < text_.size() ? text_[at_ + 1] : '0';
      if ((control < 'a' || control > 'z') && (control < 'A' || control > 'Z')) return wrong("\"\\c\"", "\\cA to \\cZ");
      at_ += 2;
      return static_cast<char32_t>(static_cast<unsigned char>(control) & 0x1FU);
    }
    const bool before_digit = at_ + 1 < text_.size() && text_[at_ + 1] >= '0' && text_[at_ + 1] <= '9';
    if (c == '0' && !before_digit) return ++at_, U'\0';
    if (kSyntax.find(c) != std::string_view::npos || also.find(c) != std::string_view::npos) {
      return ++at_, static_cast<char32_t>(c);
    }
    return wrong("escape \"\\" + printable(text_.substr(at_, 1), 8) + "\"", "one that ECMA-262 knows");
  }

  Result<PatternNode> set() {
    PatternNode node = node_of(Kind::set);
    node.negated = take("^");
    while (!take("]")) {
      if (done()) return wrong("a set without end", "\"]\"");
      const std::optional<char32_t> first = TRY(set_member(node));
      const bool range = ahead("-") && at_ + 1 < text_.size() && text_[at_ + 1] != ']';
      if (!range) {
        if (first) node.ranges.push_back({*first, *first});
        continue;
      }
      take("-");
      const std::optional<char32_t> last = TRY(set_member(node));
      if (!first || !last || *last < *first) return wrong("a range out of order", "characters, the lower first");
      node.ranges.push_back({*first, *last});
    }
    return node;
  }

  // One character, or nothing when a class was added.
  Result<std::optional<char32_t>> set_member(PatternNode& node) {
    if (done()) return wrong("a set without end", "\"]\"");
    if (!take("\\")) return std::optional<char32_t>{code_point()};
    if (take("b")) return std::optional<char32_t>{U'\b'};
    if (TRY(class_escape(node))) return std::optional<char32_t>{};
    return std::optional<char32_t>{TRY(character_escape("-"))};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

Result<PatternNode> parse_pattern(std::string_view text) {
  if (text.size() > kPatternBytesMax) {
    return Error{Errc::invalid_argument,
                 "byte 0: found a pattern of " + std::to_string(text.size()) + " bytes, expected at most 4096"};
  }
  if (!is_utf8(text)) return Error{Errc::invalid_argument, "byte 0: found a pattern that is not UTF-8, expected UTF-8"};
  return Parser{text}.whole();
}

}  // namespace belljar::content
