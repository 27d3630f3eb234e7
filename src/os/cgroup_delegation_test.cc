// A person who is not root, in a v2 group that was delegated to them: what Belljar finds there, does and leaves alone.
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "os/cgroup.h"
#include "os/cgroup_mounts.h"
#include "os/cgroup_tree.h"
#include "os/file.h"

namespace belljar::os {
namespace {

constexpr uid_t kNobody = 65534;

std::string file(const std::string& path) {
  Result<std::string> text = read_file(path, 1U << 20);
  return text ? std::move(text).value() : std::string{};
}

std::string mountinfo_without_v1() {
  std::string text = file("/proc/self/mountinfo");
  for (std::size_t at = 0; (at = text.find(" - cgroup ", at)) != std::string::npos;) text.replace(at, 10, " - hidden ");
  return text;
}

class CgroupDelegation : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can delegate a group";
    const std::vector<CgroupMount> mounts = parse_cgroup_mounts(mountinfo_without_v1());
    if (mounts.empty()) GTEST_SKIP() << "no v2 hierarchy is mounted";
    top_ = mounts.front().mount_point;
    group_ = top_ + "/delegated-" + std::to_string(::getpid());
    has_controllers_ = file(top_ + "/cgroup.controllers").find("memory") != std::string::npos;
    if (has_controllers_) {
      ASSERT_TRUE(write_cgroup_file(AT_FDCWD, top_ + "/cgroup.subtree_control", "+memory +pids +cpu"));
    }
    ASSERT_EQ(::mkdir(group_.c_str(), 0755), 0);
    for (const char* name : {"", "/cgroup.procs", "/cgroup.threads", "/cgroup.subtree_control"}) {
      ASSERT_EQ(::chown((group_ + name).c_str(), kNobody, kNobody), 0) << name;
    }
  }

  void TearDown() override {
    if (group_.empty()) return;
    (void)::rmdir((group_ + "/belljar-host").c_str());
    EXPECT_EQ(::rmdir(group_.c_str()), 0) << "something is left in " << group_;
  }

  pid_t idle_in_group() {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (;;) (void)::pause();
    }
    EXPECT_TRUE(write_cgroup_file(AT_FDCWD, group_ + "/cgroup.procs", std::to_string(pid)));
    return pid;
  }

  // Runs `work` inside the group as nobody; what it returns comes back.
  std::string as_nobody(const std::function<std::string()>& work) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const pid_t pid = ::fork();
    if (pid == 0) {
      const Result<void> joined = write_cgroup_file(AT_FDCWD, group_ + "/cgroup.procs", std::to_string(::getpid()));
      const bool dropped = ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
                           ::setresuid(kNobody, kNobody, kNobody) == 0;
      const std::string said = joined && dropped ? work() : "could not become nobody in the group";
      ::_exit(::write(pipe[1], said.data(), said.size()) < 0 ? 1 : 0);
    }
    (void)::close(pipe[1]);
    const Result<std::string> said = read_all(pipe[0], 1U << 16, "pipe");
    (void)::close(pipe[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return said ? said.value() : said.error().message();
  }

  std::string top_;
  std::string group_;
  bool has_controllers_ = false;
};

// Makes a group, kills what runs in it and removes it.
std::string use_group(const CgroupHost& host, CgroupParts wanted) {
  Result<Cgroup> made =
      host.create("inner", {.memory_bytes = 64U << 20, .swap_bytes = 0, .cpu_cores = 1, .processes = 8}, wanted);
  if (!made) return made.error().message();
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (;;) (void)::pause();
  }
  for (const Result<void>& step : {made.value().attach(pid), made.value().freeze(), made.value().kill_all()}) {
    if (!step) return step.error().message();
  }
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || WTERMSIG(status) != SIGKILL) return "the process was not killed";
  const Result<std::vector<std::string>> proof = made.value().remove();
  return proof ? proof.value().front() : proof.error().message();
}

CgroupParts quotas_when(bool has_controllers) { return has_controllers ? kCgroupQuotas : CgroupParts{}; }

TEST_F(CgroupDelegation, WorksBelowOurOwnGroup) {
  const std::string said = as_nobody([this]() -> std::string {
    const Result<CgroupHost> host = CgroupHost::detect_from(mountinfo_without_v1(), file("/proc/self/cgroup"));
    if (!host) return host.error().message();
    if (host.value().layout() != CgroupLayout::v2)
      return "layout " + std::string{cgroup_layout_name(host.value().layout())};
    return use_group(host.value(), quotas_when(has_controllers_));
  });
  EXPECT_TRUE(said.ends_with("/belljar/inner removed, 0 tasks")) << said;
  EXPECT_NE(said.find("/delegated-"), std::string::npos) << said;
}

TEST_F(CgroupDelegation, FindsItsWayBackAfterSteppingAside) {
  for (int round = 0; round < 2; ++round) {
    const std::string said = as_nobody([this]() -> std::string {
      for (int again = 0; again < 2; ++again) {  // the second time from inside belljar-host
        const Result<CgroupHost> host = CgroupHost::detect_from(mountinfo_without_v1(), file("/proc/self/cgroup"));
        if (!host) return host.error().message();
        const std::string used = use_group(host.value(), quotas_when(has_controllers_));
        if (!used.ends_with("removed, 0 tasks")) return used;
      }
      return "ok";
    });
    EXPECT_EQ(said, "ok");
    if (!has_controllers_) return;
    // While controllers are handed down nobody can join the group itself: as after the end of a delegated scope.
    ASSERT_TRUE(write_cgroup_file(AT_FDCWD, group_ + "/cgroup.subtree_control", "-memory -pids -cpu"));
  }
}

TEST_F(CgroupDelegation, MovesOthersAsideOnlyWhereTheGroupIsMarkedAsDelegated) {
  if (!has_controllers_) GTEST_SKIP() << "the v2 hierarchy has no memory controller here";
  const pid_t other = idle_in_group();
  const auto quotas = [this]() -> std::string {
    const Result<CgroupHost> host = CgroupHost::detect_from(mountinfo_without_v1(), file("/proc/self/cgroup"));
    if (!host) return host.error().message();
    return use_group(host.value(), kCgroupQuotas);
  };
  const std::string unmarked = as_nobody(quotas);
  EXPECT_NE(unmarked.find("it holds processes of others and is not marked as delegated"), std::string::npos)
      << unmarked;
  EXPECT_NE(unmarked.find("user.delegate -v 1 " + group_), std::string::npos) << unmarked;
  EXPECT_EQ(file(group_ + "/cgroup.procs"), std::to_string(other) + "\n") << "a stranger was moved";

  ASSERT_EQ(::setxattr(group_.c_str(), "user.delegate", "1", 1, 0), 0);
  const std::string marked = as_nobody(quotas);
  EXPECT_TRUE(marked.ends_with("removed, 0 tasks")) << marked;
  EXPECT_EQ(file(group_ + "/belljar-host/cgroup.procs"), std::to_string(other) + "\n");
  (void)::kill(other, SIGKILL);
  (void)::waitpid(other, nullptr, 0);
}

}  // namespace
}  // namespace belljar::os
