#include "content/screen.h"

#include <gtest/gtest.h>

namespace belljar::content {

namespace {

using spec::FilterSpec;

struct Seen {
  std::string text;
  std::vector<Finding> findings;
  Treatment worst = Treatment::allow;
};

Seen in_pieces(const Screen& screen, std::string_view text, std::size_t piece) {
  Stream stream = screen.stream();
  Seen seen;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    seen.text += stream.push(text.substr(at, piece));
    for (Finding& finding : stream.take_findings()) seen.findings.push_back(std::move(finding));
  }
  seen.text += stream.finish();
  for (Finding& finding : stream.take_findings()) seen.findings.push_back(std::move(finding));
  seen.worst = stream.worst();
  return seen;
}

TEST(Screen, SaysWhereTextIsTooLongTooDeepOrNoUtf8) {
  struct Row {
    std::string_view name;
    std::string text;
    std::string_view kind;  // empty: nothing found
    std::uint64_t begin;
    std::uint64_t end;
  };
  FilterSpec spec;
  spec.size = {40, Treatment::refuse};
  spec.depth = {2, Treatment::refuse};
  spec.encoding = Treatment::refuse;
  const Screen screen = Screen::make(spec).value();
  const std::vector<Row> rows{
      {"as long as allowed", std::string(40, 'a'), "", 0, 0},
      {"one longer", std::string(41, 'a'), "size", 40, 41},
      {"as deep as allowed", "[[1],[2]]", "", 0, 0},
      {"deeper", "[[[1]]]", "depth", 2, 3},
      {"brackets in a string", R"(["[[[[\"[[["])", "", 0, 0},
      {"NUL", std::string("a\0b", 3), "encoding", 1, 2},
      {"overlong slash", "a\xC0\xAF", "encoding", 1, 2},
      {"surrogate", "\xED\xA0\x80", "encoding", 0, 1},
      {"beyond the last code point", "\xF4\x90\x80\x80", "encoding", 0, 1},
      {"cut off at the end", "ab\xE2\x82", "encoding", 2, 4},
      {"four bytes", "\xF0\x9F\x98\x80", "", 0, 0},
  };
  for (const Row& row : rows) {
    for (std::size_t piece = 1; piece <= row.text.size(); ++piece) {
      const Seen seen = in_pieces(screen, row.text, piece);
      if (row.kind.empty()) {
        EXPECT_TRUE(seen.findings.empty()) << row.name;
        EXPECT_EQ(seen.text, row.text) << row.name;
        continue;
      }
      ASSERT_FALSE(seen.findings.empty()) << row.name << " in pieces of " << piece;
      EXPECT_EQ(seen.findings[0].kind, row.kind) << row.name;
      EXPECT_EQ(seen.findings[0].begin, row.begin) << row.name;
      EXPECT_EQ(seen.findings[0].end, row.end) << row.name;
      EXPECT_EQ(seen.worst, Treatment::refuse) << row.name;
      EXPECT_LE(seen.text.size(), row.begin) << row.name << ": no byte from the finding on goes on";
    }
  }
}

TEST(Screen, ReplacesIllFormedBytesWhenAskedTo) {
  FilterSpec spec;
  spec.encoding = Treatment::redact;
  const Screen screen = Screen::make(spec).value();
  const std::string text =
      "a\xFF"
      "b\xE2\x82"
      "c";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    EXPECT_EQ(in_pieces(screen, text, piece).text,
              "a\xEF\xBF\xBD"
              "b\xEF\xBF\xBD"
              "c");
  }
  EXPECT_EQ(screen.whole(text).findings.size(), 2U);
}

TEST(Screen, TakesOutWhatDoesNotShow) {
  struct Row {
    std::string_view name;
    std::string_view text;
    std::string_view left;
    std::size_t findings;
  };
  constexpr Row kRows[] = {
      {"zero-width space", "pass\u200Bword", "password", 1},
      {"bidi override", "a\u202Etxt.exe\u202C b", "atxt.exe b", 2},
      {"a run of tags", "hi\U000E0069\U000E0067\U000E006E!", "hi!", 1},
      {"at the end", "word\uFEFF", "word", 1},
      {"a joiner that makes an emoji", "\U0001F468\u200D\U0001F469", "\U0001F468\u200D\U0001F469", 0},
      {"a joiner in ASCII", "pass\u200Dword", "password", 1},
      {"Persian", "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645",
       "\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645", 0},
      {"accents", "caf\u00E9 na\u00EFve", "caf\u00E9 na\u00EFve", 0},
  };
  FilterSpec spec;
  spec.unicode = Treatment::redact;
  const Screen screen = Screen::make(spec).value();
  for (const Row& row : kRows) {
    for (std::size_t piece = 1; piece <= row.text.size(); ++piece) {
      const Seen seen = in_pieces(screen, row.text, piece);
      EXPECT_EQ(seen.text, row.left) << row.name << " in pieces of " << piece;
      EXPECT_EQ(seen.findings.size(), row.findings) << row.name;
    }
  }
}

TEST(Screen, OverlappingFindsAreReplacedAsOne) {
  FilterSpec spec;
  spec.pii = {{"EMAIL_ADDRESS", Treatment::redact}};
  spec.domain = {{"corner", "[a-z]+@ex", Treatment::redact}, {"tail", "ample[.]org now", Treatment::redact}};
  const Screen screen = Screen::make(spec).value();
  EXPECT_EQ(screen.whole("to ada@example.org now!").text, "to [EMAIL_ADDRESS]!");
  spec.redaction = spec::Redaction::keep_format;
  EXPECT_EQ(Screen::make(spec).value().whole("to Ada7@example.org, ok").text, "to Xxx0@xxxxxxx.xxx, ok");
}

}  // namespace

}  // namespace belljar::content
