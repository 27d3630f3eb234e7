// normal_of(): what one character becomes before texts are compared, by ICU's data. For the program that makes the
// table, and for the test that holds the table against ICU.
#pragma once

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <string>

namespace belljar::content {

enum class Letters { as_they_are, folded };

// Its full compatibility decomposition (NFKD), case folded where asked, without what shows as nothing (default
// ignorable: zero-width and bidi controls, variation selectors, tags). Any white space is a space.
inline std::string normal_of(UChar32 code, Letters letters, const icu::Normalizer2& nfkd) {
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString whole = nfkd.normalize(icu::UnicodeString{code}, status);
  if (letters == Letters::folded) whole = nfkd.normalize(whole.foldCase(), status);
  icu::UnicodeString kept;
  for (int at = 0; at < whole.length(); at = whole.moveIndex32(at, 1)) {
    const UChar32 one = whole.char32At(at);
    if (u_hasBinaryProperty(one, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 || u_charType(one) == U_FORMAT_CHAR) continue;
    kept.append(u_isUWhiteSpace(one) != 0 ? UChar32{' '} : one);
  }
  std::string out;
  return kept.toUTF8String(out);
}

}  // namespace belljar::content
