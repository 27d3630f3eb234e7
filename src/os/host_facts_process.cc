#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "os/host_facts.h"
#include "os/host_facts_trial.h"

namespace belljar::os {

namespace {

pid_t clone3_child(std::uint64_t flags, int* pidfd, int cgroup) {
  clone_args how{};
  how.flags = flags;
  how.exit_signal = SIGCHLD;
  how.pidfd = reinterpret_cast<std::uintptr_t>(pidfd);
  how.cgroup = static_cast<std::uint64_t>(cgroup);
  return static_cast<pid_t>(::syscall(SYS_clone3, &how, sizeof how));
}

[[noreturn]] void idle() {
  for (;;) (void)::pause();
}

}  // namespace

Trial try_pidfd() {
  return try_in_child([]() -> Trial {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return trial_failed("make a pipe");
    const pid_t pid = ::fork();
    if (pid == 0) idle();
    const Fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    Trial trial{0, "open, signal, wait, and take a descriptor"};
    if (!pidfd) trial = trial_failed("pidfd_open");
    const Fd taken{pidfd ? static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), pipe[0], 0)) : -1};
    if (trial.works() && !taken) trial = trial_failed("pidfd_getfd");
    if (trial.works() && ::syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) != 0) {
      trial = trial_failed("pidfd_send_signal");
    }
    (void)::kill(pid, SIGKILL);
    siginfo_t info{};
    constexpr int kByPidfd = 3;  // P_PIDFD
    if (trial.works() &&
        ::waitid(static_cast<idtype_t>(kByPidfd), static_cast<id_t>(pidfd.get()), &info, WEXITED) != 0) {
      trial = trial_failed("waitid on a pidfd");
    }
    return trial;
  });
}

Trial try_clone3() {
  return try_in_child([]() -> Trial {
    int pidfd = -1;
    const pid_t pid = clone3_child(CLONE_PIDFD, &pidfd, 0);
    if (pid == 0) ::_exit(0);
    if (pid < 0) return trial_failed("clone3");
    (void)::waitpid(pid, nullptr, 0);
    return {0, "a process and its pidfd in one call"};
  });
}

Trial try_close_range() {
  return try_in_child([]() -> Trial {
    const int copy = ::fcntl(0, F_DUPFD_CLOEXEC, 500);
    if (::syscall(SYS_close_range, 500, ~0U, 0) != 0) return trial_failed("close_range");
    if (copy >= 0 && ::fcntl(copy, F_GETFD) != -1) return trial_failed("find the descriptor closed", EIO);
    return {0, "every descriptor in one call"};
  });
}

Trial try_clone_into_cgroup(const CgroupHost& host) {
  Result<Cgroup> group = host.create("doctor-clone-" + std::to_string(::getpid()), {}, {});
  if (!group) return {EACCES, group.error().message()};
  if (group.value().v2_fd() < 0) return {ENOENT, "no v2 hierarchy is ours to use"};
  const int folder = group.value().v2_fd();
  return try_in_child([folder]() -> Trial {
    const pid_t pid = clone3_child(CLONE_INTO_CGROUP, nullptr, folder);
    if (pid == 0) ::_exit(0);
    if (pid < 0) return trial_failed("clone3 into a cgroup");
    (void)::waitpid(pid, nullptr, 0);
    return {0, "no moment outside the v2 group"};
  });
}

}  // namespace belljar::os
