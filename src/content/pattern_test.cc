#include "content/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::content {
namespace {

using testing::HasSubstr;

struct Row {
  std::string pattern, text;
  bool matches;
};

TEST(Pattern, means_what_ecma_262_says) {
  const std::vector<Row> rows{{"b", "abc", true},
                              {"^b", "abc", false},
                              {"c$", "abc", true},
                              {"c$", "abc\n", false},
                              {"^a.c$", "a\nc", false},
                              {"^a.c$",
                               "a\xE2\x80\xA8"
                               "c",
                               false},
                              {"^a.c$",
                               "a\xF0\x9F\x99\x82"
                               "c",
                               true},
                              {"^[^]$", "\n", true},
                              {"[]", "x", false},
                              {"^\\d+$", "\xD9\xA1", false},
                              {"^\\w$", "\xC3\xA9", false},
                              {"^\\s$", "\xEF\xBB\xBF", true},
                              {"^\\S$", "\xC2\xA0", false},
                              {"^[\\D]$", "x", true},
                              {"^[[:alpha]$", "[", true},
                              {"^\\p{Lu}\\p{Letter}$", "\xC3\x89\xC3\xA9", true},
                              {"^\\P{L}$", "1", true},
                              {"^\\p{Script=Greek}$", "\xCE\xA9", true},
                              {"^\\u{1F642}\\uD83D\\uDE42$", "\xF0\x9F\x99\x82\xF0\x9F\x99\x82", true},
                              {"^\\x41\\cA\\0\\t$", std::string{"A\x01\0\t", 4}, true},
                              {"^(?<word>ab?)*?$", "abaab", true},
                              {"\\bfoo\\B", "foobar", true},
                              {"^a{2}b{1,}c{0,2}$", "aabbcc", true},
                              {"^a{2}$", "aaa", false},
                              {"^(?:a||b)$", "", true},
                              {"^[a\\-z]$", "-", true},
                              {"^[a-]$", "-", true},
                              {"^\\/$", "/", true}};
  for (const Row& row : rows) {
    const auto pattern = compile_pattern(row.pattern);
    ASSERT_TRUE(pattern) << row.pattern << ": " << pattern.error().message();
    EXPECT_EQ(pattern.value().matches(row.text), row.matches) << row.pattern << " on " << row.text;
  }
}

TEST(Pattern, what_it_cannot_keep_bounded_or_does_not_know_is_refused) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"a(?=b)", "byte 2: found a look-ahead, expected a pattern whose matching time is bounded"},
      {"(?<!a)b", "found a look-behind"},
      {"(a)\\1", "found a back reference"},
      {"(?<x>a)\\k<x>", "found a back reference"},
      {"a{1001}", "found a repetition of more than 1000"},
      {"a{2,1}", "most is less than its least"},
      {"\\a", "found escape \"\\a\""},
      {"x\\Z", "found escape \"\\Z\""},
      {"[z-a]", "found a range out of order"},
      {"[\\d-z]", "found a range out of order"},
      {"(", "found a group without end"},
      {"[[:alpha:]]", "found \"]\" where"},
      {"a)", "found an unmatched \")\""},
      {"[a", "found a set without end"},
      {"*", "found \"*\" where a character is due"},
      {"^*", "found a repeated assertion"},
      {"a{", "found \"{\" without a number"},
      {"\\u12", "found \"\\u\" without four digits"},
      {"\\uD83D", "found half of a surrogate pair"},
      {"\\p{Emoji}", "found property Emoji"},
      {"(?i)a", "found an unknown kind of group"},
      {"\\", "found a backslash at the end"},
      {std::string(65, '(') + std::string(65, ')'), "nested deeper than 64"},
      {std::string(5000, 'a'), "found a pattern of 5000 bytes"},
      {"((a{1000}){1000}){1000}", "more than its share of memory"}};
  for (const auto& [text, says] : rows) {
    const auto pattern = compile_pattern(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_THAT(pattern.error().message(), HasSubstr(says));
  }
}

TEST(Pattern, what_hurts_backtracking_costs_nothing_here) {
  const Pattern pattern = compile_pattern("^(a+)+$").value();
  EXPECT_FALSE(pattern.matches(std::string(100'000, 'a') + "b"));
  EXPECT_TRUE(pattern.matches(std::string(100'000, 'a')));
}

}  // namespace
}  // namespace belljar::content
