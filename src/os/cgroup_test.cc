#include "os/cgroup.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include "os/file.h"

namespace belljar::os {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::uint64_t kMiB = 1U << 20;

enum class View { whole_host, v1_alone };

std::string file(const char* path) {
  Result<std::string> text = read_file(path, kMiB);
  return text ? std::move(text).value() : std::string{};
}

Result<CgroupHost> host_of(View view) {
  std::string mounts = file("/proc/self/mountinfo");
  if (view == View::v1_alone) {
    std::size_t at = 0;
    while ((at = mounts.find(" - cgroup2 ", at)) != std::string::npos) mounts.replace(at, 11, " - hidden  ");
  }
  return CgroupHost::detect_from(mounts, file("/proc/self/cgroup"));
}

// Without what a sanitizer hangs on fork(3): its helper thread would count as a task.
pid_t plain_fork() { return static_cast<pid_t>(::syscall(SYS_fork)); }

// A child that waits until it has been attached, runs `work` and exits with what it returns.
pid_t run_in(const Cgroup& group, const std::function<int()>& work) {
  std::array<int, 2> gate{};
  EXPECT_EQ(::pipe2(gate.data(), O_CLOEXEC), 0);
  const pid_t pid = plain_fork();
  if (pid == 0) {
    char go = 0;
    if (::read(gate[0], &go, 1) != 1) ::_exit(99);
    ::_exit(work());
  }
  const Result<void> attached = group.attach(pid);
  EXPECT_TRUE(attached) << attached.error().message();
  EXPECT_EQ(::write(gate[1], "g", 1), 1);
  (void)::close(gate[0]);
  (void)::close(gate[1]);
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

int touch_memory(std::uint64_t bytes) {
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  for (std::uint64_t at = 0; at < bytes; at += 4096) static_cast<volatile char*>(memory)[at] = 1;
  return 0;
}

[[noreturn]] void spin() {
  std::atomic<unsigned> turns{0};
  for (;;) ++turns;
}

class CgroupOn : public testing::TestWithParam<View> {
 protected:
  void SetUp() override {
    Result<CgroupHost> detected = host_of(GetParam());
    ASSERT_TRUE(detected) << detected.error().message();
    host_.emplace(std::move(detected).value());
    if (host_->layout() == CgroupLayout::none) GTEST_SKIP() << host_->missing().front().reason;
  }

  Cgroup make(const char* name, CgroupLimits limits) {
    Result<Cgroup> made = host_->create(unique(name), limits);
    EXPECT_TRUE(made) << made.error().message();
    return made ? std::move(made).value() : Cgroup{};
  }
  static std::string unique(const char* name) { return std::string{name} + "-" + std::to_string(::getpid()); }

  static CgroupLimits roomy() { return {.memory_bytes = 256 * kMiB, .swap_bytes = 0, .cpu_cores = 2, .processes = 64}; }
  static CgroupCounters counters_of(Cgroup& group) {
    Result<CgroupCounters> counted = group.counters();
    EXPECT_TRUE(counted) << counted.error().message();
    return counted ? counted.value() : CgroupCounters{};
  }

  std::optional<CgroupHost> host_;
};

TEST_P(CgroupOn, MemoryBeyondTheLimitKillsAndIsCounted) {
  CgroupLimits limits = roomy();
  limits.memory_bytes = 32 * kMiB;
  Cgroup group = make("memory", limits);
  ASSERT_TRUE(group);
  EXPECT_EQ(counters_of(group).oom_kills, 0U);
  const int status = wait_for(run_in(group, [] { return touch_memory(128 * kMiB); }));
  ASSERT_TRUE(WIFSIGNALED(status)) << status;
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  const CgroupCounters counted = counters_of(group);
  EXPECT_GE(counted.oom_kills, 1U);
  EXPECT_LE(counted.oom_kills, 2U);  // where v2 kills the whole group it counts the first victim twice
  EXPECT_LE(counted.memory_peak, 32 * kMiB);
  EXPECT_GE(counted.memory_peak, 24 * kMiB);
  EXPECT_LE(counted.memory_current, counted.memory_peak);
  EXPECT_EQ(counted.swap_current, 0U);
}

TEST_P(CgroupOn, MemoryWithinTheLimitIsMeasured) {
  Cgroup group = make("measured", roomy());
  ASSERT_TRUE(group);
  const pid_t pid = run_in(group, [] {
    (void)touch_memory(16 * kMiB);
    (void)::pause();
    return 0;
  });
  const auto deadline = steady_clock::now() + std::chrono::seconds{10};
  CgroupCounters counted;
  while (counted.memory_current < 16 * kMiB && steady_clock::now() < deadline) counted = counters_of(group);
  EXPECT_GE(counted.memory_current, 16 * kMiB);
  EXPECT_LT(counted.memory_peak, 64 * kMiB);
  EXPECT_EQ(counted.oom_kills, 0U);
  EXPECT_EQ(counted.pids_current, 1U);
  EXPECT_EQ(counted.pids_refused, 0U);
  EXPECT_GT(counted.cpu_usage_ns, 0U);
  ASSERT_TRUE(group.kill_all());
  (void)wait_for(pid);
  // The kernel gathers these numbers lazily: they are whole once the work has ended.
  EXPECT_GE(counters_of(group).page_faults_minor, 16 * kMiB / 4096 / 2);
}

TEST_P(CgroupOn, KernelMemoryIsMemory) {
  Cgroup group = make("kernel", roomy());
  ASSERT_TRUE(group);
  const pid_t pid = run_in(group, [] {
    constexpr int kPipes = 64;
    std::string block(65536, 'x');
    for (int i = 0; i < kPipes; ++i) {
      std::array<int, 2> ends{};
      if (::pipe(ends.data()) != 0 || ::write(ends[1], block.data(), block.size()) < 0) return 1;
    }
    (void)::pause();
    return 0;
  });
  const auto deadline = steady_clock::now() + std::chrono::seconds{10};
  std::uint64_t current = 0;
  while (current < 4 * kMiB && steady_clock::now() < deadline) current = counters_of(group).memory_current;
  EXPECT_GE(current, 4 * kMiB);
  ASSERT_TRUE(group.kill_all());
  (void)wait_for(pid);
}

TEST_P(CgroupOn, ForksBeyondTheLimitAreRefusedAndCounted) {
  CgroupLimits limits = roomy();
  limits.processes = 8;
  Cgroup group = make("forks", limits);
  ASSERT_TRUE(group);
  const int status = wait_for(run_in(group, [] {
    int made = 0;
    for (int i = 0; i < 20; ++i) {
      const pid_t child = plain_fork();
      if (child == 0) {
        (void)::pause();
        ::_exit(0);
      }
      if (child > 0) ++made;
    }
    return made;
  }));
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);  // and the first process
  const CgroupCounters counted = counters_of(group);
  EXPECT_GE(counted.pids_refused, 1U);
  EXPECT_EQ(counted.pids_current, 7U);
  EXPECT_TRUE(group.kill_all());
}

TEST_P(CgroupOn, ProcessorTimeIsHeldToTheQuota) {
  CgroupLimits limits = roomy();
  limits.cpu_cores = 0.05;  // less than a crowded host would give us anyway
  Cgroup group = make("quota", limits);
  ASSERT_TRUE(group);
  const auto begin = steady_clock::now();
  const pid_t pid = run_in(group, []() -> int { spin(); });
  std::this_thread::sleep_for(milliseconds{1500});
  ASSERT_TRUE(group.kill_all());
  const std::chrono::duration<double> wall = steady_clock::now() - begin;
  (void)wait_for(pid);
  const CgroupCounters counted = counters_of(group);
  const double used = static_cast<double>(counted.cpu_usage_ns) / 1e9;
  EXPECT_LT(used, 0.05 * wall.count() + 0.1);
  EXPECT_GT(used, 0.002);
  EXPECT_GT(counted.throttled_ns, 0U);
}

TEST_P(CgroupOn, FrozenTasksStandStillUntilThawed) {
  if (!host_->can(CgroupPart::freeze)) GTEST_SKIP() << host_->refusal({CgroupPart::freeze}).message();
  void* shared = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  auto* turns = new (shared) std::atomic<std::uint64_t>{0};
  Cgroup group = make("freeze", roomy());
  ASSERT_TRUE(group);
  const pid_t pid = run_in(group, [turns]() -> int {
    for (;;) ++*turns;
  });
  while (*turns == 0) std::this_thread::sleep_for(milliseconds{1});
  const Result<void> frozen = group.freeze();
  ASSERT_TRUE(frozen) << frozen.error().message();
  const std::uint64_t before = *turns;
  std::this_thread::sleep_for(milliseconds{50});
  EXPECT_EQ(*turns, before);
  ASSERT_TRUE(group.thaw());
  const auto deadline = steady_clock::now() + std::chrono::seconds{10};
  while (*turns == before && steady_clock::now() < deadline) std::this_thread::sleep_for(milliseconds{1});
  EXPECT_GT(*turns, before);
  ASSERT_TRUE(group.freeze());
  const Result<void> killed = group.kill_all();  // frozen or not
  EXPECT_TRUE(killed) << killed.error().message();
  EXPECT_EQ(WTERMSIG(wait_for(pid)), SIGKILL);
  (void)::munmap(shared, 4096);
}

TEST_P(CgroupOn, KillAllEndsAForkBomb) {
  Cgroup group = make("bomb", roomy());
  ASSERT_TRUE(group);
  // The dead count as pids until someone has waited for them: here we, in a sandbox its own init.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  (void)run_in(group, []() -> int {
    for (;;) (void)plain_fork();
  });
  const auto deadline = steady_clock::now() + std::chrono::seconds{10};
  while (counters_of(group).pids_refused < 100 && steady_clock::now() < deadline) {
    std::this_thread::sleep_for(milliseconds{1});
  }
  const Result<void> killed = group.kill_all();
  ASSERT_TRUE(killed) << killed.error().message();
  const Result<bool> empty = group.empty();
  EXPECT_TRUE(empty && empty.value());
  int dead = 0;
  while (::waitpid(-1, nullptr, 0) > 0) ++dead;
  EXPECT_GE(dead, 2);
  EXPECT_EQ(counters_of(group).pids_current, 0U);
  EXPECT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

TEST_P(CgroupOn, RemovalIsProvedInEveryHierarchy) {
  Cgroup group = make("proof", roomy());
  ASSERT_TRUE(group);
  const std::string name = group.name();
  const std::size_t hierarchies = group.paths().size();
  const pid_t pid = run_in(group, []() -> int { spin(); });
  const Result<std::vector<std::string>> early = group.remove();
  EXPECT_FALSE(early) << "a group with a task inside was removed";
  ASSERT_TRUE(group.kill_all());
  (void)wait_for(pid);
  const Result<std::vector<std::string>> proof = group.remove();
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_EQ(proof.value().size(), hierarchies);
  for (const std::string& line : proof.value()) EXPECT_TRUE(line.ends_with("/belljar/" + name + " removed, 0 tasks"));
  const Result<std::vector<std::string>> left = host_->list();
  ASSERT_TRUE(left);
  EXPECT_EQ(std::count(left.value().begin(), left.value().end(), name), 0);
}

TEST_P(CgroupOn, ANameIsNeverUsedTwice) {
  Cgroup group = make("once", roomy());
  ASSERT_TRUE(group);
  const Result<Cgroup> again = host_->create(group.name(), roomy());
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message().find("counters would not start from zero"), std::string::npos);
  EXPECT_FALSE(group.paths().empty());
  const Result<CgroupCounters> still_there = group.counters();
  EXPECT_TRUE(still_there) << "the refused twin removed the living group";
}

TEST_P(CgroupOn, NamesThatCouldClimbAreRefused) {
  for (const char* name : {"", ".", "..", "a/b", "../x", "x y", "a\n"}) {
    const Result<Cgroup> made = host_->create(name, roomy());
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().code(), Errc::invalid_argument);
    EXPECT_FALSE(host_->remove_residue(name));
  }
}

TEST_P(CgroupOn, ADroppedGroupIsKilledAndRemoved) {
  pid_t pid = 0;
  std::string name;
  {
    Cgroup group = make("dropped", roomy());
    ASSERT_TRUE(group);
    name = group.name();
    pid = run_in(group, []() -> int { spin(); });
  }
  EXPECT_EQ(WTERMSIG(wait_for(pid)), SIGKILL);
  const Result<std::vector<std::string>> left = host_->list();
  ASSERT_TRUE(left);
  EXPECT_EQ(std::count(left.value().begin(), left.value().end(), name), 0);
}

TEST_P(CgroupOn, ResidueOfAKilledOwnerIsRemoved) {
  const std::string name = unique("residue");
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  const pid_t owner = ::fork();
  if (owner == 0) {  // makes a group with a life inside and dies without cleaning up
    Result<CgroupHost> own = host_of(GetParam());
    Result<Cgroup> group = own ? own.value().create(name, roomy()) : Result<Cgroup>{std::move(own).error()};
    if (!group) ::_exit(1);
    const pid_t inside = run_in(group.value(), []() -> int { spin(); });
    if (::write(pipe[1], &inside, sizeof inside) < 0) ::_exit(1);
    (void)::kill(::getpid(), SIGKILL);
  }
  pid_t inside = 0;
  ASSERT_EQ(::read(pipe[0], &inside, sizeof inside), static_cast<ssize_t>(sizeof inside));
  (void)wait_for(owner);
  ASSERT_EQ(::kill(inside, 0), 0);
  const Result<std::vector<std::string>> found = host_->list();
  ASSERT_TRUE(found);
  EXPECT_EQ(std::count(found.value().begin(), found.value().end(), name), 1);
  const Result<std::vector<std::string>> proof = host_->remove_residue(name);
  ASSERT_TRUE(proof) << proof.error().message();
  EXPECT_FALSE(proof.value().empty());
  const Result<std::vector<std::string>> left = host_->list();
  ASSERT_TRUE(left);
  EXPECT_EQ(std::count(left.value().begin(), left.value().end(), name), 0);
  (void)::close(pipe[0]);
  (void)::close(pipe[1]);
}

TEST_P(CgroupOn, AClonedChildIsInsideBeforeItRuns) {
  Cgroup group = make("cloned", roomy());
  ASSERT_TRUE(group);
  Result<std::vector<Fd>> entries = group.open_entries();
  ASSERT_TRUE(entries) << entries.error().message();
  std::vector<int> numbers;
  for (const Fd& entry : entries.value()) numbers.push_back(entry.get());
  clone_args how{};
  how.exit_signal = SIGCHLD;
  if (group.v2_fd() >= 0) {
    how.flags = CLONE_INTO_CGROUP;
    how.cgroup = static_cast<std::uint64_t>(group.v2_fd());
  }
  const auto pid = static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
  if (pid == 0) {
    if (enter_cgroups(numbers) != 0) ::_exit(1);
    const std::string where = file("/proc/self/cgroup");
    std::size_t found = 0;
    for (std::size_t at = where.find(group.name()); at != std::string::npos; at = where.find(group.name(), at + 1)) {
      ++found;
    }
    ::_exit(found == group.paths().size() ? 0 : 2);
  }
  ASSERT_GT(pid, 0);
  const int status = wait_for(pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_P(CgroupOn, ParentsThatAnotherProcessRemovedAreMadeAgain) {
  { const Result<CgroupHost> other = host_of(GetParam()); }  // as it ends it removes the empty parents
  Cgroup group = make("again", roomy());
  EXPECT_TRUE(group);
  EXPECT_FALSE(group.paths().empty());
}

INSTANTIATE_TEST_SUITE_P(Cgroup, CgroupOn, testing::Values(View::whole_host, View::v1_alone),
                         [](const testing::TestParamInfo<View>& view) {
                           return view.param == View::whole_host ? std::string{"whole_host"} : std::string{"v1_alone"};
                         });

TEST(Cgroup, AHostWithoutAnyRefusesAndSaysWhatToDo) {
  const Result<CgroupHost> host = CgroupHost::detect_from("1 1 0:1 / / rw - ext4 /dev/vda rw\n", "0::/\n");
  ASSERT_TRUE(host);
  EXPECT_EQ(host.value().layout(), CgroupLayout::none);
  EXPECT_EQ(host.value().missing().size(), kCgroupPartsAll.size());
  const Result<Cgroup> made = host.value().create("x", {.memory_bytes = kMiB, .processes = 1});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Errc::unavailable);
  EXPECT_EQ(made.error().message(),
            "hold quotas with control groups: memory, swap, processes, cpu: no control group hierarchy is mounted: "
            "mount -t cgroup2 none /sys/fs/cgroup");
}

TEST(Cgroup, AHostWithoutAnyStillServesWhoeverGaveTheQuotasUp) {
  const Result<CgroupHost> host = CgroupHost::detect_from("", "");
  ASSERT_TRUE(host);
  Result<Cgroup> made = host.value().create("x", {}, {});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_TRUE(made.value().paths().empty());
  EXPECT_EQ(made.value().v2_fd(), -1);
  EXPECT_TRUE(made.value().kill_all());
}

}  // namespace
}  // namespace belljar::os
