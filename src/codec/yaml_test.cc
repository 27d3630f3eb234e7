#include "codec/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::codec {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Refused {
  const char* name;
  std::string text;
  const char* says;
};

class YamlRefuses : public testing::TestWithParam<Refused> {};

TEST_P(YamlRefuses, with_the_place_and_the_reason) {
  const Result<Yaml> parsed = parse_yaml(GetParam().text, "f.yaml");
  ASSERT_FALSE(parsed) << GetParam().text;
  EXPECT_THAT(parsed.error().message(), StartsWith(GetParam().says));
  EXPECT_EQ(parsed.error().code(), Errc::invalid_argument);
}

INSTANTIATE_TEST_SUITE_P(
    Yaml, YamlRefuses,
    testing::Values(
        Refused{"anchor", "a: &x 1\n", "f.yaml:1:4: found an anchor, expected"},
        Refused{"anchor_on_list", "a:\n  b: &x [1]\n", "f.yaml:2:6: found an anchor"},
        Refused{"anchor_on_key", "&x a: 1\n", "f.yaml:1:1: found an anchor"},
        Refused{"anchor_on_nothing", "a: &x\n", "f.yaml:1:4: found an anchor"},
        Refused{"unknown_alias", "a: *x\n", "f.yaml:1:4: found"},
        Refused{"tag", "a: !!python/object 1\n", "f.yaml:1:4: found tag tag:yaml.org,2002:python/object, expected"},
        Refused{"tag_on_map", "a: !x {}\n", "f.yaml:1:4: found tag !x"},
        Refused{"duplicate", "a: 1\nb: 2\na: 3\n",
                "f.yaml:3:1: found key \"a\" again, expected it once (first on line 1)"},
        Refused{"nested_duplicate", "a: [{k: 1, k: 2}]\n", "f.yaml:1:12: found key \"k\" again"},
        Refused{"two_documents", "a: 1\n---\nb: 1\n", "f.yaml:2:1: found a second document"},
        Refused{"list_as_key", "[a]: 1\n", "f.yaml:1:1: found a list or map as a key"},
        Refused{"nothing_as_key", "~: 1\n", "f.yaml:1:1: found nothing as a key"},
        Refused{"indentation", "a: 1\n b: 2\n", "f.yaml:2:3: found illegal map value, expected well-formed YAML"},
        Refused{"unclosed", "a: [1, 2\n", "f.yaml:2:1: found end of sequence flow not found"},
        Refused{"nul", std::string("é: 1\nb: é\0\n", 14), "f.yaml:2:5: found control character \\x00"},
        Refused{"escape", "a: \x1b[2J\n", "f.yaml:1:4: found control character \\x1b"},
        Refused{"lone_return", "a: 1\rb: 2\n", "f.yaml:1:5: found control character"},
        Refused{"latin1", "é: 1\nb: caf\xE9\n", "f.yaml:2:7: found bytes that are not UTF-8"},
        Refused{"utf16",
                std::string("\xFF\xFE"
                            "a\0",
                            4),
                "f.yaml:1:1: found bytes that are not UTF-8"},
        Refused{"deep", "a: " + std::string(100, '[') + std::string(100, ']'),
                "f.yaml:1:35: found more than 32 levels"}),
    [](const auto& row) { return row.param.name; });

TEST(Yaml, values_keep_order_place_and_quotes) {
  const Yaml root =
      parse_yaml("# a comment\nbelljar: 1\nname: \"é€\" # x\nlist: [{to: ~}, 'q']\ntext: |\n  two\n  lines\nlast:\n",
                 "f")
          .value();
  ASSERT_EQ(root.kind, Yaml::Kind::map);
  ASSERT_EQ(root.entries.size(), 5U);
  EXPECT_EQ(root.entries[0].key, "belljar");
  EXPECT_EQ(root.entries[0].key_mark.line, 2);
  EXPECT_EQ(root.entries[0].value.mark.column, 10);
  EXPECT_FALSE(root.find("belljar")->quoted);
  EXPECT_TRUE(root.find("name")->quoted);
  EXPECT_EQ(root.find("text")->scalar, "two\nlines\n");
  const Yaml& list = *root.find("list");
  EXPECT_EQ(list.kind_name(), "list");
  EXPECT_EQ(list.items[0].find("to")->kind, Yaml::Kind::null);
  EXPECT_EQ(list.items[1].mark.column, 17);
  EXPECT_EQ(root.entries[4].value.kind, Yaml::Kind::null);
  EXPECT_EQ(root.entries[4].value.mark.line, 8);
  EXPECT_EQ(root.find("absent"), nullptr);
}

TEST(Yaml, columns_count_characters) {
  const Yaml root = parse_yaml("\"é€🫙\": 5\n", "f").value();
  EXPECT_EQ(root.entries[0].value.mark.column, 8);
}

TEST(Yaml, an_empty_document_is_nothing) {
  for (const char* text : {"", "\n", "# only a comment\n", "---\n"}) {
    const Result<Yaml> root = parse_yaml(text, "f");
    ASSERT_TRUE(root) << text;
    EXPECT_EQ(root.value().kind, Yaml::Kind::null);
    EXPECT_GE(root.value().mark.line, 1);
  }
}

TEST(Yaml, size_depth_and_count_are_bounded) {
  EXPECT_THAT(parse_yaml("abcde", "f", {.bytes_max = 4}).error().message(),
              HasSubstr("found 5 bytes, expected at most 4"));
  EXPECT_TRUE(parse_yaml("[1, 2]", "f", {.nodes_max = 3}));
  EXPECT_THAT(parse_yaml("[1, 2, 3]", "f", {.nodes_max = 3}).error().message(),
              HasSubstr("f:1:8: found more than 3 values"));
  EXPECT_TRUE(parse_yaml("[]", "f", {.depth_max = 1}));
  EXPECT_FALSE(parse_yaml("[[]]", "f", {.depth_max = 1}));
  EXPECT_FALSE(parse_yaml(std::string(1U << 20, '['), "f"));
  EXPECT_FALSE(parse_yaml(std::string(1U << 20, '['), "f", {.depth_max = 1U << 30}));
}

TEST(Yaml, windows_line_endings_are_read) {
  EXPECT_EQ(parse_yaml("a: 1\r\nb: 2\r\n", "f").value().find("a")->scalar, "1");
}

}  // namespace
}  // namespace belljar::codec
