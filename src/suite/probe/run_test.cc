// A few probes from end to end, and sandboxes weakened on purpose: the suite has to notice.
#include <gtest/gtest.h>

#include "os/durable.h"
#include "os/file.h"
#include "os/system.h"
#include "suite/probe/run.h"

namespace belljar::suite {
namespace {

class SealedProbe : public testing::Test {
 protected:
  void SetUp() override {
    around_.program = BELLJAR_BINARY_DIR "/bin/belljar-probe";
    if (os::current_user() != 0) {
      around_.degraded = {"cgroup-memory", "cgroup-processes", "cgroup-cpu", "user-namespace-range"};
    }
    Result<std::unique_ptr<sandbox::Engine>> engine =
        sandbox::Engine::start({BELLJAR_BINARY_DIR "/bin/belljar-init", BELLJAR_SOURCE_DIR "/profiles"}, clock_);
    ASSERT_TRUE(engine) << engine.error().message();
    engine_ = std::move(engine).value();
  }

  ProbeResult run(const Probe& probe) {
    Result<ProbeResult> result = run_probe(probe, around_, *engine_, entropy_);
    EXPECT_TRUE(result) << result.error().message();
    return result ? std::move(result).value() : ProbeResult{};
  }

  os::SystemClock clock_;
  os::SystemEntropy entropy_;
  Surroundings around_;
  std::unique_ptr<sandbox::Engine> engine_;
};

// One of each kind of oracle.
TEST_F(SealedProbe, HoldsWhatWorksUnprotected) {
  for (const char* id :
       {"FS01", "FS05", "FS41", "NET01", "PROC04", "PROC12", "KRN03", "KRN26", "RES30", "COV06", "LEAK12", "TTY01"}) {
    const Probe* probe = find_probe(id);
    ASSERT_NE(probe, nullptr) << id;
    const ProbeResult result = run(*probe);
    EXPECT_EQ(result.control, ControlVerdict::worked) << id << ": " << result.control_reason;
    const bool held = result.verdict == ProbeVerdict::held || result.verdict == ProbeVerdict::degraded;
    EXPECT_TRUE(held) << id << ": " << verdict_name(result.verdict) << " " << result.detail;
  }
}

TEST_F(SealedProbe, RecordsARefusedCallAsAnEvent) {
  const ProbeResult result = run(*find_probe("KRN03"));
  EXPECT_GE(result.events, 1U);
  EXPECT_NE(result.held_by.find("io_uring_setup"), std::string::npos) << result.held_by;
}

TEST_F(SealedProbe, ReportsAQuotaTooWideAsEscaped) {
  Probe weak = *find_probe("RES07");
  weak.shape = [](spec::SandboxSpec& spec) { spec.quotas.file_bytes = spec.quotas.disk_bytes; };
  EXPECT_EQ(run(weak).verdict, ProbeVerdict::escaped);
}

TEST_F(SealedProbe, ReportsAHoleInTheWallAsEscaped) {
  if (!os::exists("/etc/machine-id")) GTEST_SKIP() << "this host has no machine id";
  // The place where host files lie is shown inside under its own name.
  Probe weak = *find_probe("LEAK09");
  weak.shape = [](spec::SandboxSpec& spec) { spec.files.push_back({"/etc/machine-id", "/etc/machine-id"}); };
  const ProbeResult result = run(weak);
  ASSERT_EQ(result.control, ControlVerdict::worked) << result.control_reason;
  EXPECT_EQ(result.verdict, ProbeVerdict::escaped) << result.detail;
}

TEST_F(SealedProbe, JudgesTheControlAsEscapedWhenTakenForASandbox) {
  const Probe* probe = find_probe("FS01");
  const Result<Observation> unprotected = run_control(around_, *probe, entropy_);
  ASSERT_TRUE(unprotected) << unprotected.error().message();
  EXPECT_EQ(judge_sealed(*probe, unprotected.value()).verdict, ProbeVerdict::escaped);
}

}  // namespace
}  // namespace belljar::suite
