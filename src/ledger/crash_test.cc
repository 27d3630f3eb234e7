// What a record looks like after the worst moments: killed at any instant, a full disk, a folder gone read-only.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <random>
#include <thread>

#include "ledger/ledger.h"
#include "ledger/record_for_tests.h"

namespace belljar::ledger {
namespace {

constexpr int kNotPermitted = 77;

// A child of this single-threaded test; gtest's own reporting stays with the parent.
pid_t fork_child(const std::function<int()>& work) {
  (void)std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work());
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

struct Plan {
  std::size_t entries = 0;
  std::size_t step = 1;                // entries between checkpoints
  std::size_t traced_from = SIZE_MAX;  // the entry before which the child stops for its tracer
};

// Appends, checkpoints, keeps bodies, binds a file and seals.
int record_a_run(const TestRecord& record, const Plan& plan) {
  auto created = Ledger::create(record.run(), "belljar.test/run/r_1", key_for_tests());
  if (!created) return 1;
  Ledger& ledger = *created.value();
  for (std::size_t at = 0; at < plan.entries; ++at) {
    if (at == plan.traced_from) (void)::raise(SIGSTOP);
    const std::string entry = numbered_entry(at);
    const bool appended = at % 16 == 5 ? static_cast<bool>(ledger.append_with_body(entry, "body " + std::to_string(at)))
                                       : static_cast<bool>(ledger.append(entry));
    if (!appended) return 1;
    if (at % plan.step == plan.step - 1 && !ledger.checkpoint()) return 1;
  }
  if (!os::write_file_atomic(record.file("verdict.json"), "{}", 0644)) return 1;
  if (!ledger.bind_file("verdict.json") || !ledger.append(R"({"kind":"sealed"})")) return 1;
  return ledger.checkpoint() ? 0 : 1;
}

void expect_intact(const TestRecord& record, const std::string& when) {
  if (!std::filesystem::exists(record.file("ledger"))) return;  // killed before there was a record
  const VerifyReport report = record.verify();
  ASSERT_TRUE(report.problems.empty()) << when << ":\n" << told(report);
}

TEST(Crash, KilledAtRandomMoments) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random{seed};
  int interrupted = 0;
  unsigned reach_us = 120'000;  // grows where the host is too busy for a run to have begun by then
  for (int round = 0; round < 50 || (interrupted <= 20 && round < 400); ++round) {
    const TestRecord record{testing::TempDir()};
    const pid_t child = fork_child([&record] { return record_a_run(record, {1'000'000, 37}); });
    std::this_thread::sleep_for(std::chrono::microseconds{random() % reach_us});
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_TRUE(WIFSIGNALED(wait_for(child)));
    expect_intact(record, "round " + std::to_string(round) + " seed " + std::to_string(seed));
    if (HasFatalFailure()) return;
    if (std::filesystem::exists(record.file("ledger/tile"))) {
      ++interrupted;
    } else {
      reach_us = std::min(reach_us + 20'000, 1'000'000U);
    }
  }
  EXPECT_GT(interrupted, 20) << "the moments must fall while the run records";
}

enum class Stepped { killed, finished, not_permitted };

// Runs the child to its n-th system call stop and kills it there.
Stepped kill_at_stop(const TestRecord& record, int stop, const Plan& plan) {
  const pid_t child = fork_child([&record, &plan] {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) return kNotPermitted;
    if (plan.traced_from == SIZE_MAX) (void)::raise(SIGSTOP);
    return record_a_run(record, plan);
  });
  int status = wait_for(child);
  if (WIFEXITED(status)) return Stepped::not_permitted;
  for (int at = 0; at < stop; ++at) {
    if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0) break;
    status = wait_for(child);
    if (WIFEXITED(status)) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
      return Stepped::finished;
    }
  }
  EXPECT_EQ(::kill(child, SIGKILL), 0);
  (void)wait_for(child);
  return Stepped::killed;
}

// Not at random but at each system call, before it and after it. Returns how many there are.
int kill_at_each_stop(const Plan& plan) {
  for (int stop = 1;; ++stop) {
    const TestRecord record;
    const Stepped stepped = kill_at_stop(record, stop, plan);
    if (stepped == Stepped::not_permitted) return 0;
    expect_intact(record, "stop " + std::to_string(stop));
    if (testing::Test::HasFatalFailure()) return stop;
    if (stepped == Stepped::killed) continue;
    EXPECT_TRUE(record.verify().complete);
    return stop;
  }
}

TEST(Crash, KilledAtEachSystemCall) {
  const int stops = kill_at_each_stop({15, 7});
  if (stops == 0) GTEST_SKIP() << "ptrace is not permitted here";
  EXPECT_GT(stops, 200);
}

// The same around the entry that fills a tile, where partial tiles and their folders go.
TEST(Crash, KilledAtEachSystemCallAroundAFullTile) {
  const int stops = kill_at_each_stop({258, 50, 249});
  if (stops == 0) GTEST_SKIP() << "ptrace is not permitted here";
  EXPECT_GT(stops, 100);
}

bool own_mounts() {
  if (::unshare(CLONE_NEWNS) == 0) return true;
  const uid_t user = ::getuid();
  const gid_t group = ::getgid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  write_bytes("/proc/self/setgroups", "deny");
  write_bytes("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
  write_bytes("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
  return true;
}

// Mounts a tiny disk that only the child sees. What goes wrong is told on stderr and by the exit code.
int on_tiny_disk(const std::string& folder, const char* options, const std::function<std::string()>& work) {
  if (!own_mounts() || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tiny", folder.c_str(), "tmpfs", 0, options) != 0) {
    return kNotPermitted;
  }
  const std::string failure = work();
  if (failure.empty()) return 0;
  (void)std::fprintf(stderr, "%s\n", failure.c_str());
  return 1;
}

void expect_child_content(int status) {
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotPermitted) GTEST_SKIP() << "mount namespaces are not permitted here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

std::string problems_of(const TestRecord& record) {
  const Result<VerifyReport> report = verify_run(record.run(), {record.trusted_key_file()});
  if (!report) return report.error().message();
  return report.value().problems.empty() ? "" : told(report.value());
}

std::string fill_disk(const std::string& folder) {
  const TestRecord record{folder};
  const std::unique_ptr<Ledger> ledger = record.create();
  for (int at = 0; at < 15; ++at) write_bytes(folder + "/ballast/" + std::to_string(at), std::string(4096, 'b'));
  std::size_t at = 0;
  std::string refusal;
  for (; refusal.empty() && at < 100'000; ++at) {
    const Result<std::uint64_t> appended = ledger->append(numbered_entry(at));
    if (!appended) {
      refusal = appended.error().message();
    } else if (at % 50 == 49) {
      const Result<Head> head = ledger->checkpoint();
      if (!head) refusal = head.error().message();
    }
    if (at % 500 == 0) {
      if (std::string problems = problems_of(record); !problems.empty()) return problems;
    }
  }
  if (refusal.find("No space left on device: free some space there, or keep the run elsewhere with --out") ==
      std::string::npos) {
    return "the refusal does not say what to do: " + refusal;
  }
  if (std::string problems = problems_of(record); !problems.empty()) return "full: " + problems;
  // With room again the same ledger goes on.
  (void)std::filesystem::remove_all(folder + "/ballast");
  if (const Result<std::uint64_t> appended = ledger->append(numbered_entry(at)); !appended) {
    return "after room was made: " + appended.error().message();
  }
  if (!ledger->append(R"({"kind":"sealed"})")) return "cannot seal";
  if (const Result<Head> head = ledger->checkpoint(); !head) return "after room was made: " + head.error().message();
  if (std::string problems = problems_of(record); !problems.empty()) return "at the end: " + problems;
  return record.verify().complete ? "" : "not complete";
}

TEST(Crash, AFullDiskRefusesWithARemedyAndTheRecordVerifies) {
  const TempFolder folder;
  for (const char* options : {"size=200k", "size=400k", "size=1m,nr_inodes=40"}) {
    const int status = wait_for(fork_child([&folder, options] {
      return on_tiny_disk(folder.path(), options, [&folder] { return fill_disk(folder.path()); });
    }));
    expect_child_content(status);
    if (IsSkipped() || HasFailure()) return;
  }
}

std::string lose_write_access(const std::string& folder) {
  const TestRecord record{folder};
  const std::unique_ptr<Ledger> ledger = record.create();
  if (!ledger->append(numbered_entry(0)) || !ledger->checkpoint() || !ledger->append(numbered_entry(1))) return "early";
  if (::mount("none", folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) return "cannot remount";
  const Result<Head> head = ledger->checkpoint();
  if (head) return "a checkpoint on a read-only disk";
  if (head.error().message().find("Read-only file system: make it writable, or keep the run elsewhere with --out") ==
      std::string::npos) {
    return "the refusal does not say what to do: " + head.error().message();
  }
  if (!ledger->append_with_body("{}", "b")) return "a body waits in memory";
  if (ledger->checkpoint()) return "a pack on a read-only disk";
  const auto elsewhere = Ledger::create(folder + "/new", "o", key_for_tests());
  if (elsewhere) return "a ledger on a read-only disk";
  std::string problems = problems_of(record);
  (void)::mount("none", folder.c_str(), nullptr, MS_REMOUNT, nullptr);
  return problems;
}

TEST(Crash, AReadOnlyFolderRefusesWithARemedyAndTheRecordVerifies) {
  const TempFolder folder;
  const int status = wait_for(fork_child([&folder] {
    return on_tiny_disk(folder.path(), "size=1m", [&folder] { return lose_write_access(folder.path()); });
  }));
  expect_child_content(status);
}

}  // namespace
}  // namespace belljar::ledger
