// JUnit XML in the subset that pipelines agree on:
//
//   testsuites > testsuite(name tests failures errors skipped time timestamp hostname) > properties, testcase,
//   system-out
//
// One testcase per gate (classname "SCENARIO.gates") and one for the run itself (classname "SCENARIO.run"), so that a
// run without gates, a contained one and a broken one each turn the pipeline red:
//   fail -> failure, inconclusive -> error, contained -> failure of the run, outcome error -> error of the run.
#include <algorithm>
#include <array>
#include <cstdio>

#include "govern/judge.h"
#include "govern/report_parts.h"

namespace belljar::govern {

namespace {

constexpr std::size_t kTextBytesMax = 4000;

std::string safe(std::string_view text) { return plain(text, kTextBytesMax); }

std::string attribute(std::string_view name, std::string_view value) {
  return " " + std::string{name} + "=\"" + safe(value) + "\"";
}

std::string seconds(std::int64_t ns) {
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), "%.3f", static_cast<double>(ns) / 1e9);
  return text.data();
}

struct TestCase {
  std::string group;
  std::string name;
  std::string_view element;  // "failure", "error" or empty
  std::string message;
  std::string type;
  std::string body;
};

TestCase gate_case(const spec::GateResult& gate) {
  TestCase test{"gates", gate.name, "", gate.reason, "", gate.reason};
  if (gate.decision == spec::Decision::fail) {
    test.element = "failure";
    test.type = "gate.failed";
  } else if (gate.decision == spec::Decision::inconclusive) {
    test.element = "error";
    test.type = "gate.inconclusive";
  }
  return test;
}

// What no gate says: containment, errors, and a run that asked nothing.
TestCase run_case(const ReportInput& input) {
  const spec::Verdict& verdict = input.verdict;
  TestCase test{"run", "verdict", "", verdict_sentence(verdict), "", ""};
  for (const spec::Finding& finding : verdict.findings) {
    test.body += finding.severity + " " + finding.model + ": " + finding.kind + " " + finding.rule + ": " +
                 finding.detail + " (" + std::to_string(finding.count) + " times)\n";
  }
  const bool gate_speaks = !verdict.gates.empty() && verdict.outcome == spec::Outcome::fail;
  if (verdict.contained) {
    test.element = "failure";
    test.type = "run.contained";
  } else if (verdict.outcome == spec::Outcome::error || verdict.outcome == spec::Outcome::inconclusive) {
    test.element = "error";
    test.type = verdict.outcome == spec::Outcome::error ? "run.error" : "run.inconclusive";
  } else if (verdict.outcome == spec::Outcome::fail && !gate_speaks) {
    test.element = "failure";
    test.type = "run.failed";
  }
  return test;
}

// Lines of the body stay lines; each is made safe by itself.
std::string safe_lines(std::string_view body) {
  std::string out;
  std::size_t left = 20 * kTextBytesMax;
  while (!body.empty() && left > 0) {
    const std::string_view line = body.substr(0, body.find('\n'));
    body.remove_prefix(std::min(body.size(), line.size() + 1));
    out += safe(line) + "\n";
    left -= std::min(left, line.size() + 1);
  }
  return out;
}

std::string test_element(const spec::Verdict& verdict, const TestCase& test, const std::string& time) {
  std::string out = "    <testcase" + attribute("classname", verdict.scenario + "." + test.group) +
                    attribute("name", test.name) + attribute("time", time);
  if (test.element.empty()) return out + "/>\n";
  const std::string element{test.element};
  out += ">\n      <" + element + attribute("message", test.message) + attribute("type", test.type) + ">";
  return out + safe_lines(test.body.empty() ? test.message : test.body) + "</" + element + ">\n    </testcase>\n";
}

std::string properties(const ReportInput& input) {
  const spec::Verdict& verdict = input.verdict;
  std::string out = "    <properties>\n";
  const auto add = [&out](std::string_view name, std::string_view value) {
    out += "      <property" + attribute("name", name) + attribute("value", value) + "/>\n";
  };
  add("belljar.run", verdict.run);
  add("belljar.version", input.engine_version);
  add("belljar.verdict", spec::outcome_name(verdict.outcome));
  add("belljar.contained", verdict.contained ? "true" : "false");
  add("belljar.seed", std::to_string(verdict.seed));
  add("belljar.manifest", verdict.manifest_digest);
  add("belljar.transcript", verdict.transcript_digest);
  add("belljar.ledger.root", verdict.ledger.root);
  return out + "    </properties>\n";
}

std::string timestamp_of(std::string_view started) {
  // xs:dateTime without a zone is what the common schema has.
  if (started.ends_with('Z')) started.remove_suffix(1);
  return std::string{started.empty() ? "1970-01-01T00:00:00" : started};
}

}  // namespace

std::string render_junit(const ReportInput& input) {
  std::vector<TestCase> tests;
  for (const spec::GateResult& gate : input.verdict.gates) tests.push_back(gate_case(gate));
  tests.push_back(run_case(input));
  std::size_t failures = 0;
  std::size_t errors = 0;
  for (const TestCase& test : tests) {
    if (test.element == "failure") ++failures;
    if (test.element == "error") ++errors;
  }
  const std::string time = seconds(input.measurements.drive_ns);
  const std::string counts = attribute("tests", std::to_string(tests.size())) +
                             attribute("failures", std::to_string(failures)) +
                             attribute("errors", std::to_string(errors));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += "<testsuites" + attribute("name", "belljar") + counts + attribute("time", time) + ">\n";
  out += "  <testsuite" + attribute("name", input.verdict.scenario) + counts + attribute("skipped", "0") +
         attribute("time", time) + attribute("timestamp", timestamp_of(input.started)) +
         attribute("hostname", "belljar") + ">\n";
  out += properties(input);
  for (const TestCase& test : tests) out += test_element(input.verdict, test, test.group == "run" ? time : "0.000");
  out += "    <system-out>" + safe("run " + input.verdict.run + ": " + verdict_sentence(input.verdict)) +
         "</system-out>\n";
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace belljar::govern
