#include "content/generate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace belljar::content {
namespace {

using codec::Json;
using codec::parse_json;

Schema schema_of(std::string_view text) { return compile_schema(parse_json(text).value()).value(); }

// What contracts look like, each with something that a naive generator misses.
const std::vector<std::string>& contracts() {
  static const std::vector<std::string> kTexts{
      R"({"type":"object","required":["id","label"],"additionalProperties":false,
          "properties":{"id":{"type":"string","maxLength":64},"label":{"enum":["benign","malignant"]},
                        "score":{"type":"number","minimum":0,"maximum":1}}})",
      R"({"type":"object","required":["id","items"],"properties":{"id":{"type":"string","pattern":"^[A-Z]{2}-\\d{4}$"},
          "items":{"type":"array","minItems":2,"maxItems":5,"uniqueItems":true,"items":{"type":"integer","multipleOf":3}}}})",
      R"({"oneOf":[{"type":"object","required":["ok"],"properties":{"ok":{"const":true},"value":{"type":"integer"}},
          "unevaluatedProperties":false},{"type":"object","required":["ok","why"],
          "properties":{"ok":{"const":false},"why":{"type":"string","minLength":3}}}]})",
      R"({"$ref":"#/$defs/tree","$defs":{"tree":{"type":"object","required":["name"],"properties":{
          "name":{"type":"string","format":"uuid"},"children":{"type":"array","maxItems":2,"items":{"$ref":"#/$defs/tree"}}},
          "additionalProperties":false}}})",
      R"({"type":"object","minProperties":2,"maxProperties":4,"propertyNames":{"pattern":"^[a-z]{3,8}$"},
          "additionalProperties":{"type":"number","exclusiveMinimum":0,"exclusiveMaximum":1}})",
      R"({"type":"array","prefixItems":[{"const":"v1"},{"type":"boolean"}],"items":false,"minItems":2})",
      R"({"type":"array","contains":{"type":"string","format":"date"},"minContains":2,"maxItems":6})",
      R"({"if":{"properties":{"kind":{"const":"a"}}},"then":{"required":["x"]},"else":{"required":["y"]},
          "type":"object","required":["kind"],"properties":{"kind":{"enum":["a","b"]},"x":{"type":"integer"},
          "y":{"type":"null"}},"dependentRequired":{"x":["z"]}})",
      R"({"allOf":[{"type":"number","minimum":10},{"maximum":12},{"not":{"const":11}}]})",
      R"({"type":["string","null"],"minLength":3,"maxLength":3})",
      R"({"type":"string","pattern":"^(?:[01]\\d|2[0-3]):[0-5]\\d$"})"};
  return kTexts;
}

TEST(Generate, every_valid_message_is_valid_at_each_edge) {
  for (const std::string& text : contracts()) {
    const Schema schema = schema_of(text);
    for (const Edge edge : {Edge::typical, Edge::smallest, Edge::largest}) {
      for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const Result<Json> message = valid_message(schema, seed, edge);
        ASSERT_TRUE(message) << text << ": " << message.error().message();
        const auto errors = validate(schema, message.value());
        ASSERT_TRUE(errors.empty()) << text << ": " << to_json(message.value()) << ": " << errors[0].what;
      }
    }
  }
}

TEST(Generate, every_invalid_message_breaks_its_schema) {
  for (const std::string& text : contracts()) {
    const Schema schema = schema_of(text);
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const Result<Json> message = invalid_message(schema, seed);
      ASSERT_TRUE(message) << text << ": " << message.error().message();
      ASSERT_FALSE(validate(schema, message.value()).empty()) << text << ": " << to_json(message.value());
    }
  }
}

TEST(Generate, messages_follow_the_seed_alone_and_differ_between_seeds) {
  const Schema schema = schema_of(contracts()[1]);
  std::set<std::string> distinct;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::string once = to_json(valid_message(schema, seed).value());
    EXPECT_EQ(once, to_json(valid_message(schema, seed).value()));
    distinct.insert(once);
    EXPECT_EQ(to_json(invalid_message(schema, seed).value()), to_json(invalid_message(schema, seed).value()));
  }
  EXPECT_GT(distinct.size(), 35U);
}

TEST(Generate, edges_meet_the_bounds) {
  const Schema schema =
      schema_of(R"({"type":"object","required":["n","s","l"],"additionalProperties":false,"properties":{
      "n":{"type":"integer","minimum":-3,"exclusiveMaximum":9},"s":{"type":"string","minLength":2,"maxLength":7},
      "l":{"type":"array","minItems":1,"maxItems":4,"items":{"type":"boolean"}},"more":{"type":"null"}}})");
  const Json least = valid_message(schema, 1, Edge::smallest).value();
  EXPECT_EQ(least.find("n")->as_int(), -3);
  EXPECT_EQ(least.find("s")->as_string().size(), 2U);
  EXPECT_EQ(least.find("l")->as_array().size(), 1U);
  EXPECT_EQ(least.find("more"), nullptr);
  const Json most = valid_message(schema, 1, Edge::largest).value();
  EXPECT_EQ(most.find("n")->as_int(), 8);
  EXPECT_EQ(most.find("s")->as_string().size(), 7U);
  EXPECT_EQ(most.find("l")->as_array().size(), 4U);
  EXPECT_NE(most.find("more"), nullptr);
}

TEST(Generate, what_cannot_be_made_is_an_error) {
  EXPECT_THAT(valid_message(schema_of("false"), 1).error().message(), testing::HasSubstr("found none that keeps"));
  EXPECT_THAT(valid_message(schema_of(R"({"type":"string","enum":[1]})"), 1).error().message(),
              testing::HasSubstr("found none that keeps"));
  EXPECT_THAT(invalid_message(schema_of("true"), 1).error().message(), testing::HasSubstr("took each of"));
}

TEST(Generate, a_stub_answers_each_request_validly_and_always_alike) {
  const Schema answer = schema_of(contracts()[0]);
  std::set<std::string> labels;
  for (int at = 0; at < 20; ++at) {
    const Json request = Json::Object{{"id", "c-" + std::to_string(at)}, {"radius", at}};
    const Json reply = stub_answer(answer, request, 7).value();
    EXPECT_TRUE(is_valid(answer, reply));
    EXPECT_EQ(reply.find("id")->as_string(), "c-" + std::to_string(at));
    EXPECT_EQ(to_json(reply), to_json(stub_answer(answer, request, 7).value()));
    labels.insert(reply.find("label")->as_string());
  }
  EXPECT_EQ(labels.size(), 2U);
}

}  // namespace
}  // namespace belljar::content
