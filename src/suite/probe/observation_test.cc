#include <gtest/gtest.h>

#include "suite/probe/oracles.h"
#include "suite/probe/run.h"

namespace belljar::suite {
namespace {

Observation with_fact(const std::string& fact) {
  Observation seen;
  seen.facts = {fact};
  return seen;
}

Observation with_call(const std::string& call) {
  Observation seen;
  seen.calls = {call};
  return seen;
}

struct EffectCase {
  const char* name;
  Oracle oracle;
  Observation seen;
  bool expected;
};

TEST(Effect, IsWhatTheHostSaw) {
  Observation canary;
  canary.canary = "canary-1";
  canary.output = "read /x: canary-1";
  Observation host_name;
  host_name.values = {"hostname=vm"};
  host_name.output = "told hostname=vm;";
  Observation other_name = host_name;
  other_name.output = "told hostname=vm2;";
  Observation tree;
  tree.tree_before = "file a 1\natime a 5\n";
  tree.tree_after = "file a 1\natime a 6\n";
  Observation twins;
  twins.output = "identity 00112233445566778899aabbccddeeff\nidentity 00112233445566778899aabbccddeeff\n";
  const std::vector<EffectCase> cases{
      {"the canary came out", canary_read(), canary, true},
      {"no canary is no effect", canary_read(), Observation{}, false},
      {"the host's name came out", value_told("hostname"), host_name, true},
      {"a longer name is another", value_told("hostname"), other_name, false},
      {"an unknown value cannot be told", value_told("machine_id"), host_name, false},
      {"a time of access is no change of a file", tree_changed(), tree, false},
      {"a time of access moved", access_time_changed(), tree, true},
      {"a number is reached", reaches("procs", 300), with_fact("procs 300"), true},
      {"a number falls short", reaches("procs", 300), with_fact("procs 299"), false},
      {"another number", reaches("procs", 300), with_fact("procs_max 900"), false},
      {"a descriptor is held", holds("fd anon_inode:[io_uring]"), with_fact("fd anon_inode:[io_uring]"), true},
      {"a call succeeded", answered(41), with_call("3221225534 41 3"), true},
      {"a call was refused", answered(41), with_call("3221225534 41 -1"), false},
      {"an error after the gate", answered(41, 22), with_call("3221225534 41 -22"), true},
      {"another call", answered(41), with_call("3221225534 141 3"), false},
      {"a 32-bit call", answered32(), with_call("1073741827 20 5"), true},
      {"a 64-bit call is none of the 32-bit table", answered32(), with_call("3221225534 20 5"), false},
      {"the same seed twice", same_identity(), twins, true},
  };
  for (const EffectCase& row : cases) EXPECT_EQ(effect(row.oracle, row.seen), row.expected) << row.name;
}

Probe some_probe() { return {"FS01", "title", "Tries.", "a wall", canary_read()}; }

Observation seen_with(const std::string& output) {
  Observation seen;
  seen.canary = "canary-1";
  seen.output = output;
  seen.ended = true;
  return seen;
}

TEST(JudgeSealed, TrustsTheOracleOverTheAttacker) {
  const Probe probe = some_probe();
  EXPECT_EQ(judge_sealed(probe, seen_with("canary-1\nprobe FS01 DENIED(EACCES) no\n")).verdict, ProbeVerdict::escaped);
  EXPECT_EQ(judge_sealed(probe, seen_with("\nprobe FS01 ESCAPED yes\n")).verdict, ProbeVerdict::escaped);
  EXPECT_EQ(judge_sealed(probe, seen_with("\nprobe FS01 DENIED(ENOENT) open\n")).verdict, ProbeVerdict::held);
}

TEST(JudgeSealed, IsInconclusiveWithoutAWordOrAKnownEnd) {
  const Probe probe = some_probe();
  EXPECT_EQ(judge_sealed(probe, seen_with("")).verdict, ProbeVerdict::inconclusive);
  Observation killed = seen_with("");
  killed.killed_by = "SIGSYS";
  EXPECT_EQ(judge_sealed(probe, killed).verdict, ProbeVerdict::held);
}

TEST(JudgeSealed, NamesADegradationOnlyWhenItWasAccepted) {
  Probe probe = some_probe();
  probe.degraded_by = "cgroup-memory";
  Observation seen = seen_with("canary-1\nprobe FS01 ESCAPED yes\n");
  EXPECT_EQ(judge_sealed(probe, seen).verdict, ProbeVerdict::escaped);
  seen.degraded = {"cgroup-memory"};
  EXPECT_EQ(judge_sealed(probe, seen).verdict, ProbeVerdict::degraded);
}

TEST(JudgeControl, FailsWhenTheAttackDoesNotWorkUnprotected) {
  const Probe probe = some_probe();
  EXPECT_EQ(judge_control(probe, seen_with("canary-1\nprobe FS01 ESCAPED yes\n"), true).verdict,
            ControlVerdict::worked);
  EXPECT_EQ(judge_control(probe, seen_with("\nprobe FS01 ESCAPED yes\n"), true).verdict, ControlVerdict::failed);
  EXPECT_EQ(judge_control(probe, seen_with("\nprobe FS01 DENIED(EPERM) no\n"), true).verdict, ControlVerdict::failed);
  EXPECT_EQ(judge_control(probe, seen_with("\nprobe FS01 DENIED(ENOSYS) no\n"), true).verdict,
            ControlVerdict::unsupported);
}

TEST(JudgeControl, ExcusesAUserWithoutRootOnlyWhereRootIsNeeded) {
  Probe probe = some_probe();
  EXPECT_EQ(judge_control(probe, seen_with("\nprobe FS01 DENIED(EPERM) no\n"), false).verdict, ControlVerdict::failed);
  probe.stage = kNeedsRoot;
  EXPECT_EQ(judge_control(probe, seen_with("\nprobe FS01 DENIED(EPERM) no\n"), false).verdict,
            ControlVerdict::unsupported);
}

TEST(Totals, PassOnlyWithoutEscapeAndFailedControl) {
  const Probe probe = some_probe();
  ProbeResult held;
  held.probe = &probe;
  held.control = ControlVerdict::worked;
  held.verdict = ProbeVerdict::held;
  EXPECT_TRUE(total({held}).passed());
  ProbeResult escaped_once = held;
  escaped_once.verdict = ProbeVerdict::escaped;
  EXPECT_FALSE(total({held, escaped_once}).passed());
  ProbeResult silent = held;
  silent.verdict = ProbeVerdict::inconclusive;
  EXPECT_FALSE(total({held, silent}).passed());
}

TEST(Matrix, EscapesWhatTheAttackerSaid) {
  const Probe probe = some_probe();
  ProbeResult result;
  result.probe = &probe;
  result.detail = "\x1b]52;c;x\a";
  result.control_reason = "\x1b[2J";
  EXPECT_EQ(matrix_text({result}).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace belljar::suite
