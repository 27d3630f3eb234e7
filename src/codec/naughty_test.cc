// The Big List of Naughty Strings through every reader of ours. It is read from BELLJAR_NAUGHTY_STRINGS, or from where
// this project's data lies beside it, and is no part of the project.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "base/text.h"
#include "codec/csv.h"
#include "codec/json.h"
#include "codec/yaml.h"

namespace belljar::codec {
namespace {

std::filesystem::path list() {
  const char* named = std::getenv("BELLJAR_NAUGHTY_STRINGS");
  if (named != nullptr) return named;
  return std::filesystem::path{BELLJAR_SOURCE_DIR} / "../shared/data/malformed-input/blns.json";
}

class Naughty : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(list())) GTEST_SKIP() << "no list of naughty strings at " << list();
    std::ifstream file{list()};
    std::ostringstream text;
    text << file.rdbuf();
    const Result<Json> parsed = parse_json(text.str());
    ASSERT_TRUE(parsed) << parsed.error().message();
    for (const Json& item : parsed.value().as_array()) strings_.push_back(item.as_string());
    ASSERT_GT(strings_.size(), 400U);
  }

  std::vector<std::string> strings_;
};

TEST_F(Naughty, strings_survive_json) {
  for (const std::string& text : strings_) {
    const Json value = Json::Object{{text, text}};
    EXPECT_EQ(parse_json(to_json(value)).value(), value);
    EXPECT_EQ(parse_json(canonical_json(value)).value(), value);
  }
}

TEST_F(Naughty, strings_survive_csv) {
  for (const std::string& text : strings_) {
    std::string quoted = "\"";
    for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
    const Result<CsvTable> table = parse_csv("a,b\n" + quoted + "\",x\n", "n.csv");
    ASSERT_TRUE(table) << printable(text) << ": " << table.error().message();
    EXPECT_EQ(table.value().rows[0][0], text);
  }
}

TEST_F(Naughty, strings_are_yaml_or_an_error_with_its_place) {
  const std::regex place{R"(n\.yaml:[1-9][0-9]*:[1-9][0-9]*: found )"};
  for (const std::string& text : strings_) {
    const Result<Yaml> plain = parse_yaml(text, "n.yaml");
    if (!plain) {
      EXPECT_TRUE(std::regex_search(plain.error().message(), place, std::regex_constants::match_continuous))
          << plain.error().message();
    }
    // JSON's strings are YAML's, but for the controls that YAML does not allow raw.
    const Result<Yaml> quoted = parse_yaml(to_json(Json{text}), "n.yaml");
    if (quoted) {
      EXPECT_EQ(quoted.value().scalar, text);
    } else {
      EXPECT_NE(quoted.error().message().find("control character"), std::string::npos) << quoted.error().message();
    }
  }
}

TEST_F(Naughty, strings_as_json_text_never_move_a_terminal) {
  for (const std::string& text : strings_) {
    const Result<Json> parsed = parse_json(text);
    if (parsed) continue;
    EXPECT_EQ(printable(parsed.error().message(), 10000), parsed.error().message());
  }
}

}  // namespace
}  // namespace belljar::codec
