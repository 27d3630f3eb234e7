#include "cli/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/json.h"
#include "govern/judge.h"
#include "govern/record.h"
#include "os/file.h"
#include "os/system.h"

namespace belljar::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Said {
  int code = 0;
  std::string out;
  std::string error;
};

Said report(const std::vector<std::string>& words) {
  const os::SystemClock clock;
  os::SystemEntropy entropy;
  const Arguments arguments = parse_arguments(kReport, words).value();
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said;
  said.code = kReport.main(arguments, {clock, entropy});
  said.out = testing::internal::GetCapturedStdout();
  said.error = testing::internal::GetCapturedStderr();
  return said;
}

class Report : public testing::Test {
 protected:
  void SetUp() override {
    govern::RunRecord record;
    record.scenario.name = "tiny";
    record.verdict = govern::judge(record.scenario, record.measurements);
    record.verdict.run = "r_1";
    ASSERT_TRUE(os::make_directories(folder_, 0755));
    ASSERT_TRUE(
        os::write_file_atomic(folder_ + "/verdict.json", codec::to_json(spec::verdict_json(record.verdict)), 0644));
    ASSERT_TRUE(os::write_file_atomic(folder_ + "/metrics.jsonl", govern::metrics_lines(record.input()), 0644));
  }
  void TearDown() override { ASSERT_TRUE(os::remove_tree(folder_)); }

  std::string folder_ = testing::TempDir() + "/cli_report_test";
};

TEST_F(Report, draws_each_format) {
  EXPECT_THAT(report({folder_}).out, StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(report({folder_, "--format", "html"}).out, HasSubstr("tiny: inconclusive"));
  EXPECT_THAT(report({folder_, "--format=junit"}).out, StartsWith("<?xml"));
  const Said json = report({folder_, "--format=json"});
  EXPECT_EQ(json.code, 0);
  EXPECT_EQ(codec::parse_json(json.out).value().find("verdict")->find("run")->as_string(), "r_1");
}

TEST_F(Report, says_which_formats_there_are) {
  const Said later = report({folder_, "--format", "sarif"});
  EXPECT_EQ(later.code, 2);
  EXPECT_THAT(later.error, HasSubstr("sarif comes with a later version"));
  const Said wrong = report({folder_, "--format", "pdf\x1b[2J"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.error, HasSubstr("found format \"pdf\\x1b[2J\", expected html, json or junit"));
}

TEST_F(Report, a_record_that_is_not_whole_is_not_drawn) {
  ASSERT_TRUE(os::write_file_atomic(folder_ + "/metrics.jsonl", "{}\n", 0644));
  const Said broken = report({folder_});
  EXPECT_EQ(broken.code, 4);
  EXPECT_EQ(broken.out, "");
  EXPECT_THAT(broken.error, HasSubstr("metrics.jsonl:1"));
  const Said missing = report({folder_ + "/nothing"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.error, HasSubstr("nothing/verdict.json"));
}

}  // namespace
}  // namespace belljar::cli
