#include "spec/contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::spec {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using codec::to_json;

TEST(Contract, a_file_becomes_schemas_and_limits) {
  const Contract contract = parse_contract(R"(belljar-contract: 1
request: {type: object, required: [id, "7"], properties: {n: {minimum: -1.5e3, const: null}, s: {enum: ["true", true, "1", 1, 3D]}}}
answer: true
deadline: 1.5s
size: 64KiB
depth: 8
)",
                                           "c.yaml")
                                .value();
  EXPECT_EQ(
      to_json(contract.request_schema),
      R"({"type":"object","required":["id","7"],"properties":{"n":{"minimum":-1500.0,"const":null},"s":{"enum":["true",true,"1",1,"3D"]}}})");
  EXPECT_TRUE(contract.answer_schema.as_bool());
  EXPECT_EQ(contract.deadline, 1500ms);
  EXPECT_EQ(contract.message_bytes_max, 65536U);
  EXPECT_EQ(contract.depth_max, 8U);
  EXPECT_EQ(contract.file, "c.yaml");
}

TEST(Contract, what_is_left_out_is_open) {
  const Contract contract = parse_contract("belljar-contract: 1\n", "c.yaml").value();
  EXPECT_TRUE(contract.request_schema.as_bool());
  EXPECT_EQ(contract.deadline, 10s);
  EXPECT_EQ(to_json(open_contract().answer_schema), R"({"type":"object"})");
}

TEST(Contract, every_error_is_told_at_once) {
  const auto contract = parse_contract(R"(belljar-contract: "1"
reqest: true
answer: {enum: [yes, 0x1F, .5, 010, +1, 1_000, .inf, 1.2.3, 2026-11-21, 1]}
request: 7
deadline: 10
size: 1GiB
depth: 0
retry: 3
)",
                                       "c.yaml");
  ASSERT_FALSE(contract);
  EXPECT_EQ(contract.error().message(), R"(c.yaml:1:19: found text "1", expected 1, the only format this version reads
c.yaml:2:1: found key "reqest" in a contract, expected "request"
c.yaml:3:17: found "yes", expected true, false, or the word in quotes
c.yaml:3:22: found "0x1F", expected a number as in JSON, or text in quotes
c.yaml:3:28: found ".5", expected a number as in JSON, or text in quotes
c.yaml:3:32: found "010", expected a number as in JSON, or text in quotes
c.yaml:3:37: found "+1", expected a number as in JSON, or text in quotes
c.yaml:3:41: found "1_000", expected a number as in JSON, or text in quotes
c.yaml:3:48: found ".inf", expected a number as in JSON, or text in quotes
c.yaml:3:54: found "1.2.3", expected a number as in JSON, or text in quotes
c.yaml:4:10: found "7", expected a JSON Schema: a map, true or false
c.yaml:5:11: found "10", expected a duration such as 150ms (ms, s, min, h) from 1ms to 24h
c.yaml:6:7: found "1GiB", expected a size such as 512MiB (B, KiB, MiB, GiB, KB, MB, GB) from 64B to 16MiB
c.yaml:7:8: found "0", expected a whole number from 1 to 128
c.yaml:8:1: found key "retry", not supported by this version, expected no retries: every case is asked once)");
}

TEST(Contract, an_error_of_a_schema_leads_to_its_place_in_the_file) {
  const Contract contract = parse_contract(R"(belljar-contract: 1
request: {type: object}
answer:
  properties:
    "a/b": {pattern: "x"}
    list: {items: {enum: 7}}
)",
                                           "c.yaml")
                                .value();
  const auto placed = [](const Contract& in, const std::string& message) {
    return schema_error(in, "answer", Error{Errc::invalid_argument, message}).message();
  };
  EXPECT_EQ(placed(contract, "/properties/a~1b/pattern: found keyword pattern, expected another"),
            "c.yaml:5:13: found keyword pattern, expected another");
  EXPECT_EQ(placed(contract, "/properties/list/items/enum: found integer, expected a list"),
            "c.yaml:6:20: found integer, expected a list");
  EXPECT_EQ(placed(contract, "/properties: found x, expected y"), "c.yaml:4:3: found x, expected y");
  EXPECT_EQ(placed(contract, "/nowhere: found x, expected y"), "c.yaml: answer: /nowhere: found x, expected y");
  EXPECT_EQ(placed(open_contract(), "/a: found x, expected y"), "open contract: answer: /a: found x, expected y");
}

TEST(Contract, places_cost_no_more_than_the_file) {
  std::string text = "belljar-contract: 1\nanswer:\n  " + std::string(1000, 'k') + ":\n";
  for (int at = 0; at < 20000; ++at) text += "    k" + std::to_string(at) + ": 1\n";
  const Contract contract = parse_contract(text, "c.yaml").value();
  EXPECT_LT(contract.places.size(), 5U);
}

TEST(Contract, no_contract_is_no_contract) {
  EXPECT_THAT(parse_contract("", "c.yaml").error().message(),
              testing::HasSubstr("c.yaml:1:1: found nothing, expected a map for a contract"));
  EXPECT_THAT(parse_contract("{}", "c.yaml").error().message(),
              testing::HasSubstr("c.yaml:1:1: found a contract without \"belljar-contract\""));
}

}  // namespace
}  // namespace belljar::spec
