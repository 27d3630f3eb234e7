#include "spec/contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

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
retry: {attempts: 0, backoff: 1, jitter: 2, factor: "2", idempotent: yes, on: [timeout, agnet, agent, agent], tries: 1}
errors: {agent: refused, envirnment: [], timeout: [slow, "", slow]}
error: 3
fan-out: 0
rate: 5/day
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
c.yaml:8:19: found "0", expected a whole number from 1 to 100
c.yaml:8:31: found "1", expected a duration such as 150ms (ms, s, min, h) from 1ms to 24h
c.yaml:8:42: found "2", expected a number from 0 to 1
c.yaml:8:53: found text "2", expected a number from 1 to 10
c.yaml:8:70: found "yes", expected true or false
c.yaml:8:89: found "agnet", expected "agent"
c.yaml:8:103: found "agent" a second time, expected each class once
c.yaml:8:111: found key "tries" in a retry, expected attempts, backoff, factor, most, jitter, idempotent or on
c.yaml:9:17: found "refused", expected a list of error codes
c.yaml:9:26: found key "envirnment" in errors, expected "environment"
c.yaml:9:58: found text "", expected an error code
c.yaml:9:62: found "slow" a second time, expected each code once
c.yaml:10:8: found "3", expected a JSON Schema: a map, true or false
c.yaml:11:10: found "0", expected a whole number from 1 to 1000000
c.yaml:12:7: found "5/day", expected a rate such as 100/s (s, min, h), from 1 to 1000000000)");
}

TEST(Contract, errors_retries_and_rates_are_read) {
  const Contract contract = parse_contract(R"(belljar-contract: 1
error: {type: string}
errors: {agent: [refused], environment: [overloaded, "503"]}
retry: {attempts: 4, backoff: 50ms, factor: 1.5, most: 1s, jitter: 0.25, idempotent: true, on: [environment, timeout]}
fan-out: 3
rate: 120/min
)",
                                           "c.yaml")
                                .value();
  EXPECT_EQ(to_json(contract.error_schema), R"({"type":"string"})");
  EXPECT_EQ(error_class(contract.errors, "503"), ErrorClass::environment);
  EXPECT_EQ(error_class(contract.errors, "refused"), ErrorClass::agent);
  EXPECT_EQ(error_class(contract.errors, "never heard of"), ErrorClass::agent);
  const RetryPolicy expected{4, 50ms, 1.5, 1s, 0.25, true, {ErrorClass::environment, ErrorClass::timeout}};
  EXPECT_EQ(contract.retry, expected);
  EXPECT_EQ(contract.fan_out_max, 3U);
  EXPECT_EQ(contract.rate, (Rate{120, 60s}));
}

TEST(Contract, a_request_that_may_have_had_its_effect_is_asked_again_only_where_that_is_harmless) {
  const auto retry = [](const std::string& text) {
    return parse_contract("belljar-contract: 1\nretry: " + text, "c.yaml");
  };
  EXPECT_EQ(retry("{attempts: 2, on: [environment, timeout]}").error().message(),
            "c.yaml:2:40: found a retry on \"timeout\" of a request that is not idempotent, expected "
            "\"idempotent: true\", for the first question may have had its effect");
  EXPECT_FALSE(retry("{attempts: 2, on: [contract], idempotent: false}"));
  EXPECT_TRUE(retry("{attempts: 2, on: [timeout, contract], idempotent: true}"));
  EXPECT_TRUE(retry("{attempts: 1, on: [timeout]}"));
}

TEST(Retry, only_the_named_classes_and_no_more_than_the_attempts) {
  const RetryPolicy policy{.attempts = 3, .on = {ErrorClass::environment}};
  EXPECT_TRUE(may_retry(policy, ErrorClass::environment, 1));
  EXPECT_TRUE(may_retry(policy, ErrorClass::environment, 2));
  EXPECT_FALSE(may_retry(policy, ErrorClass::environment, 3));
  EXPECT_FALSE(may_retry(policy, ErrorClass::timeout, 1));
  EXPECT_FALSE(may_retry(RetryPolicy{}, ErrorClass::environment, 1));
}

TEST(Retry, waits_grow_to_their_most_and_jitter_follows_the_seed_alone) {
  RetryPolicy policy{.attempts = 10, .backoff = 100ms, .factor = 2, .backoff_max = 500ms};
  EXPECT_EQ(retry_delay(policy, 1, 7), 100ms);
  EXPECT_EQ(retry_delay(policy, 3, 7), 400ms);
  EXPECT_EQ(retry_delay(policy, 4, 7), 500ms);
  EXPECT_EQ(retry_delay(policy, 99, 7), 500ms);
  policy.jitter = 0.5;
  std::set<std::int64_t> waits;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto wait = retry_delay(policy, 1, seed);
    EXPECT_EQ(wait, retry_delay(policy, 1, seed));
    EXPECT_GT(wait, 50ms);
    EXPECT_LE(wait, 100ms);
    waits.insert(wait.count());
  }
  EXPECT_GT(waits.size(), 190U);
  EXPECT_EQ(retry_delay(policy, 2, 12345).count(), 145624407);
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
  EXPECT_EQ(placed(contract, "/properties/a~1b/too/long: found x, expected y"), "c.yaml:5:5: found x, expected y");
  EXPECT_EQ(placed(contract, "schema: found x, expected y"), "c.yaml:4:3: found x, expected y");
  EXPECT_EQ(placed(contract, "/properties/list: found x, expected y\n/properties: found z, expected y"),
            "c.yaml:4:3: found z, expected y\nc.yaml:6:5: found x, expected y");
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
