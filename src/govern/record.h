// Record: the measurements of a run as metrics.jsonl, so that a report can be drawn again long after the run.
//
//   TRY(os::write_file_atomic(dir + "/metrics.jsonl", metrics_lines(input), 0644));    // run
//   RunRecord record = TRY(read_run(dir));                                              // report
//   std::string page = render_html(record.input());
//
// One JSON object per line, each with "kind": first "run" (engine, start, the parts of the scenario a report shows),
// then "drive", any number of "model", "case" and "stray", and for compositions "link", "gain", "vote" and "fault".
// Unknown members and kinds are an error: a record that cannot be read whole is not read at all. What is read was once
// written by us but lay on a disk: every member is checked, every size bounded.
// Pure except read_run(), which reads three files, and the ledger where there is a story to tell; safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "govern/report.h"

namespace belljar::govern {

struct RunRecord {
  spec::Verdict verdict;
  spec::Measurements measurements;
  spec::Scenario scenario;
  codec::Json manifest;
  std::string engine_version;
  std::string started;
  Story story;

  ReportInput input() const { return {verdict, measurements, scenario, manifest, engine_version, started, story}; }
};

std::string metrics_lines(const ReportInput& input);

// Reads verdict.json, metrics.jsonl and manifest.json of a run's directory. A ledger that cannot be read or trusted
// costs the story alone.
Result<RunRecord> read_run(const std::string& run_directory);
Result<spec::Verdict> parse_verdict(std::string_view text);
// Fills measurements, scenario, engine_version and started; findings are the verdict's.
Result<void> parse_metrics(std::string_view lines, RunRecord& record);

}  // namespace belljar::govern
