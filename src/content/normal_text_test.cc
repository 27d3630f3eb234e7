#include "content/normal_text.h"

#include <gtest/gtest.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <random>

#include "base/text.h"
#include "content/programs/normal_of.h"

namespace belljar::content {
namespace {

std::string kept(std::string_view text) { return normal_text(text, LetterCase::kept); }
std::string folded(std::string_view text) { return normal_text(text, LetterCase::folded); }

TEST(NormalText, WhatAReaderDoesNotSeeDoesNotCount) {
  struct Row {
    const char* one;
    const char* two;
  };
  constexpr Row kSame[] = {
      {"negative", "\xEF\xBB\xBFnega\xE2\x80\x8Btive\xE2\x80\x8F"},  // BOM, zero-width space, right-to-left mark
      {"negative", "\xEF\xBD\x8E\xEF\xBD\x85gative"},                // full-width letters
      {"a b", " a\t\n\xC2\xA0\xE2\x80\x83 b\r\n"},                   // no-break and em space
      {"Z\xC3\xBCrich", "Zu\xCC\x88rich"},                           // one character, or u and its dots
      {"\xE1\xBA\xAD", "a\xCC\x82\xCC\xA3"},                         // marks in another order
      {"\xEA\xB0\x81", "\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8"},      // a syllable of Hangul and its parts
      {"fi", "\xEF\xAC\x81"},
      {"10", "\xE2\x91\xA9"},
  };
  for (const Row& row : kSame) EXPECT_EQ(kept(row.one), kept(row.two)) << row.one;
}

TEST(NormalText, WhatAReaderSeesCounts) {
  EXPECT_NE(kept("a b"), kept("ab"));
  EXPECT_NE(kept("Zurich"), kept("Z\xC3\xBCrich"));
  EXPECT_NE(kept("Yes"), kept("yes"));
  EXPECT_NE(kept("a"), kept("\xD0\xB0")) << "a look-alike of another script is another letter";
  EXPECT_EQ(kept("100%41 &amp; \\u0041"), "100%41 &amp; \\u0041") << "nothing is decoded";
  EXPECT_EQ(kept("\xFF\xC0\xAF ok"), "\xFF\xC0\xAF ok") << "ill-formed bytes stay";
  EXPECT_EQ(kept(" \t\n"), "");
}

TEST(NormalText, LettersFoldWhereAsked) {
  EXPECT_EQ(folded("STRASSE"), folded("stra\xC3\x9F"
                                      "e"));
  EXPECT_EQ(folded("\xCE\xA3\xCE\x8A\xCE\xA3\xCE\xA5\xCE\xA6\xCE\x9F\xCE\xA3"),
            folded("\xCF\x83\xCE\xAF\xCF\x83\xCF\x85\xCF\x86\xCE\xBF\xCF\x82"));
  EXPECT_EQ(folded("YES"), "yes");
}

// What ICU makes of it: decomposed, without what shows as nothing, canonically ordered, white space collapsed.
std::string by_icu(const icu::UnicodeString& text, Letters letters, const icu::Normalizer2& nfkd) {
  icu::UnicodeString mapped;
  for (int at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
    mapped.append(icu::UnicodeString::fromUTF8(normal_of(text.char32At(at), letters, nfkd)));
  }
  UErrorCode status = U_ZERO_ERROR;
  std::string utf8;
  nfkd.normalize(mapped, status).toUTF8String(utf8);
  std::string out;
  for (const char c : utf8) {
    const bool space = c == ' ' || (c >= '\t' && c <= '\r');
    if (space && (out.empty() || out.back() == ' ')) continue;
    const bool capital = letters == Letters::folded && c >= 'A' && c <= 'Z';
    out += space ? ' ' : capital ? static_cast<char>(c + 32) : c;
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

TEST(NormalText, AgreesWithIcuOnEveryCharacterAndOnRandomTexts) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(status);
  ASSERT_FALSE(U_FAILURE(status));
  const auto expect_equal = [&](const icu::UnicodeString& text) {
    std::string utf8;
    text.toUTF8String(utf8);
    ASSERT_EQ(kept(utf8), by_icu(text, Letters::as_they_are, *nfkd)) << printable(utf8);
    ASSERT_EQ(folded(utf8), by_icu(text, Letters::folded, *nfkd)) << printable(utf8);
    ASSERT_EQ(kept(kept(utf8)), kept(utf8)) << printable(utf8);
  };
  for (UChar32 code = 1; code <= 0x10FFFF; ++code) {
    if (code < 0xD800 || code > 0xDFFF) expect_equal(icu::UnicodeString{code});
  }
  std::mt19937 random{7};
  constexpr UChar32 kBlocks[] = {0x20, 0xC0, 0x300, 0x590, 0x1100, 0x1E00, 0x2000, 0x3040, 0xAC00, 0xFB00, 0x1D100};
  for (int trial = 0; trial < 20'000; ++trial) {
    icu::UnicodeString text;
    for (int length = static_cast<int>(random() % 8); length >= 0; --length) {
      text.append(static_cast<UChar32>(kBlocks[random() % std::size(kBlocks)] + random() % 0x80));
    }
    expect_equal(text);
  }
}

}  // namespace
}  // namespace belljar::content
