#include "content/normal_text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "content/code_points.h"

namespace belljar::content {

namespace {

#include <content/normal_table.inc>  // made by the build

// The classes of Hangul's syllables, which are made by arithmetic. Source: The Unicode Standard, 3.12.
constexpr char32_t kSyllables = 0xAC00;
constexpr char32_t kLeads = 0x1100;
constexpr char32_t kVowels = 0x1161;
constexpr char32_t kTails = 0x11A7;
constexpr char32_t kVowelCount = 21;
constexpr char32_t kTailCount = 28;
constexpr char32_t kSyllableCount = 11'172;

template <class Starts, class Pages, class Entries>
bool add_from(const char* texts, const Starts& starts, const Pages& pages, const Entries& entries, char32_t code,
              std::u32string& out) {
  const std::uint16_t entry = entries[pages[code >> 8U] * 256U + (code & 255U)];
  if (entry == 0) return false;
  std::string_view text{texts + starts[entry - 1], starts[entry] - starts[entry - 1]};
  while (!text.empty()) out.push_back(take_code_point(text));
  return true;
}

void add(char32_t code, LetterCase letters, std::u32string& out) {
  if (code < 0x80) {
    const bool space = code == ' ' || (code >= '\t' && code <= '\r');
    const bool capital = letters == LetterCase::folded && code >= 'A' && code <= 'Z';
    out.push_back(space ? U' ' : capital ? code + ('a' - 'A') : code);
  } else if (code >= kSyllables && code < kSyllables + kSyllableCount) {
    const char32_t at = code - kSyllables;
    out.push_back(kLeads + at / (kVowelCount * kTailCount));
    out.push_back(kVowels + at % (kVowelCount * kTailCount) / kTailCount);
    if (at % kTailCount != 0) out.push_back(kTails + at % kTailCount);
  } else if (code > 0x10FFFF) {
    out.push_back(code);  // a byte of ill-formed text
  } else {
    const bool known = letters == LetterCase::folded
                           ? add_from(kCaselessTexts, kCaselessStarts, kCaselessPages, kCaselessEntries, code, out)
                           : add_from(kPlainTexts, kPlainStarts, kPlainPages, kPlainEntries, code, out);
    if (!known) out.push_back(code);
  }
}

std::uint8_t mark_class(char32_t code) {
  const auto* const found = std::lower_bound(std::begin(kMarks), std::end(kMarks), static_cast<std::uint32_t>(code));
  return found == std::end(kMarks) || *found != code ? 0 : kMarkClasses[found - std::begin(kMarks)];
}

// Marks on one letter in the order of their classes, whatever order they were written in.
void order_marks(std::u32string& text) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] < 0x80 || mark_class(text[at]) == 0) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && mark_class(text[end]) != 0) ++end;
    std::stable_sort(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end),
                     [](char32_t one, char32_t two) { return mark_class(one) < mark_class(two); });
    at = end;
  }
}

}  // namespace

std::string normal_text(std::string_view text, LetterCase letters) {
  std::u32string codes;
  codes.reserve(text.size());
  while (!text.empty()) add(take_code_point(text), letters, codes);
  order_marks(codes);
  std::string out;
  bool waits = false;  // a space, until something follows it
  for (const char32_t code : codes) {
    if (code == U' ') {
      waits = !out.empty();
      continue;
    }
    if (std::exchange(waits, false)) out += ' ';
    append_code_point(code, out);
  }
  return out;
}

}  // namespace belljar::content
