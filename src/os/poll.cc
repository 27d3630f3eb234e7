#include "os/poll.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>

#include "os/error.h"

namespace belljar::os {

namespace {

// Keeps SIGPIPE from this thread for its lifetime. A program that ignored it instead would hand that on to every child.
class PipeSignalHeld {
 public:
  PipeSignalHeld() {
    (void)::sigemptyset(&set_);
    (void)::sigaddset(&set_, SIGPIPE);
    (void)::pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  PipeSignalHeld(const PipeSignalHeld&) = delete;
  PipeSignalHeld& operator=(const PipeSignalHeld&) = delete;
  ~PipeSignalHeld() { (void)::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  void drop_pending() {
    const timespec now{};
    (void)::sigtimedwait(&set_, nullptr, &now);
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace

void PollSet::add(int fd, Interest interest) {
  if (fd < 0) return;
  const auto events = static_cast<short>(interest == Interest::read ? POLLIN : POLLOUT);
  polled_.push_back({fd, events, 0});
}

Result<void> PollSet::wait(std::chrono::milliseconds at_most) {
  const auto bounded = std::clamp<std::chrono::milliseconds::rep>(at_most.count(), 0, 60'000);
  if (::poll(polled_.data(), polled_.size(), static_cast<int>(bounded)) >= 0) return {};
  if (errno != EINTR) return os_error("wait for descriptors");
  for (pollfd& entry : polled_) entry.revents = 0;
  return {};
}

bool PollSet::ready(int fd) const {
  return fd >= 0 && std::any_of(polled_.begin(), polled_.end(),
                                [fd](const pollfd& entry) { return entry.fd == fd && entry.revents != 0; });
}

Result<Written> write_some(int fd, std::string_view bytes) {
  PipeSignalHeld held;
  ssize_t put = -1;
  do {
    put = ::write(fd, bytes.data(), bytes.size());
  } while (put < 0 && errno == EINTR);
  if (put >= 0) return Written{static_cast<std::size_t>(put), false};
  const int error = errno;
  if (error == EAGAIN) return Written{};
  if (error == EPIPE) held.drop_pending();
  const bool gone = error == EPIPE || error == ECONNRESET || error == ECONNREFUSED || error == ENOTCONN;
  if (!gone) return os_error("write to a pipe or a connection", error);
  return Written{0, true};
}

Taken read_ready(int fd, std::span<char> buffer) {
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got > 0) return {static_cast<std::size_t>(got), false};
  return {0, got == 0 || (errno != EINTR && errno != EAGAIN)};
}

}  // namespace belljar::os
