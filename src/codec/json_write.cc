#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "codec/json.h"

namespace belljar::codec {

namespace {

enum class Style { compact, pretty, canonical };

struct Decimal {
  std::string digits;  // without leading or trailing zeros, except "0" itself
  int point = 0;       // the decimal point stands after this many digits
};

// The shortest digits that read back as the same double; `value` is positive and finite.
Decimal shortest(double value) {
  std::array<char, 40> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const std::string_view text{buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data())};
  const std::size_t e = text.find('e');
  Decimal decimal;
  for (const char c : text.substr(0, e)) {
    if (c != '.') decimal.digits += c;
  }
  decimal.point = std::atoi(std::string{text.substr(e + 1)}.c_str()) + 1;  // NOLINT(cert-err34-c): to_chars wrote it
  return decimal;
}

// ECMAScript's Number::toString, which RFC 8785 prescribes.
std::string es6_number(double value) {
  if (!std::isfinite(value)) return "null";
  if (value == 0) return "0";
  if (value < 0) return "-" + es6_number(-value);
  auto [digits, point] = shortest(value);
  const int count = static_cast<int>(digits.size());
  if (count <= point && point <= 21) return digits.append(static_cast<std::size_t>(point - count), '0');
  if (0 < point && point <= 21) return digits.insert(static_cast<std::size_t>(point), ".");
  if (-6 < point && point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  const int exponent = point - 1;
  if (count > 1) digits.insert(1, ".");
  return digits + "e" + (exponent < 0 ? "-" : "+") + std::to_string(std::abs(exponent));
}

// As canonical, but 1.0 stays a number that is no integer when it is read back.
std::string plain_number(double value) {
  std::string text = es6_number(value);
  if (std::signbit(value) && value == 0) return "-0.0";
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// UTF-16 order differs from byte order in one place: U+E000..U+FFFF (lead bytes EE and EF) sort after all surrogate
// pairs (lead bytes F0 and up).
bool utf16_less(std::string_view a, std::string_view b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_a == a.end() || at_b == b.end()) return at_a == a.end() && at_b != b.end();
  const auto rank = [](char c) {
    const int byte = static_cast<unsigned char>(c);
    return byte == 0xEE || byte == 0xEF ? byte + 0x20 : byte;
  };
  return rank(*at_a) < rank(*at_b);
}

std::vector<const Json::Member*> ordered(const Json::Object& object, Style style) {
  std::vector<const Json::Member*> members;
  members.reserve(object.size());
  for (const Json::Member& member : object) members.push_back(&member);
  if (style == Style::canonical) {
    std::sort(members.begin(), members.end(),
              [](const Json::Member* a, const Json::Member* b) { return utf16_less(a->first, b->first); });
  }
  return members;
}

class Writer {
 public:
  explicit Writer(Style style) : style_{style} {}

  // Recursion is as deep as the value, which parse_json() or our own code bounded.
  void write(const Json& value) {
    if (value.is_array()) return write_array(value.as_array());
    if (value.is_object()) return write_object(value.as_object());
    if (value.is_string()) return append_json_text(out_, value.as_string());
    if (value.is_int()) {
      out_ += std::to_string(value.as_int());
    } else if (value.is_number()) {
      out_ += style_ == Style::canonical ? es6_number(value.as_number()) : plain_number(value.as_number());
    } else {
      out_ += value.is_null() ? "null" : value.as_bool() ? "true" : "false";
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void write_array(const Json::Array& array) {
    out_ += '[';
    ++level_;
    bool first = true;
    for (const Json& item : array) {
      separate(first);
      write(item);
      first = false;
    }
    end(']', array.empty());
  }

  void write_object(const Json::Object& object) {
    out_ += '{';
    ++level_;
    bool first = true;
    for (const Json::Member* member : ordered(object, style_)) {
      separate(first);
      append_json_text(out_, member->first);
      out_ += style_ == Style::pretty ? ": " : ":";
      write(member->second);
      first = false;
    }
    end('}', object.empty());
  }

  void separate(bool first) {
    if (!first) out_ += ',';
    line();
  }

  void end(char bracket, bool empty) {
    --level_;
    if (!empty) line();
    out_ += bracket;
  }

  void line() {
    if (style_ == Style::pretty) out_.append("\n").append(level_ * 2, ' ');
  }

  Style style_;
  std::size_t level_ = 0;
  std::string out_;
};

std::string written(const Json& value, Style style) {
  Writer writer{style};
  writer.write(value);
  return writer.take();
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kEscaped = "\"\\\b\f\n\r\t";
  constexpr std::string_view kLetters = "\"\\bfnrt";
  out += '"';
  std::size_t plain = 0;  // from here on nothing needed an escape
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, plain, at - plain);
    plain = at + 1;
    const std::size_t known = kEscaped.find(text[at]);
    if (known != std::string_view::npos) {
      out.append(1, '\\').append(1, kLetters[known]);
    } else {
      out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  out.append(text, plain, text.size() - plain);
  out += '"';
}

std::string to_json(const Json& value) { return written(value, Style::compact); }

std::string to_json_pretty(const Json& value) { return written(value, Style::pretty) + "\n"; }

std::string canonical_json(const Json& value) { return written(value, Style::canonical); }

}  // namespace belljar::codec
