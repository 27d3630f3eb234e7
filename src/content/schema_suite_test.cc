// The official JSON Schema test suite (draft 2020-12) as the judge of the keywords this validator knows. It is read
// from BELLJAR_JSON_SCHEMA_SUITE, or from where this project's data lies beside it, and is no part of the project.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "content/schema.h"

namespace belljar::content {
namespace {

using codec::Json;

std::filesystem::path suite() {
  const char* named = std::getenv("BELLJAR_JSON_SCHEMA_SUITE");
  if (named != nullptr) return named;
  return std::filesystem::path{BELLJAR_SOURCE_DIR} / "../shared/data/json-schema-test-suite/tests/draft2020-12";
}

std::string read(const std::filesystem::path& path) {
  std::ifstream file{path};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Tally {
  int ran = 0;
  int groups_with_other_keywords = 0;
};

void run_group(const Json& group, const std::string& file, Tally& tally) {
  const Result<Schema> schema = compile_schema(*group.find("schema"));
  if (!schema) {
    ++tally.groups_with_other_keywords;
    EXPECT_NE(schema.error().message().find("found keyword"), std::string::npos)
        << file << ": " << group.find("description")->as_string() << ": " << schema.error().message();
    return;
  }
  for (const Json& test : group.find("tests")->as_array()) {
    ++tally.ran;
    EXPECT_EQ(validate(schema.value(), *test.find("data")).empty(), test.find("valid")->as_bool())
        << file << ": " << group.find("description")->as_string() << ": " << test.find("description")->as_string();
  }
}

TEST(SchemaSuite, every_keyword_of_ours_means_what_the_draft_says) {
  if (!std::filesystem::exists(suite())) GTEST_SKIP() << "no JSON Schema test suite at " << suite();
  Tally tally;
  for (const std::string name : {"type", "properties", "required", "additionalProperties", "enum", "const", "minimum",
                                 "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "items",
                                 "minItems", "maxItems", "boolean_schema", "optional/bignum"}) {
    const Result<Json> groups = codec::parse_json(read(suite() / (name + ".json")));
    ASSERT_TRUE(groups) << name << ": " << groups.error().message();
    for (const Json& group : groups.value().as_array()) run_group(group, name, tally);
  }
  RecordProperty("tests", tally.ran);
  RecordProperty("groups_with_other_keywords", tally.groups_with_other_keywords);
  EXPECT_GE(tally.ran, 300);
  EXPECT_LE(tally.groups_with_other_keywords, 20);
  std::printf("%d tests of the suite ran; %d groups use keywords this version refuses\n", tally.ran,
              tally.groups_with_other_keywords);
}

}  // namespace
}  // namespace belljar::content
