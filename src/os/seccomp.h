// Seccomp: installing a filter and answering its notifications, and reading a stopped caller's memory.
//
//   Received got = TRY(receive_notification(listener));         // never blocks for a single receiver
//   if (got.state == Received::State::call) TRY(answer_notification(listener, got.call.id, EPERM));
//
// There is no way here to let a notified call continue: its arguments may have changed since they were judged.
// Single-threaded per listener.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "os/fd.h"

namespace belljar::os {

struct Notification {
  std::uint64_t id = 0;
  pid_t pid = 0;  // as this process numbers it; 0 when it cannot see it
  seccomp_data data{};
};

struct Received {
  enum class State { call, none, gone };  // gone: no process has the filter any more
  State state = State::none;
  Notification call;
};

// Whether this kernel's notifications have the form this build knows.
Result<void> check_notification_form();
// Lets the kernel switch straight between caller and supervisor, where it can (6.6 on).
void prefer_synchronous_wakeup(int listener);
Result<Received> receive_notification(int listener);
// False when the caller is gone: it died, or a signal took it away.
Result<bool> answer_notification(int listener, std::uint64_t id, int error);
bool notification_is_valid(int listener, std::uint64_t id);

// Text up to its NUL, at most `bytes_max`, of another process; empty when it cannot be read.
std::string read_process_text(pid_t pid, std::uint64_t address, std::size_t bytes_max);

// Puts the calling thread under `program` for good (no_new_privs first) and gives the listener. For tests and probes;
// sandboxes do this in belljar-init.
Result<Fd> install_filter(std::span<const sock_filter> program);

}  // namespace belljar::os
