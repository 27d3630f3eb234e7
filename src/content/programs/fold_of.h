// fold_of(): what one character becomes when text is folded for detection, by ICU's data. For the program that makes
// the table, and for the test that holds the table against it.
//
// Format controls, variation selectors and combining marks vanish; compatibility forms (NFKD) become what they stand
// for; what is easily taken for ASCII (Unicode's confusables) becomes that; a digit of any script its ASCII digit.
// ASCII, and all that has no ASCII look, stays.
#pragma once

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>

#include <string>

namespace belljar::content {

inline bool all_ascii(const icu::UnicodeString& text) {
  for (int at = 0; at < text.length(); ++at) {
    if (text[at] >= 0x80) return false;
  }
  return true;
}

inline bool vanishes(UChar32 code) {
  const int kind = u_charType(code);
  return u_hasBinaryProperty(code, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || kind == U_FORMAT_CHAR ||
         kind == U_NON_SPACING_MARK || kind == U_ENCLOSING_MARK || (kind == U_CONTROL_CHAR && code >= 0x80);
}

inline std::string fold_of(UChar32 code, const icu::Normalizer2& nfkd, const USpoofChecker* spoof) {
  std::string same;
  icu::UnicodeString{code}.toUTF8String(same);
  if (code < 0x80) return same;
  if (vanishes(code)) return {};
  if (u_charType(code) == U_SPACE_SEPARATOR) return " ";
  if (u_charType(code) == U_LINE_SEPARATOR || u_charType(code) == U_PARAGRAPH_SEPARATOR) return "\n";
  if (const int digit = u_charDigitValue(code); digit >= 0) return std::string(1, static_cast<char>('0' + digit));
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString plain;
  const icu::UnicodeString whole = nfkd.normalize(icu::UnicodeString{code}, status);
  for (int at = 0; at < whole.length(); at = whole.moveIndex32(at, 1)) {
    if (!vanishes(whole.char32At(at))) plain.append(whole.char32At(at));
  }
  std::string out;
  if (!plain.isEmpty() && all_ascii(plain)) return plain.toUTF8String(out);
  icu::UnicodeString skeleton;
  uspoof_getSkeletonUnicodeString(spoof, 0, plain.isEmpty() ? icu::UnicodeString{code} : plain, skeleton, &status);
  if (U_FAILURE(status) != 0 || skeleton.isEmpty() || !all_ascii(skeleton)) return same;
  skeleton.toUTF8String(out);
  // The skeleton makes one of I, l and 1, and of O and 0; what is a capital letter stays one.
  if (out == "l" && u_isupper(code) != 0) return "I";
  if (out == "O" && u_isupper(code) == 0 && u_isalpha(code) != 0) return "o";
  return out == "rn" ? "m" : out;
}

}  // namespace belljar::content
