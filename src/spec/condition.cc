#include "spec/condition.h"

#include <algorithm>
#include <array>
#include <utility>

#include "spec/fields.h"
#include "spec/quantity.h"

namespace belljar::spec {

namespace {

using Op = Condition::Op;

constexpr std::size_t kTextMax = 4096;
constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kPartsMax = 256;
constexpr std::uint64_t kNumberMax = INT64_MAX;

struct Token {
  enum class Kind { end, word, text, number, sign };
  Kind kind = Kind::end;
  std::string_view raw;
  std::size_t at = 0;
};

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

struct Comparison {
  std::string_view sign;
  Op op;
};
// The longer sign of two first.
constexpr std::array<Comparison, 6> kComparisons{{{"==", Op::equal},
                                                  {"!=", Op::unequal},
                                                  {"<=", Op::at_most},
                                                  {">=", Op::at_least},
                                                  {"<", Op::less},
                                                  {">", Op::more}}};

class Parser {
 public:
  Parser(std::string_view text, ConditionError& error) : text_{text}, error_{error} {}

  std::optional<Condition> parse() {
    if (text_.size() > kTextMax)
      return fail("a condition of " + std::to_string(text_.size()) + " bytes", "at most 4096");
    if (!next()) return std::nullopt;
    std::optional<Condition> whole = chain(Op::any, 0);
    if (whole && token_.kind != Token::Kind::end) return fail(shown(), "\"and\", \"or\" or the end");
    return whole;
  }

 private:
  std::nullopt_t fail(std::string_view found, std::string_view expected) {
    error_.at = token_.at;
    error_.message = "found " + std::string{found} + ", expected " + std::string{expected};
    return std::nullopt;
  }

  std::string shown() const {
    return token_.kind == Token::Kind::end ? std::string{"the end of the condition"} : quote(token_.raw);
  }

  bool is_sign(std::string_view sign) const { return token_.kind == Token::Kind::sign && token_.raw == sign; }
  bool is_keyword(std::string_view word) const { return token_.kind == Token::Kind::word && token_.raw == word; }

  // False after fail().
  bool next() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    token_ = {Token::Kind::end, text_.substr(at_, 0), at_};
    if (at_ == text_.size()) return true;
    const char first = text_[at_];
    std::size_t length = 1;
    if (first == '"' || first == '\'') return next_text(first);
    if (is_word(first)) {
      while (at_ + length < text_.size() && is_word(text_[at_ + length])) ++length;
      token_.kind = first >= '0' && first <= '9' ? Token::Kind::number : Token::Kind::word;
    } else {
      token_.kind = Token::Kind::sign;
      for (const Comparison& one : kComparisons) {
        if (text_.substr(at_).starts_with(one.sign)) {
          length = one.sign.size();
          break;
        }
      }
    }
    token_.raw = text_.substr(at_, length);
    at_ += length;
    return true;
  }

  // No escapes: a text that holds one kind of quote is written in the other.
  bool next_text(char quote_mark) {
    const std::size_t end = text_.find(quote_mark, at_ + 1);
    token_.raw = text_.substr(at_, 1);
    if (end == std::string_view::npos) {
      fail("a text that does not end", std::string{"a closing "} + quote_mark);
      return false;
    }
    token_ = {Token::Kind::text, text_.substr(at_ + 1, end - at_ - 1), at_};
    at_ = end + 1;
    return true;
  }

  // any of alls: one function for both levels.
  std::optional<Condition> chain(Op op, std::size_t depth) {
    const auto part = [&] { return op == Op::any ? chain(Op::all, depth) : one(depth); };
    const std::string_view joint = op == Op::any ? "or" : "and";
    std::optional<Condition> first = part();
    if (!first || !is_keyword(joint)) return first;
    Condition joined;
    joined.op = op;
    joined.parts.push_back(std::move(*first));
    while (is_keyword(joint)) {
      if (!next()) return std::nullopt;
      std::optional<Condition> further = part();
      if (!further) return std::nullopt;
      joined.parts.push_back(std::move(*further));
    }
    return joined;
  }

  std::optional<Condition> one(std::size_t depth) {
    if (depth == kDepthMax) return fail("more than 16 levels", "fewer");
    if (++parts_ > kPartsMax) return fail("more than 256 parts", "fewer");
    if (is_keyword("not")) {
      if (!next()) return std::nullopt;
      std::optional<Condition> inner = one(depth + 1);
      return inner ? negation(std::move(*inner)) : inner;
    }
    if (is_sign("(")) {
      if (!next()) return std::nullopt;
      std::optional<Condition> inner = chain(Op::any, depth + 1);
      if (!inner) return std::nullopt;
      if (!is_sign(")")) return fail(shown(), "\")\"");
      return next() ? inner : std::nullopt;
    }
    return leaf();
  }

  static std::optional<Condition> negation(Condition inner) {
    Condition negated;
    negated.op = Op::negate;
    negated.parts.push_back(std::move(inner));
    return negated;
  }

  static bool is_reserved(std::string_view word) {
    constexpr std::array<std::string_view, 8> kReserved{"and", "or", "not", "in", "like", "has", "true", "false"};
    return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
  }

  bool at_attribute() const { return token_.kind == Token::Kind::word && !is_reserved(token_.raw); }

  std::optional<Condition> leaf() {
    Condition condition;
    condition.op = Op::is;
    if (is_keyword("has")) {
      condition.op = Op::has;
      if (!next()) return std::nullopt;
    }
    if (!at_attribute()) return fail(shown(), "an attribute, \"not\", \"has\" or \"(\"");
    condition.attribute = token_.raw;
    if (!next()) return std::nullopt;
    if (condition.op == Op::has) return condition;
    const bool negated = is_keyword("not");
    if (negated && !next()) return std::nullopt;
    std::optional<Condition> whole = right_side(std::move(condition), negated);
    return whole && negated ? negation(std::move(*whole)) : whole;
  }

  std::optional<Condition> right_side(Condition condition, bool negated) {
    if (is_keyword("in")) {
      condition.op = Op::in;
      return next() ? list(std::move(condition)) : std::nullopt;
    }
    if (is_keyword("like")) {
      condition.op = Op::like;
      if (!next()) return std::nullopt;
      if (token_.kind != Token::Kind::text) return fail(shown(), "a text in quotes");
      return literal(condition) ? std::optional{std::move(condition)} : std::nullopt;
    }
    if (negated) return fail(shown(), "\"in\" or \"like\"");
    for (const Comparison& comparison : kComparisons) {
      if (!is_sign(comparison.sign)) continue;
      condition.op = comparison.op;
      if (!next()) return std::nullopt;
      if (!at_attribute()) return literal(condition) ? std::optional{std::move(condition)} : std::nullopt;
      condition.other = token_.raw;
      return next() ? std::optional{std::move(condition)} : std::nullopt;
    }
    return condition;
  }

  std::optional<Condition> list(Condition condition) {
    if (!is_sign("[")) return fail(shown(), "\"[\"");
    do {
      if (!next() || !literal(condition)) return std::nullopt;
      if (condition.values.size() > kPartsMax) return fail("more than 256 values", "fewer");
    } while (is_sign(","));
    if (!is_sign("]")) return fail(shown(), "\",\" or \"]\"");
    return next() ? std::optional{std::move(condition)} : std::nullopt;
  }

  bool literal(Condition& condition) {
    if (token_.kind == Token::Kind::text) {
      condition.values.emplace_back(std::string{token_.raw});
    } else if (is_keyword("true") || is_keyword("false")) {
      condition.values.emplace_back(token_.raw == "true");
    } else if (token_.kind == Token::Kind::number) {
      const bool plain = token_.raw.find_first_not_of("0123456789") == std::string_view::npos;
      const Result<std::uint64_t> number =
          plain ? parse_count(token_.raw, "") : parse_quantity(token_.raw, kByteUnits, "");
      if (!number || number.value() > kNumberMax) {
        fail(shown(), "a whole number below 2^63, or a size such as 64KiB");
        return false;
      }
      condition.values.emplace_back(static_cast<std::int64_t>(number.value()));
    } else {
      fail(shown(), "a text in quotes, a number, true or false");
      return false;
    }
    return next();
  }

  std::string_view text_;
  ConditionError& error_;
  std::size_t at_ = 0;
  std::size_t parts_ = 0;
  Token token_;
};

std::string_view type_name(ValueType type) {
  constexpr std::array<std::string_view, 3> kNames{"true or false", "a number", "a text"};
  return kNames[static_cast<std::size_t>(type)];
}

ValueType type_of(const Literal& value) { return static_cast<ValueType>(value.index()); }

const AttributeType* find_attribute(Action action, std::string_view name) {
  const auto types = attribute_types(action);
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const AttributeType& one) { return one.name == name; });
  return found == types.end() ? nullptr : &*found;
}

std::string unknown_attribute(std::string_view name, Action action) {
  std::vector<std::string_view> known;
  for (const AttributeType& one : attribute_types(action)) known.push_back(one.name);
  const std::string_view near = nearest(name, known);
  return "found attribute " + quote(name) + " for action " + quote(action_name(action)) + ", expected " +
         (near.empty() ? one_of(known) : quote(near));
}

std::optional<std::string> check_leaf(const Condition& condition, Action action) {
  const AttributeType* left = find_attribute(action, condition.attribute);
  if (left == nullptr) return unknown_attribute(condition.attribute, action);
  const std::string of = " for \"" + condition.attribute + "\", which is " + std::string{type_name(left->type)};
  const bool ordered = condition.op == Op::less || condition.op == Op::at_most || condition.op == Op::more ||
                       condition.op == Op::at_least;
  if (ordered && left->type != ValueType::number) return "found an order" + of + ", expected == or !=";
  if (condition.op == Op::like && left->type != ValueType::text) return "found \"like\"" + of + ", expected ==";
  if (condition.op == Op::is && left->type != ValueType::boolean) {
    return "found no comparison" + of + ", expected ==, !=, in or like";
  }
  if (!condition.other.empty()) {
    const AttributeType* right = find_attribute(action, condition.other);
    if (right == nullptr) return unknown_attribute(condition.other, action);
    if (right->type != left->type) {
      return "found " + std::string{type_name(right->type)} + of + ", expected the same type on both sides";
    }
  }
  for (const Literal& value : condition.values) {
    if (type_of(value) != left->type) {
      return "found " + std::string{type_name(type_of(value))} + of + ", expected " +
             std::string{type_name(left->type)};
    }
  }
  return std::nullopt;
}

std::string literal_text(const Literal& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  const auto& text = std::get<std::string>(value);
  const char mark = text.find('"') == std::string::npos ? '"' : '\'';
  return std::string(1, mark).append(text).append(1, mark);
}

std::string leaf_text(const Condition& condition) {
  if (condition.op == Op::has) return "has " + condition.attribute;
  if (condition.op == Op::is) return condition.attribute;
  std::string text = condition.attribute;
  if (condition.op == Op::in) {
    text += " in [";
    for (std::size_t at = 0; at < condition.values.size(); ++at) {
      text += (at == 0 ? "" : ", ") + literal_text(condition.values[at]);
    }
    return text + "]";
  }
  std::string_view sign = "like";
  for (const Comparison& one : kComparisons) {
    if (one.op == condition.op) sign = one.sign;
  }
  text += " " + std::string{sign} + " ";
  return text + (condition.other.empty() ? literal_text(condition.values[0]) : condition.other);
}

}  // namespace

std::optional<Condition> parse_condition(std::string_view text, ConditionError& error) {
  return Parser{text, error}.parse();
}

std::optional<std::string> check_condition(const Condition& condition, Action action) {
  if (condition.parts.empty()) return check_leaf(condition, action);
  for (const Condition& part : condition.parts) {
    if (auto wrong = check_condition(part, action)) return wrong;
  }
  return std::nullopt;
}

std::string condition_text(const Condition& condition) {
  if (condition.op == Op::negate) return "not (" + condition_text(condition.parts[0]) + ")";
  if (condition.op != Op::all && condition.op != Op::any) return leaf_text(condition);
  std::string text;
  for (const Condition& part : condition.parts) {
    if (!text.empty()) text += condition.op == Op::all ? " and " : " or ";
    const bool joined = part.op == Op::all || part.op == Op::any;
    text += joined ? "(" + condition_text(part) + ")" : condition_text(part);
  }
  return text;
}

}  // namespace belljar::spec
