#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>

#include "os/host_facts.h"
#include "os/host_facts_trial.h"

namespace belljar::os {

namespace {

// Newer than Debian 12's headers: Linux 6.6.
constexpr unsigned long kNotifySetFlags = _IOW('!', 4, std::uint64_t);
constexpr std::uint64_t kSyncWakeUp = 1;

// Answers getpriority(2), which nothing in a trial needs, with `action`; allows the rest.
int filter_getpriority(std::uint32_t action, unsigned flags) {
  std::array<sock_filter, 4> code{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  sock_fprog program{code.size(), code.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

Trial answer_one_call(int listener, bool sync) {
  if (sync && ::ioctl(listener, kNotifySetFlags, kSyncWakeUp) != 0) return trial_failed("set SYNC_WAKE_UP");
  // The kernel's structures may be larger than our headers': zeroed room for both.
  struct {
    seccomp_notif value;
    std::array<char, 256> room;
  } request{};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request.value) != 0) return trial_failed("receive a held call");
  struct {
    seccomp_notif_resp value;
    std::array<char, 256> room;
  } response{};
  response.value.id = request.value.id;
  response.value.error = -EXDEV;
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response.value) != 0) return trial_failed("answer a held call");
  return {};
}

Trial try_notification(bool sync) {
  return try_in_child([sync]() -> Trial {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return trial_failed("make a pipe");
    const pid_t pid = ::fork();
    if (pid == 0) {
      (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
      const int listener = filter_getpriority(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
      const int said = listener >= 0 ? listener : -errno;
      (void)!::write(pipe[1], &said, sizeof said);
      if (listener < 0) ::_exit(1);
      ::_exit(::syscall(SYS_getpriority, 0, 0) == -1 && errno == EXDEV ? 0 : 1);
    }
    int said = -EIO;
    (void)!::read(pipe[0], &said, sizeof said);
    Trial trial = said < 0 ? trial_failed("install a filter with a listener", -said) : Trial{};
    const Fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
    const Fd listener{trial.works() ? static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd.get(), said, 0)) : -1};
    if (trial.works() && !listener) trial = trial_failed("take the listener");
    if (trial.works()) trial = answer_one_call(listener.get(), sync);
    if (!trial.works()) (void)::kill(pid, SIGKILL);
    int status = 0;
    (void)::waitpid(pid, &status, 0);
    if (trial.works() && status != 0) return trial_failed("see the answer arrive", EIO);
    if (trial.works()) trial.detail = sync ? "answers on the caller's processor" : "a call is held, seen and answered";
    return trial;
  });
}

}  // namespace

Trial try_seccomp_filter() {
  return try_in_child([]() -> Trial {
    if (filter_getpriority(SECCOMP_RET_ERRNO | EXDEV, 0) != 0) return trial_failed("install a filter");
    if (::syscall(SYS_getpriority, 0, 0) != -1 || errno != EXDEV) return trial_failed("see a call refused", EIO);
    return {0, "a call is refused with our errno"};
  });
}

Trial try_seccomp_notification() { return try_notification(false); }
Trial try_seccomp_sync_wake_up() { return try_notification(true); }

int landlock_abi() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

Trial try_landlock() {
  return try_in_child([]() -> Trial {
    landlock_ruleset_attr attributes{};
    attributes.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE;
    const Fd ruleset{
        static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes.handled_access_fs, 0))};
    if (!ruleset) return trial_failed("landlock_create_ruleset");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return trial_failed("set no_new_privs");
    if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) return trial_failed("landlock_restrict_self");
    const Fd refused{::open("/proc/version", O_RDONLY | O_CLOEXEC)};
    if (refused || errno != EACCES) return trial_failed("see a file refused", refused ? EIO : errno);
    return {0, "ABI " + std::to_string(landlock_abi())};
  });
}

}  // namespace belljar::os
