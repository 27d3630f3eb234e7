// Numbers, counts and texts for content/generate.h.
#include <algorithm>
#include <cmath>

#include "content/generate_parts.h"

namespace belljar::content {

using codec::Json;

namespace {

constexpr std::uint64_t kFar = 2000;  // the largest count that is built
constexpr std::size_t kSampleBytesMax = 4096;

struct Span {
  double least = -1000, most = 1000;
  bool has_least = false, has_most = false;
};

double inside(const Bound& bound, bool whole) {
  const double limit = bound.limit.as_number();
  const bool least = bound.keyword.ends_with("inimum");
  const bool exclusive = bound.keyword.starts_with("ex");
  const double away = least ? HUGE_VAL : -HUGE_VAL;
  if (!whole) return exclusive ? std::nextafter(limit, away) : limit;
  const double nearest = least ? std::ceil(limit) : std::floor(limit);
  if (!exclusive || nearest != limit) return nearest;
  return least ? nearest + 1 : nearest - 1;
}

Span span_of(const NumberWish& wish) {
  Span span;
  for (const Bound* bound : wish.bounds) {
    const double limit = inside(*bound, wish.whole);
    if (bound->keyword.ends_with("inimum")) {
      span.least = span.has_least ? std::max(span.least, limit) : limit;
      span.has_least = true;
    } else {
      span.most = span.has_most ? std::min(span.most, limit) : limit;
      span.has_most = true;
    }
  }
  if (!span.has_most && span.least > span.most - 1000) span.most = span.least + 1000;
  if (!span.has_least && span.most < span.least + 1000) span.least = span.most - 1000;
  return span;
}

Json number_of(double value) {
  constexpr double kExact = 9007199254740992.0;
  if (std::trunc(value) == value && std::abs(value) < kExact) return static_cast<std::int64_t>(value);
  return value;
}

// Three decimals look like something a person measured.
double rounded(double value, const Span& span) {
  const double near = std::round(value * 1000) / 1000;
  return near >= span.least && near <= span.most ? near : value;
}

void append_utf8(char32_t code, std::string& out) {
  const auto byte = [&out](char32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) return byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
  if (code < 0x10000) {
    byte(0xE0 | code >> 12);
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
  }
  byte(0x80 | (code >> 6 & 0x3F));
  byte(0x80 | (code & 0x3F));
}

bool in_ranges(const std::vector<CodeRange>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](const CodeRange& range) { return code >= range.first && code <= range.last; });
}

// Plain characters first: what people write, and what survives every later rule.
void sample_set(const PatternNode& set, Draw& draw, std::string& out) {
  constexpr std::u32string_view kPlain =
      U"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-.,:;!?()éΩ你";
  std::u32string fit;
  for (const char32_t code : kPlain) {
    if (in_ranges(set.ranges, code) != set.negated) fit += code;
  }
  if (!set.properties.empty() && !set.negated) fit += kPlain;
  if (!fit.empty()) return append_utf8(fit[draw.below(fit.size())], out);
  if (set.ranges.empty()) return;
  const CodeRange& range = set.ranges[draw.below(set.ranges.size())];
  const char32_t code = range.first + static_cast<char32_t>(draw.below(range.last - range.first + 1));
  append_utf8(code >= 0xD800 && code <= 0xDFFF ? range.first : code, out);
}

// As deep as parse_pattern() lets groups nest.
void sample_into(const PatternNode& node, Draw& draw, std::string& out) {
  using Kind = PatternNode::Kind;
  if (out.size() > kSampleBytesMax) return;
  if (node.kind == Kind::set) return sample_set(node, draw, out);
  if (node.kind == Kind::choice) return sample_into(node.children[draw.below(node.children.size())], draw, out);
  if (node.kind == Kind::sequence) {
    for (const PatternNode& child : node.children) sample_into(child, draw, out);
  } else if (node.kind == Kind::repeat) {
    const std::uint32_t most = std::min(node.most, node.least + 4);
    const std::uint64_t times = node.least + draw.below(most - node.least + 1);
    for (std::uint64_t at = 0; at < times; ++at) sample_into(node.children.front(), draw, out);
  }
}

}  // namespace

std::uint64_t make_count(std::uint64_t least, std::uint64_t most, std::uint64_t usual, Edge edge, Draw& draw) {
  if (edge == Edge::smallest) return least;
  const std::uint64_t far = most == kNoLimit ? least + usual : std::min(most, least + kFar);
  if (edge == Edge::largest) return std::max(least, far);
  return least + draw.below(std::min(far, least + usual) - least + 1);
}

Json make_number(const NumberWish& wish, Edge edge, Draw& draw) {
  const Span span = span_of(wish);
  const double share = static_cast<double>(draw.next() >> 11) * 0x1.0p-53;
  double value = edge == Edge::smallest  ? span.least
                 : edge == Edge::largest ? span.most
                                         : span.least + share * (span.most - span.least);
  if (!wish.steps.empty()) {
    const Json& step = wish.steps[draw.below(wish.steps.size())];
    const double unit = step.as_number();
    double times = edge == Edge::largest ? std::floor(value / unit) : std::ceil(value / unit);
    if (times * unit > span.most) times = std::floor(span.most / unit);
    return number_of(times * unit);
  }
  if (wish.whole) value = std::min(std::max(std::round(value), std::ceil(span.least)), std::floor(span.most));
  return number_of(edge == Edge::typical && !wish.whole ? rounded(value, span) : value);
}

std::string sample_pattern(const PatternNode& pattern, Draw& draw) {
  std::string text;
  sample_into(pattern, draw, text);
  return text;
}

std::string make_text(const TextWish& wish, Edge edge, Draw& draw) {
  if (wish.format != nullptr) return std::string{wish.format->example};
  if (wish.pattern != nullptr) return sample_pattern(wish.pattern->syntax(), draw);
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  const std::uint64_t length = make_count(wish.least, wish.most, 12, edge, draw);
  std::string text;
  for (std::uint64_t at = 0; at < length; ++at) text += kLetters[draw.below(kLetters.size())];
  return text;
}

}  // namespace belljar::content
