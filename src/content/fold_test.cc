#include "content/fold.h"

#include <gtest/gtest.h>

#include <random>

#include "content/programs/fold_of.h"

namespace belljar::content {

namespace {

TEST(Fold, MakesOneTextOfItsDisguises) {
  struct Row {
    std::string_view name;
    std::string_view text;
    std::string_view folded;
  };
  constexpr Row kRows[] = {
      {"plain", "ignore all previous", "ignore all previous"},
      {"zero width space", "ig\u200Bnore", "ignore"},
      {"bidi override", "\u202Eignore\u202C", "ignore"},
      {"fullwidth", "ｉｇｎｏｒｅ", "ignore"},
      {"mathematical bold", "\U0001D422\U0001D420nore", "ignore"},
      {"Cyrillic look-alikes", "ign\u043Er\u0435", "ignore"},
      {"a capital look-alike", "\u0406gnore", "Ignore"},
      {"combining marks", "i\u0336g\u0336nore", "ignore"},
      {"accents", "ign\u00F6re", "ignore"},
      {"Arabic digits", "\u0664\u0661\u0661\u0661", "4111"},
      {"JSON escapes", R"(\u0069gnore\n\"all\")", "ignore\n\"all\""},
      {"JSON in JSON", R"(\\\"\\u0069gnore\\\")", "\"ignore\""},
      {"an escaped look-alike", R"(ign\u043ere)", "ignore"},
      {"url", "%69gnore%20all", "ignore all"},
      {"entities", "&#105;gnore&nbsp;&#x61;ll &lt;b&gt;", "ignore all <b>"},
      {"a run of tags", "a\U000E0069\U000E0067b", "aigb"},
      {"single tags between letters", "i\U000E0061g\U000E0061n", "ign"},
      {"no escape", R"(100% \q &amper; %zz)", R"(100% \q &amper; %zz)"},
      {"ill-formed", "a\xFF\xC3", "a\xFF\xC3"},
      {"another script", "漢字かな", "漢字かな"},
  };
  for (const Row& row : kRows) EXPECT_EQ(fold(row.text).text, row.folded) << row.name;
}

TEST(Fold, DoesNotDependOnHowTheTextIsCut) {
  std::mt19937 random{20261121};
  const std::vector<std::string> parts{"a",
                                       "\\",
                                       "u0041",
                                       "%",
                                       "41",
                                       "&",
                                       "#x41;",
                                       "quot;",
                                       "\xE2\x80\x8B",
                                       "\xD0",
                                       "\xB5",
                                       "\xF3\xA0\x81\xA1",
                                       "\xFF",
                                       "n",
                                       "\"",
                                       " ",
                                       "\\\\\\\\\\\\\\\\\\\\"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int part = 0; part < 24; ++part) text += parts[random() % parts.size()];
    const Folded whole = fold(text);
    Folder folder;
    Folded pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % 7;
      folder.push(std::string_view{text}.substr(at, size), pieces);
      at += size;
    }
    folder.finish(pieces);
    ASSERT_EQ(pieces.text, whole.text) << text;
    ASSERT_EQ(pieces.units, whole.units) << text;
  }
}

TEST(Fold, LeadsBackToTheBytesItCameFrom) {
  const Folded folded = fold("ab\u200Bc%64\uFB01");  // ﬁ, one character, becomes two
  EXPECT_EQ(folded.text, "abcdfi");
  const std::vector<FoldUnit> expected{{2, 2, 3, 0}, {6, 3, 3, 1}, {9, 4, 3, 2}};
  EXPECT_EQ(folded.units, expected);
}

// The table against ICU itself, every character there is.
TEST(Fold, AgreesWithIcuOnEveryCharacter) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(status);
  USpoofChecker* spoof = uspoof_open(&status);
  ASSERT_EQ(U_FAILURE(status), 0);
  std::size_t changed = 0;
  for (UChar32 code = 0x80; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code <= 0xDFFF) continue;
    std::string text;
    icu::UnicodeString{code}.toUTF8String(text);
    const std::string expected = fold_of(code, *nfkd, spoof);
    ASSERT_EQ(fold(text).text, expected) << "U+" << std::hex << code;
    changed += expected == text ? 0 : 1;
  }
  uspoof_close(spoof);
  EXPECT_GT(changed, 8000U);
}

}  // namespace

}  // namespace belljar::content
