#include "spec/filters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::spec {

namespace {

using testing::HasSubstr;

TEST(Filters, ReadsEverySection) {
  const Result<FilterSpec> read = parse_filters(R"(filters:
  size: {most: 1MiB, then: hold}
  depth: {most: 32}
  encoding: refuse
  unicode: redact
  secrets: {rules: rules/ours.toml, then: redact, without: [generic-api-key]}
  pii: {EMAIL_ADDRESS: redact, CREDIT_CARD: hold}
  persons: [Ada Lovelace]
  injection: hold
  canaries: refuse
  domain: [{name: patient-number, pattern: "PN-[0-9]{8}", then: redact}]
  redaction: keep-format
)",
                                                "filters.yaml");
  ASSERT_TRUE(read) << read.error().message();
  const FilterSpec& spec = read.value();
  EXPECT_EQ(spec.size->most, 1U << 20);
  EXPECT_EQ(spec.size->then, Treatment::hold);
  EXPECT_EQ(spec.depth->most, 32U);
  EXPECT_EQ(spec.encoding, Treatment::refuse);
  EXPECT_EQ(spec.unicode, Treatment::redact);
  EXPECT_EQ(spec.secrets->rules, "rules/ours.toml");
  EXPECT_EQ(spec.secrets->without, std::vector<std::string>{"generic-api-key"});
  ASSERT_EQ(spec.pii.size(), 2U);
  EXPECT_EQ(spec.pii[1].name, "CREDIT_CARD");
  EXPECT_EQ(spec.pii[1].then, Treatment::hold);
  EXPECT_EQ(spec.persons, std::vector<std::string>{"Ada Lovelace"});
  EXPECT_EQ(spec.injection, Treatment::hold);
  EXPECT_EQ(spec.canaries, Treatment::refuse);
  ASSERT_EQ(spec.domain.size(), 1U);
  EXPECT_EQ(spec.domain[0].pattern, "PN-[0-9]{8}");
  EXPECT_EQ(spec.redaction, Redaction::keep_format);
}

TEST(Filters, SaysEverythingWrongAtOnce) {
  const Result<FilterSpec> read = parse_filters(R"(filters:
  size: {most: huge}
  canaries: redact
  pii: [EMAIL_ADDRESS]
  injections: hold
)",
                                                "filters.yaml");
  ASSERT_FALSE(read);
  const std::string& told = read.error().message();
  EXPECT_THAT(told, HasSubstr("filters.yaml:2:16: found \"huge\", expected a size such as 1MiB"));
  EXPECT_THAT(told, HasSubstr("filters.yaml:3:13: "));
  EXPECT_THAT(told, HasSubstr("expected allow, hold, refuse or contain"));
  EXPECT_THAT(told, HasSubstr("filters.yaml:4:8: "));
  EXPECT_THAT(told, HasSubstr("filters.yaml:5:3: "));
}

}  // namespace

}  // namespace belljar::spec
