#include <gtest/gtest.h>

#include "scenario/cases.h"

namespace belljar::scenario {
namespace {

using codec::Json;
using spec::Compare;

TEST(Comparable, ExactIsTheTextAsItIs) {
  EXPECT_EQ(comparable(Json{" Yes"}), " Yes");
  EXPECT_EQ(comparable(Json{1.0}), comparable(Json{1}));
  EXPECT_NE(comparable(Json{"1.50"}), comparable(Json{1.5}));
}

TEST(Comparable, NormalisedIsWhatAReaderSees) {
  const auto normal = [](const Json& value) { return comparable(value, Compare::normalised); };
  EXPECT_EQ(normal(Json{" malig\xE2\x80\x8Bnant\n"}), "malignant");
  EXPECT_EQ(normal(Json{"1.50"}), normal(Json{1.5}));
  EXPECT_EQ(normal(Json{"\xEF\xBC\x91"}), normal(Json{1}));
  EXPECT_EQ(normal(Json{"007"}), "007") << "no JSON number";
  EXPECT_EQ(normal(Json{"[1, 2]"}), "[1, 2]") << "text stays text";
  EXPECT_NE(normal(Json{"Yes"}), normal(Json{"yes"}));
  EXPECT_EQ(comparable(Json{"Yes"}, Compare::caseless), comparable(Json{"YES "}, Compare::caseless));
}

TEST(Comparable, LabelsOfCasesAreWrittenTheSameWay) {
  spec::WorkloadSpec workload;
  workload.label = "label";
  workload.compare = Compare::caseless;
  const auto cases = parse_cases("x,label\n1,Malignant \n", "c.csv", workload);
  ASSERT_TRUE(cases) << cases.error().message();
  EXPECT_EQ(cases.value()[0].expected, "malignant");
}

}  // namespace
}  // namespace belljar::scenario
