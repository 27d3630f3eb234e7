#include "os/host_facts.h"

#include <unistd.h>

#include <csignal>

namespace belljar::os {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(HostFacts, ATrialHandsItsAnswerOver) {
  const Trial works = try_in_child([] { return Trial{0, "as told"}; });
  EXPECT_TRUE(works.works());
  EXPECT_EQ(works.detail, "as told");
  const Trial fails = try_in_child([] { return Trial{EPERM, std::string(10'000, 'x')}; });
  EXPECT_EQ(fails.error, EPERM);
  EXPECT_EQ(fails.detail.size(), 400U);
}

TEST(HostFacts, ATrialThatDiesOrHangsHasFailed) {
  EXPECT_EQ(try_in_child([]() -> Trial { ::_exit(0); }).detail, "the trial died");
  EXPECT_EQ(try_in_child([]() -> Trial {
              (void)::raise(SIGKILL);
              return {};
            }).detail,
            "the trial was killed by signal 9");
  const auto begin = steady_clock::now();
  const Trial hung = try_in_child(
      []() -> Trial {
        for (;;) (void)::pause();
      },
      milliseconds{50});
  EXPECT_EQ(hung.error, ETIMEDOUT);
  EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds{2});
}

struct TrialCase {
  const char* name;
  Trial (*trial)();
};

// Each of these must give an answer and leave nothing behind, on any host; a failure names its step.
TEST(HostFacts, EveryTrialAnswersWithADetail) {
  const TrialCase cases[] = {
      {"user", try_user_namespace},
      {"uid range", try_uid_range},
      {"pid", try_pid_namespace},
      {"mount", try_mount_namespace},
      {"net", try_net_namespace},
      {"ipc", try_ipc_namespace},
      {"uts", try_uts_namespace},
      {"cgroup", try_cgroup_namespace},
      {"time", try_time_namespace},
      {"tmpfs", try_tmpfs},
      {"overlay", try_overlay},
      {"proc", try_proc},
      {"proc subset", try_proc_subset},
      {"devpts", try_devpts},
      {"mount api", try_mount_api},
      {"pivot_root", try_pivot_root},
      {"openat2", try_openat2},
      {"pidfd", try_pidfd},
      {"clone3", try_clone3},
      {"close_range", try_close_range},
      {"seccomp", try_seccomp_filter},
      {"notification", try_seccomp_notification},
      {"sync", try_seccomp_sync_wake_up},
      {"landlock", try_landlock},
      {"nftables", try_nftables},
      {"veth", try_veth},
      {"kvm", try_kvm},
  };
  for (const TrialCase& row : cases) {
    const Trial trial = row.trial();
    EXPECT_FALSE(trial.detail.empty()) << row.name;
    EXPECT_NE(trial.error, ETIMEDOUT) << row.name;
    if (!trial.works()) std::printf("[ not here ] %s: %s\n", row.name, trial.detail.c_str());
  }
}

TEST(HostFacts, TriesEveryCgroupPartThisHostClaims) {
  const Result<CgroupHost> host = CgroupHost::detect();
  ASSERT_TRUE(host);
  for (const auto& [part, trial] : try_cgroups(host.value())) {
    EXPECT_TRUE(trial.works()) << cgroup_part_name(part) << ": " << trial.detail;
  }
  const Result<std::vector<std::string>> left = host.value().list();
  ASSERT_TRUE(left);
  for (const std::string& name : left.value()) EXPECT_FALSE(name.ends_with("-" + std::to_string(::getpid()))) << name;
}

TEST(HostFacts, ReadsSettings) {
  EXPECT_TRUE(kernel_setting("kernel/osrelease"));
  EXPECT_EQ(kernel_setting("kernel/osrelease"), kernel_release());
  EXPECT_FALSE(kernel_setting("kernel/no_such_setting"));
  const Result<std::string> none = program_version("no-such-program-anywhere");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::unavailable);
}

}  // namespace
}  // namespace belljar::os
