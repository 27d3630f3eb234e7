#include "spec/quantity.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "base/text.h"

namespace belljar::spec {

namespace {

constexpr std::size_t kDigitsMax = 18;
constexpr std::size_t kWordMax = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Error unexpected(std::string_view text, std::string_view expected) {
  return Error{Errc::invalid_argument, "found \"" + printable(text, 60) + "\", expected " + std::string{expected}};
}

std::size_t digits_at(std::string_view text, std::size_t at) {
  const std::size_t start = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at - start;
}

std::uint64_t to_number(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char digit : digits) number = number * 10 + static_cast<std::uint64_t>(digit - '0');
  return number;
}

// whole.fraction * factor where that is a whole number below 2^63; nothing otherwise.
bool scale(std::string_view whole, std::string_view fraction, std::uint64_t factor, std::uint64_t& out) {
  __extension__ using Wide = unsigned __int128;
  Wide ten_to = 1;
  for (std::size_t at = 0; at < fraction.size(); ++at) ten_to *= 10;
  const Wide numerator = (Wide{to_number(whole)} * ten_to + to_number(fraction)) * factor;
  const Wide value = numerator / ten_to;
  if (numerator % ten_to != 0 || value > static_cast<Wide>(INT64_MAX)) return false;
  out = static_cast<std::uint64_t>(value);
  return true;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t at = 0; at < row.size(); ++at) row[at] = at;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

Result<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units, std::string_view expected) {
  const std::size_t whole = digits_at(text, 0);
  std::size_t at = whole;
  std::size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    fraction = digits_at(text, at + 1);
    at += 1 + fraction;
    if (fraction == 0) return unexpected(text, expected);
  }
  // 27 digits in all times the largest factor stays below 2^128.
  if (whole == 0 || whole > kDigitsMax || fraction > kDigitsMax / 2) return unexpected(text, expected);
  const std::string_view name = text.substr(at);
  const auto* const unit =
      std::find_if(units.data(), units.data() + units.size(), [name](const Unit& known) { return known.name == name; });
  if (unit == units.data() + units.size()) return unexpected(text, expected);
  std::uint64_t value = 0;
  const std::string_view fraction_digits = fraction == 0 ? std::string_view{} : text.substr(whole + 1, fraction);
  if (!scale(text.substr(0, whole), fraction_digits, unit->factor, value)) return unexpected(text, expected);
  return value;
}

Result<double> parse_decimal(std::string_view text, std::string_view expected) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  const std::size_t whole = digits_at(digits, 0);
  std::size_t at = whole;
  if (at < digits.size() && digits[at] == '.') {
    const std::size_t fraction = digits_at(digits, at + 1);
    if (fraction == 0) return unexpected(text, expected);
    at += 1 + fraction;
  }
  double value = 0;
  if (whole == 0 || at != digits.size()) return unexpected(text, expected);
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return unexpected(text, expected);
  return value;
}

Result<std::uint64_t> parse_count(std::string_view text, std::string_view expected) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool all = !text.empty() && read.ec == std::errc{} && read.ptr == text.data() + text.size();
  const bool zero_first = text.size() > 1 && text[0] == '0';
  if (!all || zero_first) return unexpected(text, expected);
  return value;
}

std::string_view nearest(std::string_view wrong, std::span<const std::string_view> candidates) {
  std::string_view best;
  std::size_t least = std::min<std::size_t>(3, wrong.size());
  if (wrong.size() > kWordMax) return best;
  for (const std::string_view candidate : candidates) {
    const std::size_t slips = distance(wrong, candidate);
    if (slips >= least) continue;
    least = slips;
    best = candidate;
  }
  return best;
}

std::string one_of(std::span<const std::string_view> names) {
  std::string out;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (at != 0) out += at + 1 == names.size() ? " or " : ", ";
    out += names[at];
  }
  return out;
}

}  // namespace belljar::spec
