#include "codec/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::codec {
namespace {

using testing::ElementsAre;

TEST(Csv, fields_hold_what_quotes_protect) {
  const CsvTable table =
      parse_csv("id,\"a \"\"name\"\"\",text\n1,x,\"two\nlines, one field\"\r\n2,,\n", "c.csv").value();
  EXPECT_THAT(table.header, ElementsAre("id", "a \"name\"", "text"));
  EXPECT_THAT(table.rows[0], ElementsAre("1", "x", "two\nlines, one field"));
  EXPECT_THAT(table.rows[1], ElementsAre("2", "", ""));
  EXPECT_THAT(table.lines, ElementsAre(2, 4));
  EXPECT_EQ(table.column("text"), 2U);
  EXPECT_EQ(table.column("Text"), std::nullopt);
}

TEST(Csv, the_last_line_may_lack_its_end_and_a_mark_may_begin_the_file) {
  const CsvTable table = parse_csv("\xEF\xBB\xBFid,x\n1,2", "c.csv").value();
  EXPECT_THAT(table.header, ElementsAre("id", "x"));
  EXPECT_THAT(table.rows[0], ElementsAre("1", "2"));
  EXPECT_TRUE(parse_csv("id,x", "c.csv").value().rows.empty());
}

TEST(Csv, what_is_no_table_is_refused_with_its_line) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"", "c.csv:1: found an empty file, expected a header row"},
      {"a,b\n1,2\n3\n", "c.csv:3: found 1 columns, expected 2 as in the header"},
      {"a,b\n\"x\ny\",2\n3,4,5\n", "c.csv:4: found 3 columns, expected 2 as in the header"},
      {"a,a\n", "c.csv:1: found column \"a\" twice, expected each name once"},
      {"a,\n", "c.csv:1: found a column without a name, expected a name in every column of the header"},
      {"a\n\"1\n", "c.csv:2: found a quote that never ends, expected a closing one"},
      {"a\nx\"y\"\n", "c.csv:2: found a quote inside a plain field, expected the whole field in quotes"},
      {"a\n\"x\"y\n", "c.csv:2: found \"y\\n\" after a field, expected a comma or a new line"},
      {"a\nx\ry\n", "c.csv:2: found \"\\x0dy\\n\" after a field, expected a comma or a new line"},
      {"a\n\xFF\n", "c.csv:1: found bytes that are not UTF-8, expected UTF-8"}};
  for (const auto& [text, says] : rows) {
    const Result<CsvTable> table = parse_csv(text, "c.csv");
    ASSERT_FALSE(table) << text;
    EXPECT_EQ(table.error().message(), says);
  }
}

}  // namespace
}  // namespace belljar::codec
