#include <gtest/gtest.h>

#include "spec/measurements.h"
#include "spec/sandbox_report.h"
#include "spec/sandbox_spec.h"
#include "spec/verdict.h"

namespace belljar::spec {
namespace {

using codec::to_json;

TEST(SandboxReport, the_result_file_is_the_contract_with_machines) {
  SandboxReport report;
  report.status = EndStatus::memory;
  report.signal = 9;
  report.reason = "memory: 1 OOM kill at 16 MiB";
  report.wall_ns = 5;
  report.cpu_ns = 4;
  report.memory = {100, 50, 0, 7, 1, 1, 0.25};
  report.stdout_bytes = {1000, 10};
  report.start = {{"clone", 12}, {"seal", 30}};
  report.violations = {{"seccomp", "socket", "socket", "AF_INET", "python3", 41, "EPERM", 3, 99}};
  report.destroyed = true;
  report.destruction_proof = {"cgroup /x removed, 0 tasks"};
  report.degraded = {"landlock"};
  EXPECT_EQ(
      to_json(report_json(report)),
      R"({"status":"memory","exit_code":0,"signal":9,"reason":"memory: 1 OOM kill at 16 MiB","wall_ns":5,"cpu_ns":4,)"
      R"("memory_peak_bytes":100,"memory":{"peak_bytes":100,"current_bytes":50,"swap_bytes":0,"page_faults_minor":7,)"
      R"("page_faults_major":1,"oom_events":1,"fragmentation":0.25},)"
      R"("output_bytes":{"stdout":{"seen":1000,"kept":10},"stderr":{"seen":0,"kept":0}},)"
      R"("start":{"step_ns":{"clone":12,"seal":30}},)"
      R"("violations":[{"layer":"seccomp","rule":"socket","syscall":"socket","count":3,"arguments":"AF_INET",)"
      R"("process":"python3","pid":41,"answer":"EPERM","first_ns":99}],)"
      R"("posture":"ok","destroyed":true,"destruction_proof":["cgroup /x removed, 0 tasks"],"degraded":["landlock"]})");
}

TEST(SandboxReport, a_report_is_read_back_as_it_was_written) {
  SandboxReport report;
  report.status = EndStatus::memory;
  report.exit_code = 137;
  report.signal = 9;
  report.reason = "memory";
  report.wall_ns = 5;
  report.cpu_ns = 4;
  report.memory = {100, 50, 3, 7, 1, 1, 0.25};
  report.stdout_bytes = {1000, 10};
  report.stderr_bytes = {7, 6};
  report.start = {{"clone", 12}, {"seal", 30}};
  report.violations = {{"seccomp", "socket", "socket", "AF_INET", "python3", 41, "EPERM", 3, 99}};
  report.posture = "odd";
  report.destroyed = true;
  report.destruction_proof = {"cgroup /x removed, 0 tasks"};
  report.degraded = {"landlock"};
  for (const std::uint64_t seed : {std::uint64_t{7}, UINT64_MAX}) {
    report.deterministic = DeterministicReport{seed, {"threads"}};
    const Result<SandboxReport> read = read_report(codec::parse_json(to_json(report_json(report))).value());
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(to_json(report_json(read.value())), to_json(report_json(report)));
  }
}

TEST(SandboxReport, a_report_that_lacks_something_is_none) {
  const codec::Json whole = report_json(SandboxReport{});
  for (const auto& [name, value] : whole.as_object()) {
    if (name == "memory_peak_bytes") continue;  // for people; `memory` has it too
    codec::Json::Object less = whole.as_object();
    std::erase_if(less, [&](const codec::Json::Member& member) { return member.first == name; });
    EXPECT_FALSE(read_report(less)) << name;
    less.emplace_back(name, nullptr);
    EXPECT_FALSE(read_report(less)) << name;
  }
}

TEST(SandboxReport, a_deterministic_sandbox_says_its_seed_and_what_escaped_it) {
  const std::string plain = to_json(report_json(SandboxReport{}));
  EXPECT_EQ(plain.find("deterministic"), std::string::npos);
  SandboxReport report;
  report.deterministic = DeterministicReport{7, {"threads", "timers"}};
  EXPECT_TRUE(to_json(report_json(report)).ends_with(R"("deterministic":{"seed":7,"unfixed":["threads","timers"]}})"));
  report.deterministic->seed = ~std::uint64_t{0};
  EXPECT_NE(to_json(report_json(report)).find(R"("seed":"18446744073709551615")"), std::string::npos);
}

TEST(SandboxReport, every_status_has_its_word) {
  const std::vector<std::pair<EndStatus, std::string_view>> rows{
      {EndStatus::exited, "exited"}, {EndStatus::signaled, "signaled"}, {EndStatus::timeout, "timeout"},
      {EndStatus::memory, "memory"}, {EndStatus::limit, "limit"},       {EndStatus::denied, "denied"}};
  for (const auto& [status, name] : rows) EXPECT_EQ(status_name(status), name);
}

TEST(SandboxSpec, the_environment_holds_nothing_of_the_hosts) {
  EXPECT_EQ(default_environment(), (std::vector<std::string>{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/work",
                                                             "LANG=C.UTF-8", "TMPDIR=/tmp"}));
}

TEST(Verdict, the_object_is_the_contract_with_machines) {
  Verdict verdict;
  verdict.run = "r_1";
  verdict.scenario = "triage";
  verdict.outcome = Outcome::fail;
  verdict.exit_code = exit_code_for(Outcome::fail, false);
  verdict.seed = 7;
  verdict.manifest_digest = "sha256:aa";
  verdict.transcript_digest = "sha256:bb";
  verdict.ledger = {1234, "sha256:cc"};
  GateResult proportion{"accuracy at least 0.95", "accuracy", 0.9, {{0.85, 0.94}}, 0.95, 400, 0.95, false,
                        Decision::fail,           "missed"};
  GateResult nothing{"latency.p99 at most 150ms", "latency.p99", {}, {}, 0.95, 0, 0.15, true,
                     Decision::inconclusive,      "no answer"};
  verdict.gates = {proportion, nothing};
  verdict.findings = {{"f-1", "critical", "canary", "m", "/work/key", "open", 3, 12, true}};
  verdict.directory = ".belljar/runs/r_1";
  EXPECT_EQ(
      to_json(verdict_json(verdict)),
      R"({"run":"r_1","scenario":"triage","verdict":"fail","contained":false,"exit":1,"seed":7,)"
      R"("manifest_digest":"sha256:aa","transcript_digest":"sha256:bb","ledger":{"size":1234,"root":"sha256:cc"},)"
      R"("gates":[{"name":"accuracy at least 0.95","metric":"accuracy","value":0.9,"interval":[0.85,0.94],)"
      R"("confidence":0.95,"n":400,"threshold":0.95,"decision":"fail","reason":"missed"},)"
      R"({"name":"latency.p99 at most 150ms","metric":"latency.p99","n":0,"threshold":0.15,"unit":"s",)"
      R"("decision":"inconclusive","reason":"no answer"}],)"
      R"("findings":[{"id":"f-1","severity":"critical","model":"m","rule":"/work/key","count":3,"kind":"canary",)"
      R"("detail":"open","first_ns":12,"contained":true}],"dir":".belljar/runs/r_1"})");
}

TEST(Verdict, a_seed_past_every_reader_is_text) {
  Verdict verdict;
  verdict.seed = UINT64_MAX;
  verdict.error = "disk full";
  EXPECT_EQ(verdict_json(verdict).find("seed")->as_string(), "18446744073709551615");
  EXPECT_EQ(verdict_json(verdict).find("error")->as_string(), "disk full");
}

TEST(Verdict, exit_codes_are_those_of_the_contract) {
  EXPECT_EQ(exit_code_for(Outcome::pass, false), 0);
  EXPECT_EQ(exit_code_for(Outcome::fail, false), 1);
  EXPECT_EQ(exit_code_for(Outcome::inconclusive, false), 3);
  EXPECT_EQ(exit_code_for(Outcome::error, false), 4);
  for (const Outcome outcome : {Outcome::pass, Outcome::fail, Outcome::inconclusive, Outcome::error}) {
    EXPECT_EQ(exit_code_for(outcome, true), 5);
  }
}

TEST(Measurements, every_end_has_its_word) {
  const std::vector<std::pair<CaseEnd, std::string_view>> rows{{CaseEnd::answered, "answered"},
                                                               {CaseEnd::model_error, "model_error"},
                                                               {CaseEnd::contract_error, "contract_error"},
                                                               {CaseEnd::timeout, "timeout"},
                                                               {CaseEnd::harness_error, "harness_error"},
                                                               {CaseEnd::held, "held"}};
  for (const auto& [end, name] : rows) EXPECT_EQ(case_end_name(end), name);
}

}  // namespace
}  // namespace belljar::spec
