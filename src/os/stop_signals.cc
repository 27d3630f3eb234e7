#include "os/stop_signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "os/error.h"

namespace belljar::os {

Result<StopSignals> StopSignals::open() {
  StopSignals stop;
  sigset_t set{};
  (void)::sigemptyset(&set);
  (void)::sigaddset(&set, SIGINT);
  (void)::sigaddset(&set, SIGTERM);
  stop.fd_ = Fd{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!stop.fd_) return os_error("watch for SIGINT and SIGTERM");
  if (const int error = ::pthread_sigmask(SIG_BLOCK, &set, &stop.before_); error != 0) {
    stop.fd_.reset();
    return os_error("hold back SIGINT and SIGTERM", error);
  }
  return stop;
}

StopSignals::~StopSignals() {
  if (!fd_) return;
  // What has arrived but was not taken asked for the end that is under way; it must not strike now.
  while (take()) {
  }
  (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> StopSignals::take() {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace belljar::os
