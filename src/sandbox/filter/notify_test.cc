#include "sandbox/filter/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>

#include "os/error.h"
#include "sandbox/filter/sealed_child.h"

namespace belljar::sandbox {
namespace {

using testing::ElementsAre;

// What a raw call answers, as a number for exit(): 0 for success, else errno.
int answer_of(long result) { return result >= 0 ? 0 : errno; }

struct DeniedCase {
  const char* name;
  int (*act)();
  int error;
  const char* call;
  const char* arguments;
  const char* rule;
};

class Denied : public testing::TestWithParam<DeniedCase> {};

TEST_P(Denied, InEveryProfileWithOneEvent) {
  for (const char* profile : {"compute", "interpreter", "agent"}) {
    const Lived lived = live(profile, GetParam().act);
    ASSERT_TRUE(WIFEXITED(lived.status)) << profile;
    EXPECT_EQ(WEXITSTATUS(lived.status), GetParam().error) << profile;
    ASSERT_EQ(lived.violations.size(), 1U) << profile;
    EXPECT_THAT(lived.violations, ElementsAre(violation(GetParam().call, GetParam().arguments, GetParam().rule)))
        << profile;
    EXPECT_EQ(lived.violations[0].count, 1U);
    EXPECT_EQ(lived.violations[0].answer, os::errno_name(GetParam().error));
    EXPECT_FALSE(lived.violations[0].process.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, Denied,
    testing::Values(
        DeniedCase{"InternetSocket", [] { return answer_of(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 6)); }, EPERM,
                   "socket", "AF_INET, SOCK_STREAM|SOCK_CLOEXEC, 6", "no-network"},
        DeniedCase{"VsockSocket", [] { return answer_of(::socket(AF_VSOCK, SOCK_STREAM, 0)); }, EPERM, "socket",
                   "AF_VSOCK, SOCK_STREAM, 0", "no-network"},
        DeniedCase{"Mount", [] { return answer_of(::mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, nullptr)); },
                   EPERM, "mount", "\"none\", \"/tmp\", \"tmpfs\", MS_NOSUID|MS_NODEV, NULL", "no-mounts"},
        DeniedCase{"Trace", [] { return answer_of(::syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0)); }, EPERM, "ptrace",
                   "PTRACE_TRACEME, 0, NULL, NULL", "no-watching-others"},
        DeniedCase{"Ring", [] { return answer_of(::syscall(SYS_io_uring_setup, 8, nullptr)); }, EPERM, "io_uring_setup",
                   "8, NULL", "no-kernel-programs"},
        DeniedCase{"Unshare", [] { return answer_of(::syscall(SYS_unshare, CLONE_NEWUSER | CLONE_NEWNS)); }, EPERM,
                   "unshare", "CLONE_NEWNS|CLONE_NEWUSER", "no-namespaces"},
        DeniedCase{"NamespaceByClone",
                   [] { return answer_of(::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0)); }, EPERM, "clone",
                   "SIGCHLD|CLONE_NEWUSER, NULL, NULL, NULL, NULL", "no-other-clone"},
        DeniedCase{"Keys", [] { return answer_of(::syscall(SYS_add_key, "user", "belljar", nullptr, 0, -2)); }, EPERM,
                   "add_key", "\"user\", \"belljar\", NULL, 0, -2", "no-keyrings"},
        DeniedCase{"FilterOfItsOwn", [] { return answer_of(::syscall(SYS_seccomp, 1, 0, nullptr)); }, EPERM, "seccomp",
                   "SECCOMP_SET_MODE_FILTER, 0, NULL", "no-filters-of-its-own"},
        DeniedCase{"StrictMode", [] { return answer_of(::syscall(SYS_prctl, PR_SET_SECCOMP, 1, 0, 0, 0)); }, EPERM,
                   "prctl", "PR_SET_SECCOMP, 1, 0, 0, 0", "default"},
        DeniedCase{"TerminalInjection", [] { return answer_of(::syscall(SYS_ioctl, 0, 0x5412, "x")); }, EPERM, "ioctl",
                   "0, TIOCSTI, ptr", "terminal-injection"},
        DeniedCase{"UnknownCall", [] { return answer_of(::syscall(999, 1, 2)); }, ENOSYS, "call 999", "",
                   "unknown-call"}),
    [](const auto& shown) { return shown.param.name; });

TEST(ForeignAbi, I386Dies) {
#ifdef __x86_64__
  const Lived lived = live("agent", [] {
    long result = 20;  // getpid, as i386 counts
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return 0;
  });
  ASSERT_TRUE(WIFSIGNALED(lived.status));
  EXPECT_EQ(WTERMSIG(lived.status), SIGSYS);
#endif
}

TEST(ForeignAbi, X32Dies) {
  const Lived lived = live("agent", [] {
    (void)::syscall(0x40000000 + SYS_getpid);
    return 0;
  });
  ASSERT_TRUE(WIFSIGNALED(lived.status));
  EXPECT_EQ(WTERMSIG(lived.status), SIGSYS);
}

TEST(ForeignAbi, NegativeNumbersDie) {
  const Lived lived = live("agent", [] {
    (void)::syscall(-1);
    return 0;
  });
  ASSERT_TRUE(WIFSIGNALED(lived.status));
}

TEST(Quiet, IsAnsweredWithoutAnEvent) {
  const Lived lived = live("agent", [] {
    if (answer_of(::syscall(SYS_clone3, nullptr, 0)) != ENOSYS) return 1;
    if (::syscall(SYS_sync) != 0) return 2;
    return answer_of(::syscall(SYS_inotify_init1, 0)) == ENOSYS ? 0 : 3;
  });
  EXPECT_EQ(lived.status, 0);
  EXPECT_TRUE(lived.violations.empty());
}

// Each repetition counts, and all of them are one record.
TEST(Flood, CoalescesIntoOneRecordWithTheExactCount) {
  NotificationOptions options;
  options.per_second = 1'000'000;  // the pace has its own test
  const Lived lived = live(
      "interpreter",
      [] {
        for (int i = 0; i < 100'000; ++i) {
          if (answer_of(::syscall(SYS_unshare, CLONE_NEWNET)) != EPERM) return 1;
        }
        return 0;
      },
      options);
  EXPECT_EQ(lived.status, 0);
  EXPECT_EQ(lived.refused, 100'000U);
  std::uint64_t count = 0;
  for (const spec::Violation& one : lived.violations) {
    EXPECT_THAT(one, violation("unshare", "CLONE_NEWNET", "no-namespaces"));
    count += one.count;
  }
  EXPECT_EQ(count, 100'000U);
}

// A signal that arrives while a call waits makes the kernel try it again; that is still one attempt.
TEST(Flood, SignalsDoNotMakeCallsCountTwice) {
  const Lived lived = live("interpreter", [] {
    struct sigaction ignore {};
    ignore.sa_handler = [](int) {};
    ignore.sa_flags = SA_RESTART;
    ::sigaction(SIGALRM, &ignore, nullptr);
    const itimerval often{{0, 100}, {0, 100}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
    for (int i = 0; i < 2'000; ++i) {
      if (answer_of(::syscall(SYS_iopl, 3)) != EPERM) return 1;
    }
    return 0;
  });
  EXPECT_EQ(lived.status, 0);
  EXPECT_EQ(lived.refused, 2'000U);
}

TEST(Flood, ProcessesAtOnceAreAllCounted) {
  const Lived lived = live("interpreter", [] {
    for (int process = 0; process < 4; ++process) {
      if (::fork() != 0) continue;
      for (int i = 0; i < 500; ++i) (void)::syscall(SYS_iopl, process);
      ::_exit(0);
    }
    while (::wait(nullptr) > 0) {
    }
    return 0;
  });
  EXPECT_EQ(lived.status, 0);
  EXPECT_EQ(lived.refused, 2'000U);
  std::map<std::string, std::uint64_t> counts;
  for (const spec::Violation& one : lived.violations) counts[one.arguments] += one.count;
  const std::map<std::string, std::uint64_t> expected = {{"0", 500}, {"1", 500}, {"2", 500}, {"3", 500}};
  EXPECT_EQ(counts, expected);
}

TEST(Flood, DistinctAttemptsAreKeptAndTheRestCounted) {
  NotificationOptions options;
  options.per_second = 1'000'000;
  options.records_max = 100;
  const CompiledFilter& filter = shipped("interpreter");
  const os::SystemClock clock;
  Child child{filter, [] {
                for (int i = 0; i < 250; ++i) (void)::syscall(SYS_iopl, i % 150);
                return 0;
              }};
  Result<Notifications> notifications = Notifications::open(child.take_listener(), filter, clock.monotonic(), options);
  ASSERT_TRUE(notifications);
  const Nanoseconds begin = clock.monotonic();
  for (auto state = PumpOutcome::State::more; state != PumpOutcome::State::gone;) {
    ASSERT_LT(clock.monotonic() - begin, kPatience);
    const Result<PumpOutcome> pumped = notifications.value().pump(clock.monotonic());
    ASSERT_TRUE(pumped);
    state = pumped.value().state;
  }
  const std::vector<spec::Violation> taken = notifications.value().take();
  ASSERT_EQ(taken.size(), 101U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(taken[static_cast<std::size_t>(i)].arguments, std::to_string(i));
    EXPECT_EQ(taken[static_cast<std::size_t>(i)].count, 2U);
  }
  EXPECT_EQ(taken.back().rule, "overflow");
  EXPECT_EQ(taken.back().count, 50U);
  EXPECT_TRUE(notifications.value().take().empty());
}

// With the clock in the test's hand: a burst, then the sustained rate and not one call more.
TEST(Flood, IsPacedWithoutBlockingTheSupervisor) {
  NotificationOptions options;
  options.burst = 50;
  options.per_second = 1000;
  const CompiledFilter& filter = shipped("interpreter");
  Child child{filter, [] {
                for (;;) (void)::syscall(SYS_unshare, CLONE_NEWNET);
                return 0;
              }};
  Result<Notifications> notifications = Notifications::open(child.take_listener(), filter, Nanoseconds{0}, options);
  ASSERT_TRUE(notifications);
  const auto pump_until_paced = [&](Nanoseconds now) {
    std::size_t answered = 0;
    for (;;) {
      const Result<PumpOutcome> pumped = notifications.value().pump(now);
      EXPECT_TRUE(pumped);
      answered += pumped.value().answered;
      if (pumped.value().state == PumpOutcome::State::paced) {
        EXPECT_GT(pumped.value().not_before, now);
        return answered;
      }
    }
  };
  EXPECT_EQ(pump_until_paced(std::chrono::seconds{0}), 50U);
  EXPECT_EQ(pump_until_paced(std::chrono::seconds{0}), 0U);
  EXPECT_EQ(pump_until_paced(std::chrono::milliseconds{10}), 10U);
  EXPECT_EQ(pump_until_paced(std::chrono::hours{1}), 50U);
}

TEST(Records, TakenOnceAndAgainWithNewCounts) {
  const CompiledFilter& filter = shipped("agent");
  const os::SystemClock clock;
  int step[2];
  ASSERT_EQ(::pipe2(step, O_CLOEXEC), 0);
  Child child{filter, [&] {
                char byte = 0;
                (void)::syscall(SYS_iopl, 3);
                if (::read(step[0], &byte, 1) != 1) return 1;
                (void)::syscall(SYS_iopl, 3);
                (void)::syscall(SYS_iopl, 3);
                return ::read(step[0], &byte, 1) == 1 ? 0 : 1;
              }};
  Result<Notifications> notifications = Notifications::open(child.take_listener(), filter, clock.monotonic());
  ASSERT_TRUE(notifications);
  const auto pump_until = [&](std::uint64_t refused) {
    const Nanoseconds begin = clock.monotonic();
    while (notifications.value().refused() < refused) {
      ASSERT_LT(clock.monotonic() - begin, kPatience);
      ASSERT_TRUE(notifications.value().pump(clock.monotonic()));
    }
  };
  pump_until(1);
  EXPECT_EQ(notifications.value().take().at(0).count, 1U);
  EXPECT_TRUE(notifications.value().take().empty());
  ASSERT_EQ(::write(step[1], "x", 1), 1);
  pump_until(3);
  EXPECT_EQ(notifications.value().take().at(0).count, 2U);
  ASSERT_EQ(::write(step[1], "x", 1), 1);
  EXPECT_EQ(child.wait(), 0);
  ::close(step[0]);
  ::close(step[1]);
}

// Names and paths come from the program: they are escaped, cut, and may not be there at all.
TEST(Records, HostileTextIsHarmless) {
  static char kUnended[8192];
  std::fill(std::begin(kUnended), std::end(kUnended), '\x1b');
  const Lived lived = live("agent", [] {
    ::prctl(PR_SET_NAME, "\x1b[2J\nevil");
    (void)::syscall(SYS_chroot, "\x1b[31m\xff\n");
    (void)::syscall(SYS_chroot, kUnended);
    (void)::syscall(SYS_chroot, 0x10);
    (void)::syscall(SYS_chroot, ~0UL);
    return 0;
  });
  EXPECT_EQ(lived.status, 0);
  ASSERT_EQ(lived.violations.size(), 3U);
  for (const spec::Violation& one : lived.violations) {
    for (const std::string& text : {one.process, one.arguments, one.call}) {
      EXPECT_EQ(text.find_first_of("\x1b\n\xff"), std::string::npos);
      EXPECT_LT(text.size(), 1200U);
    }
  }
  EXPECT_EQ(lived.violations[2].arguments, "ptr");
  EXPECT_EQ(lived.violations[2].count, 2U);
}

TEST(Records, ACallerThatDiesWhileWaitingStillCounts) {
  const CompiledFilter& filter = shipped("agent");
  const os::SystemClock clock;
  Child child{filter, [] { return answer_of(::syscall(SYS_iopl, 3)); }};
  Result<Notifications> notifications = Notifications::open(child.take_listener(), filter, clock.monotonic());
  ASSERT_TRUE(notifications);
  pollfd ready{notifications.value().poll_fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&ready, 1, 10'000), 1);
  ASSERT_EQ(::kill(child.pid(), SIGKILL), 0);
  (void)child.wait();
  std::vector<spec::Violation> violations;
  serve(notifications.value(), violations);  // neither hangs nor fails
}

}  // namespace
}  // namespace belljar::sandbox
