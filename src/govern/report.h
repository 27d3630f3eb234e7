// Report: one run as a page for people (HTML), for programs (JSON) and for pipelines (JUnit).
//
//   const ReportInput input{verdict, measurements, scenario, manifest, "0.1.0", "2026-11-21T07:00:00Z", {}};
//   TRY(os::write_file_atomic(dir + "/report.html", render_html(input), 0644));
//
// The page is one file: no script, no link to anything outside itself, and a content security policy that would refuse
// both. Whatever came out of a sandbox is data here: escaped, bounded, never markup. Pictures are bounded too: a run of
// a million cases draws as many marks as one of a thousand. Equal input gives equal bytes.
// Pure functions; safe from any thread. The input is borrowed for the call.
#pragma once

#include <string>

#include "codec/json.h"
#include "govern/story.h"
#include "spec/measurements.h"
#include "spec/scenario.h"
#include "spec/verdict.h"

namespace belljar::govern {

struct ReportInput {
  const spec::Verdict& verdict;
  const spec::Measurements& measurements;
  const spec::Scenario& scenario;
  codec::Json manifest;        // as written to manifest.json; its members are drawn as they are
  std::string engine_version;  // "0.1.0"
  std::string started;         // RFC 3339 in UTC; empty when unknown
  Story story = {};            // empty where nothing was contained or grave
};

std::string render_html(const ReportInput& input);
std::string render_json(const ReportInput& input);
// A testsuite per scenario: gates and findings are its testcases. fail -> failure, inconclusive -> error, contained ->
// failure.
std::string render_junit(const ReportInput& input);

}  // namespace belljar::govern
