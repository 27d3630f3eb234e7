#include <poll.h>
#include <sys/wait.h>
#include <csignal>

#include "sandbox/native/init/box.h"

namespace belljar::sandbox::native {

namespace {

// Every signal is blocked and none has a handler: SIGCHLD and what the host sends wait here until they are read.
// Signals from inside the sandbox (ssi_pid != 0) are not passed on: the program cannot steer pid 1.
struct Waiting {
  std::uint32_t signal = 0;
  std::uint32_t from = 0;
};

// Kernel layout of signalfd_siginfo: 128 bytes, signal first, sender's pid at offset 12.
struct SignalRecord {
  std::uint32_t signal;
  std::int32_t error;
  std::int32_t code;
  std::uint32_t pid;
  char rest[112];
};
static_assert(sizeof(SignalRecord) == 128);

Waiting read_signal(int fd) {
  SignalRecord record{};
  if (::read(fd, &record, sizeof record) != sizeof record) return {};
  return {record.signal, record.pid};
}

// Reaps whatever has ended. True once the program itself has.
bool reap(pid_t program, int& status) {
  bool ended = false;
  for (;;) {
    int one = 0;
    const long pid = ::syscall(SYS_wait4, -1, &one, WNOHANG, nullptr);
    if (pid <= 0) return ended;
    if (pid == program) {
      ended = true;
      status = one;
    }
  }
}

}  // namespace

[[noreturn]] void tend(int control, int signals, pid_t program) {
  int status = 0;
  for (;;) {
    pollfd polled[2] = {{control, POLLIN, 0}, {signals, POLLIN, 0}};
    if (::poll(polled, 2, -1) < 0 && errno != EINTR) ::_exit(125);
    if ((polled[1].revents & POLLIN) != 0) {
      const Waiting waiting = read_signal(signals);
      if (waiting.from == 0 && waiting.signal != SIGCHLD && waiting.signal != 0) {
        (void)::kill(-1, static_cast<int>(waiting.signal));
      }
    }
    if (reap(program, status)) {
      BoxReport report{};
      report.event = BoxEvent::exited;
      report.status = status;
      (void)send_message(control, &report, sizeof report);
      ::_exit(0);  // and the kernel ends whatever the program left running
    }
    if (polled[0].revents != 0) {
      InitOrder order{};
      if (receive(control, &order, sizeof order).bytes != sizeof order) ::_exit(125);
      if (order.command == InitCommand::signal) (void)::kill(-1, order.signal);
    }
  }
}

}  // namespace belljar::sandbox::native
