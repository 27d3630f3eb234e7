#include "content/checks.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "content/format_checks.h"

namespace belljar::content {

namespace {

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
int value(char digit) { return digit - '0'; }

std::string digits_of(std::string_view text) {
  std::string out;
  std::copy_if(text.begin(), text.end(), std::back_inserter(out), is_digit);
  return out;
}

// Letters, in capitals, and digits.
std::string ink_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_digit(c) || is_letter(c)) out += upper(c);
  }
  return out;
}

int weighted(std::string_view digits, std::initializer_list<int> weights) {
  int sum = 0;
  std::size_t at = 0;
  for (const int weight : weights) sum += weight * value(digits[at++]);
  return sum;
}

bool all_same(std::string_view digits) { return digits.find_first_not_of(digits[0]) == std::string_view::npos; }

std::uint64_t number(std::string_view digits) {
  std::uint64_t out = 0;
  for (const char c : digits) out = out * 10 + static_cast<std::uint64_t>(value(c));
  return out;
}

bool is_day(int year, int month, int day) {
  constexpr std::array<int, 12> kDays{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1 || day > kDays[static_cast<std::size_t>(month - 1)]) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month != 2 || day < 29 || leap;
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0U;
  for (const char byte : bytes) {
    crc ^= static_cast<std::uint8_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

// English and three-letter names of months; 0: none.
int month_named(std::string_view name) {
  constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
  const std::string start = ink_of(name.substr(0, 3));
  const auto found = std::find(kMonths.begin(), kMonths.end(), start);
  return found == kMonths.end() ? 0 : static_cast<int>(found - kMonths.begin()) + 1;
}

// The runs of digits and of letters.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  const auto kind = [](char c) { return is_digit(c) ? 1 : is_letter(c) ? 2 : 0; };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (kind(text[at]) == 0) continue;
    if (at == 0 || kind(text[at - 1]) != kind(text[at])) words.emplace_back();
    words.back() += text[at];
  }
  return words;
}

}  // namespace

bool luhn(std::string_view found) {
  const std::string digits = digits_of(found);
  if (digits.size() < 12 || digits.size() > 19 || all_same(digits)) return false;
  int sum = 0;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    int one = value(digits[digits.size() - 1 - at]);
    if (at % 2 == 1) one = one > 4 ? 2 * one - 9 : 2 * one;
    sum += one;
  }
  return sum % 10 == 0;
}

bool iban(std::string_view found) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 36> kSizes{
      {{"AD", 24}, {"AE", 23}, {"AT", 20}, {"BE", 16}, {"BG", 22}, {"CH", 21}, {"CY", 28}, {"CZ", 24}, {"DE", 22},
       {"DK", 18}, {"EE", 20}, {"ES", 24}, {"FI", 18}, {"FR", 27}, {"GB", 22}, {"GR", 27}, {"HR", 21}, {"HU", 28},
       {"IE", 22}, {"IL", 23}, {"IS", 26}, {"IT", 27}, {"LI", 21}, {"LT", 20}, {"LU", 20}, {"LV", 21}, {"MC", 27},
       {"MT", 31}, {"NL", 18}, {"NO", 15}, {"PL", 28}, {"PT", 25}, {"RO", 24}, {"SA", 24}, {"SE", 24}, {"SI", 19}}};
  const std::string ink = ink_of(found);
  if (ink.size() < 15 || ink.size() > 34) return false;
  for (const auto& [country, size] : kSizes) {
    if (ink.starts_with(country) && ink.size() != size) return false;
  }
  unsigned rest = 0;
  for (std::size_t at = 0; at < ink.size(); ++at) {
    const char c = ink[(at + 4) % ink.size()];
    rest = is_digit(c) ? (rest * 10 + static_cast<unsigned>(value(c))) % 97
                       : (rest * 100 + static_cast<unsigned>(c - 'A') + 10) % 97;
  }
  return rest == 1;
}

bool us_ssn(std::string_view found) {
  const std::string digits = digits_of(found);
  if (digits.size() != 9 || all_same(digits)) return false;
  const std::string_view area = std::string_view{digits}.substr(0, 3);
  // The numbers that advertisements and forms show.
  if (digits == "123456789" || digits == "078051120" || digits.starts_with("98765432")) return false;
  return area != "000" && area != "666" && area[0] != '9' && digits.substr(3, 2) != "00" && digits.substr(5) != "0000";
}

bool ip_address(std::string_view found) {
  return found.find(':') == std::string_view::npos ? is_ipv4(found) : is_ipv6(found);
}

bool crc32_base62(std::string_view found) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::size_t from = found.find('_') + 1;
  if (found.size() < from + 7) return false;
  std::uint32_t sum = crc32(found.substr(from, found.size() - from - 6));
  std::string expected(6, '0');
  for (std::size_t at = 6; at-- > 0; sum /= 62) expected[at] = kDigits[sum % 62];
  return found.ends_with(expected);
}

bool uk_nhs(std::string_view found) {
  const std::string digits = digits_of(found);
  if (digits.size() != 10 || all_same(digits)) return false;
  const int rest = (11 - weighted(digits, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11) % 11;
  return rest != 10 && rest == value(digits[9]);
}

bool es_nif(std::string_view found) {
  constexpr std::string_view kLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
  std::string ink = ink_of(found);
  if (ink.size() < 8 || ink.size() > 9) return false;
  const std::string_view foreign = "XYZ";
  if (const std::size_t at = foreign.find(ink[0]); at != std::string_view::npos) ink[0] = static_cast<char>('0' + at);
  const std::string_view digits = std::string_view{ink}.substr(0, ink.size() - 1);
  return std::all_of(digits.begin(), digits.end(), is_digit) && ink.back() == kLetters[number(digits) % 23];
}

bool it_fiscal_code(std::string_view found) {
  constexpr std::array<int, 26> kOdd{1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                     20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  const std::string ink = ink_of(found);
  if (ink.size() != 16) return false;
  int sum = 0;
  for (std::size_t at = 0; at < 15; ++at) {
    const int code = is_digit(ink[at]) ? value(ink[at]) : ink[at] - 'A';
    sum += at % 2 == 0 ? kOdd[static_cast<std::size_t>(code)] : code;
  }
  return ink[15] == 'A' + sum % 26;
}

bool pl_pesel(std::string_view found) {
  const std::string digits = digits_of(found);
  if (digits.size() != 11 || all_same(digits)) return false;
  const int month = static_cast<int>(number(digits.substr(2, 2))) % 20;
  if (month < 1 || month > 12) return false;
  return (10 - weighted(digits, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3}) % 10) % 10 == value(digits[10]);
}

bool au_tfn(std::string_view found) {
  const std::string digits = digits_of(found);
  return digits.size() == 9 && !all_same(digits) && weighted(digits, {1, 4, 3, 7, 5, 8, 6, 9, 10}) % 11 == 0;
}

bool in_aadhaar(std::string_view found) {
  const std::string digits = digits_of(found);
  if (digits.size() != 12 || digits[0] < '2') return false;
  // Verhoeff: the dihedral group of order ten, and a permutation applied once more for each place.
  const auto multiply = [](int a, int b) {
    if (a < 5) return b < 5 ? (a + b) % 5 : 5 + (a + b) % 5;
    return b < 5 ? 5 + (a - b + 5) % 5 : (a - b + 5) % 5;
  };
  constexpr std::array<int, 10> kTurn{1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  int sum = 0;
  for (std::size_t at = 0; at < digits.size(); ++at) {
    int one = value(digits[digits.size() - 1 - at]);
    for (std::size_t turn = 0; turn < at % 8; ++turn) one = kTurn[static_cast<std::size_t>(one)];
    sum = multiply(sum, one);
  }
  return sum == 0;
}

bool sg_fin(std::string_view found) {
  const std::string ink = ink_of(found);
  if (ink.size() != 9 || !std::all_of(ink.begin() + 1, ink.end() - 1, is_digit)) return false;
  const bool later = ink[0] == 'T' || ink[0] == 'G';
  const bool citizen = ink[0] == 'S' || ink[0] == 'T';
  const int sum = weighted(std::string_view{ink}.substr(1, 7), {2, 7, 6, 5, 4, 3, 2}) + (later ? 4 : 0);
  return ink[8] == std::string_view{citizen ? "JZIHGFEDCBA" : "XWUTRQPNMLK"}[static_cast<std::size_t>(sum % 11)];
}

bool fi_personal_id(std::string_view found) {
  constexpr std::string_view kSigns = "0123456789ABCDEFHJKLMNPRSTUVWXY";
  if (found.size() != 11) return false;
  const std::string digits = digits_of(found.substr(0, 10));
  if (digits.size() != 9) return false;
  return is_day(2000, static_cast<int>(number(digits.substr(2, 2))), static_cast<int>(number(digits.substr(0, 2)))) &&
         upper(found[10]) == kSigns[number(digits) % 31];
}

bool de_tax_id(std::string_view found) {
  const std::string digits = digits_of(found);
  if (digits.size() != 11 || digits[0] == '0') return false;
  // Of the first ten digits one comes twice or three times, the others at most once.
  std::array<int, 10> counts{};
  for (std::size_t at = 0; at < 10; ++at) ++counts[static_cast<std::size_t>(value(digits[at]))];
  const auto repeated = std::count_if(counts.begin(), counts.end(), [](int count) { return count > 1; });
  if (repeated != 1 || *std::max_element(counts.begin(), counts.end()) > 3) return false;
  int product = 10;
  for (std::size_t at = 0; at < 10; ++at) {
    const int sum = (value(digits[at]) + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return (11 - product) % 10 == value(digits[10]);
}

bool fr_nir(std::string_view found) {
  const std::string digits = digits_of(found);
  if (digits.size() != 15 || (digits[0] != '1' && digits[0] != '2')) return false;
  return 97 - number(digits.substr(0, 13)) % 97 == number(digits.substr(13));
}

bool date(std::string_view found) {
  const std::vector<std::string> words = words_of(found);
  std::vector<int> numbers;
  int month = 0;
  for (const std::string& word : words) {
    if (is_digit(word[0])) numbers.push_back(static_cast<int>(number(word.substr(0, 9))));
    if (is_letter(word[0]) && word.size() >= 3) month = std::max(month, month_named(word));
  }
  const auto year_of = [](int year) { return year < 100 ? 1900 + year : year; };
  const auto in_range = [](int year) { return year >= 1900 && year <= 2029; };
  if (month != 0 && numbers.size() == 2) {
    const int year = year_of(numbers[1]);
    return in_range(year) && is_day(year, month, numbers[0]);
  }
  if (numbers.size() != 3) return false;
  if (numbers[0] >= 1000) return in_range(numbers[0]) && is_day(numbers[0], numbers[1], numbers[2]);
  const int year = year_of(numbers[2]);
  return in_range(year) && (is_day(year, numbers[0], numbers[1]) || is_day(year, numbers[1], numbers[0]));
}

bool phone(std::string_view found) {
  const std::string digits = digits_of(found);
  if (digits.size() < 7 || digits.size() > 15 || all_same(digits)) return false;
  return !date(found) && !is_ipv4(found);
}

Check check_named(std::string_view name) {
  if (name == "crc32-base62") return crc32_base62;
  if (name == "luhn") return luhn;
  if (name == "iban") return iban;
  return nullptr;
}

std::string check_names() { return "crc32-base62, luhn or iban"; }

}  // namespace belljar::content
