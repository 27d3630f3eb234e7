#include "govern/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "govern/judge.h"
#include "govern/run_fixtures.h"
#include "os/file.h"

namespace belljar::govern {
namespace {

using testing::HasSubstr;

RunRecord read_back(const RunRecord& record) {
  RunRecord again;
  again.verdict = parse_verdict(codec::to_json(spec::verdict_json(record.verdict))).value();
  const Result<void> parsed = parse_metrics(metrics_lines(record.input()), again);
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().message());
  again.measurements.findings = again.verdict.findings;
  again.manifest = record.manifest;
  return again;
}

TEST(Record, what_was_written_is_read_and_drawn_the_same) {
  for (const RunRecord& record : {fixtures::passing_run(), fixtures::trojan_run(), fixtures::composed_run()}) {
    const RunRecord again = read_back(record);
    EXPECT_EQ(metrics_lines(again.input()), metrics_lines(record.input()));
    EXPECT_EQ(render_html(again.input()), render_html(record.input()));
    EXPECT_EQ(render_json(again.input()), render_json(record.input()));
    EXPECT_EQ(render_junit(again.input()), render_junit(record.input()));
  }
}

TEST(Record, hostile_text_is_kept_in_a_form_that_parses) {
  const RunRecord record = fixtures::hostile_run();
  RunRecord again;
  const Result<void> parsed = parse_metrics(metrics_lines(record.input()), again);
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(again.measurements.cases.size(), record.measurements.cases.size());
}

TEST(Record, a_judgement_can_be_made_again_from_the_record) {
  const RunRecord record = fixtures::trojan_run();
  const RunRecord again = read_back(record);
  const spec::Verdict judged = judge(again.scenario, again.measurements);
  EXPECT_EQ(judged.exit_code, 5);
  ASSERT_EQ(judged.gates.size(), record.verdict.gates.size());
  for (std::size_t at = 0; at < judged.gates.size(); ++at)
    EXPECT_EQ(judged.gates[at].reason, record.verdict.gates[at].reason);
}

TEST(Record, a_seed_of_64_bits_survives) {
  RunRecord record = fixtures::passing_run();
  record.verdict.seed = 0xFFFF'FFFF'FFFF'FFFFULL;
  EXPECT_EQ(parse_verdict(codec::to_json(spec::verdict_json(record.verdict))).value().seed, record.verdict.seed);
}

struct Damage {
  std::string why;
  std::string from;
  std::string to;
  std::string says;
};

TEST(Record, a_changed_record_is_refused_with_its_place) {
  const std::string lines = metrics_lines(fixtures::trojan_run().input());
  const std::vector<Damage> rows{
      {"another kind", R"({"kind":"drive")", R"({"kind":"dive")", "metrics.jsonl:2: kind"},
      {"a text for a number", R"("latency_ns":0)", R"("latency_ns":"0")",
       "latency_ns: found string, expected an integer"},
      {"an unknown end", R"("end":"answered")", R"("end":"lied")", "found \"lied\""},
      {"an unknown member", R"("expected":"benign")", R"("expected":"benign","more":1)", "unknown member \"more\""},
      {"a missing member", R"("expected":"benign",)", "", "expected: found nothing"},
      {"a negative count", R"("peak_bytes":)", R"("peak_bytes":-)", "found integer, expected a count"},
      {"broken JSON", R"("answered":)", R"("answered")", "metrics.jsonl:"},
  };
  for (const Damage& row : rows) {
    std::string changed = lines;
    const std::size_t at = changed.find(row.from);
    ASSERT_NE(at, std::string::npos) << row.why;
    changed.replace(at, row.from.size(), row.to);
    RunRecord record;
    const Result<void> parsed = parse_metrics(changed, record);
    ASSERT_FALSE(parsed) << row.why;
    EXPECT_THAT(parsed.error().message(), HasSubstr(row.says)) << row.why;
  }
  RunRecord record;
  EXPECT_THAT(parse_metrics(lines.substr(0, lines.size() - 5), record).error().message(), HasSubstr("cut off"));
  EXPECT_FALSE(parse_metrics("", record));
  EXPECT_FALSE(parse_verdict("[]"));
  EXPECT_FALSE(parse_verdict("{}"));
}

TEST(Record, is_read_from_its_folder) {
  const std::string folder = testing::TempDir() + "/govern_record_test";
  ASSERT_TRUE(os::make_directories(folder, 0755));
  const RunRecord record = fixtures::passing_run();
  ASSERT_TRUE(
      os::write_file_atomic(folder + "/verdict.json", codec::to_json_pretty(spec::verdict_json(record.verdict)), 0644));
  EXPECT_THAT(read_run(folder).error().message(), HasSubstr("metrics.jsonl"));
  ASSERT_TRUE(os::write_file_atomic(folder + "/metrics.jsonl", metrics_lines(record.input()), 0644));
  ASSERT_TRUE(os::write_file_atomic(folder + "/manifest.json", codec::to_json_pretty(record.manifest), 0644));
  EXPECT_EQ(render_html(read_run(folder).value().input()), render_html(record.input()));
  ASSERT_TRUE(os::remove_tree(folder));
  EXPECT_EQ(read_run(folder).error().code(), Errc::not_found);
}

}  // namespace
}  // namespace belljar::govern
