#include "os/seccomp.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "os/error.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS  // Linux 6.6
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif

namespace belljar::os {

namespace {

constexpr std::uint64_t kPageBytes = 4096;

}  // namespace

Result<void> check_notification_form() {
  seccomp_notif_sizes sizes{};
  if (::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) != 0) return os_error("ask for seccomp notifications");
  const bool is_ours = sizes.seccomp_notif == sizeof(seccomp_notif) && sizes.seccomp_data == sizeof(seccomp_data) &&
                       sizes.seccomp_notif_resp == sizeof(seccomp_notif_resp);
  if (is_ours) return {};
  return Error{Errc::unavailable,
               "seccomp notifications: this kernel's form is not the one this build knows: build "
               "Belljar against the headers of this kernel"};
}

void prefer_synchronous_wakeup(int listener) {
  // Only a matter of speed: an older kernel refuses and works as before. The flags are the argument itself.
  (void)::ioctl(listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
}

Result<Received> receive_notification(int listener) {
  // Receiving blocks while nothing waits, whatever the descriptor's flags; poll tells. A call that vanishes between the
  // two leaves its wakeup behind, so receiving then returns ENOENT instead of blocking.
  pollfd waiting{listener, POLLIN, 0};
  const int ready = ::poll(&waiting, 1, 0);
  if (ready < 0 && errno != EINTR) return os_error("poll seccomp notifications");
  if (ready <= 0) return Received{};
  if ((waiting.revents & POLLIN) == 0) return Received{Received::State::gone, {}};
  seccomp_notif call{};
  if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) {
    if (errno == ENOENT || errno == EINTR) return Received{};
    return os_error("receive a seccomp notification");
  }
  return Received{Received::State::call, {call.id, static_cast<pid_t>(call.pid), call.data}};
}

Result<bool> answer_notification(int listener, std::uint64_t id, int error) {
  seccomp_notif_resp response{};
  response.id = id;
  response.error = -error;
  for (;;) {
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0) return true;
    if (errno == EINTR) continue;
    if (errno == ENOENT) return false;
    return os_error("answer a seccomp notification");
  }
}

bool notification_is_valid(int listener, std::uint64_t id) {
  return ::ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

std::string read_process_text(pid_t pid, std::uint64_t address, std::size_t bytes_max) {
  std::array<char, 512> buffer{};
  const std::size_t wanted = std::min(bytes_max, buffer.size());
  // A read stops at the first piece it cannot read whole, so the pieces are the pages.
  const std::size_t in_page = std::min<std::size_t>(wanted, kPageBytes - address % kPageBytes);
  iovec local{buffer.data(), wanted};
  std::array<iovec, 2> remote{};
  remote[0] = {reinterpret_cast<void*>(address), in_page};
  remote[1] = {reinterpret_cast<void*>(address + in_page), wanted - in_page};
  const ssize_t got = ::process_vm_readv(pid, &local, 1, remote.data(), wanted == in_page ? 1 : 2, 0);
  if (got <= 0) return {};
  return {buffer.data(), ::strnlen(buffer.data(), static_cast<std::size_t>(got))};
}

Result<Fd> install_filter(std::span<const sock_filter> program) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return os_error("set no_new_privs");
  sock_fprog filter{};
  filter.len = static_cast<unsigned short>(program.size());
  filter.filter = const_cast<sock_filter*>(program.data());  // the kernel copies it
  constexpr unsigned long kWithKillableWait = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  long listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kWithKillableWait, &filter);
  if (listener < 0 && errno == EINVAL) {  // before Linux 5.19
    listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
  }
  if (listener < 0) return os_error("install a seccomp filter");
  return Fd{static_cast<int>(listener)};
}

}  // namespace belljar::os
