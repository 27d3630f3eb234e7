#include "content/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "content/generate.h"
#include "content/schema.h"

namespace belljar::content {
namespace {

using codec::Json;
using codec::parse_json;
using testing::HasSubstr;

struct Row {
  std::string name, before, after;
  bool request_breaks, answer_breaks;
};

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows{
      {"nothing", R"({"type":"object"})", R"({"type":"object","title":"t","description":"d"})", false, false},
      {"new_requirement", R"({"type":"object","properties":{"a":{}}})", R"({"type":"object","required":["a"]})", true,
       false},
      {"requirement_gone", R"({"required":["a"]})", R"({})", false, true},
      {"new_value", R"({"enum":["a"]})", R"({"enum":["a","b"]})", false, true},
      {"value_gone", R"({"enum":["a","b"]})", R"({"const":"a"})", true, false},
      {"integer_to_number", R"({"type":"integer"})", R"({"type":"number"})", false, true},
      {"number_to_integer", R"({"type":"number"})", R"({"type":"integer"})", true, false},
      {"bound_tighter", R"({"maximum":10})", R"({"maximum":9})", true, false},
      {"bound_looser", R"({"minLength":3})", R"({"minLength":2})", false, true},
      {"closed", R"({"properties":{"a":true}})", R"({"properties":{"a":true},"additionalProperties":false})", true,
       false},
      {"member_in_closed", R"({"properties":{"a":true},"additionalProperties":false})",
       R"({"properties":{"a":true,"b":true},"additionalProperties":false})", false, true},
      {"member_typed", R"({"type":"object"})", R"({"type":"object","properties":{"b":{"type":"string"}}})", true,
       false},
      {"pattern_changed", R"({"pattern":"^a"})", R"({"pattern":"^b"})", true, true},
      {"through_a_reference", R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"string"}}})",
       R"({"$ref":"#/$defs/b","$defs":{"b":{"type":"string","maxLength":5}}})", true, false},
      {"recursive", R"({"properties":{"next":{"$ref":"#"}},"required":["v"]})",
       R"({"properties":{"next":{"$ref":"#"}}})", false, true},
      {"not_wider", R"({"not":{"type":"string"}})", R"({"not":{"type":["string","null"]}})", true, false},
      {"any_of_one_more", R"({"anyOf":[{"type":"string"}]})", R"({"anyOf":[{"type":"string"},{"type":"null"}]})", false,
       true},
      {"all_of_one_more", R"({"allOf":[{"type":"string"}]})", R"({"allOf":[{"type":"string"},{"minLength":2}]})", true,
       false},
      {"one_of_changed", R"({"oneOf":[{"type":"string"}]})", R"({"oneOf":[{"type":"string"},{"type":"null"}]})", true,
       true},
      {"one_of_over_changed_definition", R"({"oneOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"type":"string"}}})",
       R"({"oneOf":[{"$ref":"#/$defs/a"}],"$defs":{"a":{"type":"null"}}})", true, true},
      {"multiple_of_a_multiple", R"({"multipleOf":2})", R"({"multipleOf":4})", true, false},
      {"nothing_taken", R"({"properties":{"a":true}})", R"({"properties":{"a":false}})", true, false},
      {"tuple", R"({"prefixItems":[{"type":"string"}],"items":false})",
       R"({"prefixItems":[{"type":"string"},{"type":"null"}],"items":false})", false, true}};
  return kRows;
}

spec::Contract with(const std::string& request, const std::string& answer) {
  spec::Contract contract = spec::open_contract();
  contract.request_schema = parse_json(request).value();
  contract.answer_schema = parse_json(answer).value();
  return contract;
}

bool breaks(const std::vector<Change>& changes) {
  return std::any_of(changes.begin(), changes.end(), [](const Change& change) { return change.breaking; });
}

TEST(Compare, requests_may_widen_and_answers_may_narrow) {
  for (const Row& row : rows()) {
    const auto request = compare_contracts(with(row.before, "{}"), with(row.after, "{}"));
    const auto answer = compare_contracts(with("{}", row.before), with("{}", row.after));
    EXPECT_EQ(breaks(request.value()), row.request_breaks) << row.name;
    EXPECT_EQ(breaks(answer.value()), row.answer_breaks) << row.name;
  }
}

// The comparison of keywords must never call harmless what messages show to be breaking.
TEST(Compare, no_generated_message_contradicts_it) {
  for (const Row& row : rows()) {
    const auto differences = compare_schemas(parse_json(row.before).value(), parse_json(row.after).value());
    const bool narrows = std::any_of(differences.begin(), differences.end(),
                                     [](const Difference& one) { return one.shift != Shift::wider; });
    if (narrows) continue;
    const Schema before = compile_schema(parse_json(row.before).value()).value();
    const Schema after = compile_schema(parse_json(row.after).value()).value();
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      const Json message = valid_message(before, seed, static_cast<Edge>(seed % 3)).value();
      EXPECT_TRUE(is_valid(after, message)) << row.name << ": " << to_json(message);
    }
  }
}

TEST(Compare, a_breaking_change_shows_a_message_that_it_breaks) {
  const auto changes =
      compare_contracts(with(R"({"type":"object","required":["a"],"properties":{"a":{"type":"number"}}})", "{}"),
                        with(R"({"type":"object","required":["a"],"properties":{"a":{"type":"string"}}})", "{}"))
          .value();
  ASSERT_EQ(changes.size(), 4U);
  EXPECT_EQ(changes[0].path, "/properties/a");
  EXPECT_EQ(changes[0].what, "type integer is no longer taken");
  EXPECT_THAT(changes[3].what, HasSubstr("was valid and is refused now"));
}

TEST(Compare, limits_may_be_raised_and_promises_kept) {
  spec::Contract before = spec::open_contract();
  before.errors = {{"busy", spec::ErrorClass::environment}};
  spec::Contract after = before;
  after.deadline *= 2;
  after.depth_max += 1;
  EXPECT_FALSE(breaks(compare_contracts(before, after).value()));
  EXPECT_TRUE(breaks(compare_contracts(after, before).value()));
  after = before;
  after.rate = spec::Rate{5, std::chrono::seconds{1}};
  EXPECT_TRUE(breaks(compare_contracts(before, after).value()));
  after = before;
  after.errors[0].kind = spec::ErrorClass::agent;
  EXPECT_TRUE(breaks(compare_contracts(before, after).value()));
  before.retry.idempotent = true;
  EXPECT_TRUE(breaks(compare_contracts(before, spec::open_contract()).value()));
}

}  // namespace
}  // namespace belljar::content
