#include <poll.h>
#include <sys/wait.h>
#include <csignal>

#include "sandbox/native/init/box.h"
#include "sandbox/native/init/orders.h"

namespace belljar::sandbox::native {

namespace {

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

// Every signal is blocked and none has a handler: SIGCHLD and what the host sends wait in `signals` until they are
// read.
[[noreturn]] void tend(int control, int signals, pid_t program) {
  int status = 0;
  for (;;) {
    pollfd polled[2] = {{control, POLLIN, 0}, {signals, POLLIN, 0}};
    if (::poll(polled, 2, -1) < 0 && errno != EINTR) ::_exit(125);
    if ((polled[1].revents & POLLIN) != 0) pass_on_signal(signals);
    if (reap(program, status)) {
      (void)::kill(-1, SIGKILL);  // whatever the program left running
      BoxReport report{};
      report.event = BoxEvent::exited;
      report.status = status;
      // The engine ends us when it has a moment: the end of the namespaces takes longer than many a program.
      if (send_message(control, &report, sizeof report) != 0) ::_exit(0);
    }
    if (polled[0].revents != 0) obey_order(control);
  }
}

}  // namespace belljar::sandbox::native
