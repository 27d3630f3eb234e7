#include "os/system.h"

#include <sys/random.h>

#include <cerrno>
#include <ctime>

#include "base/check.h"

namespace belljar::os {

namespace {

Nanoseconds read_clock(clockid_t id) {
  timespec now{};
  CHECK(::clock_gettime(id, &now) == 0, "the clocks of Linux can be read");
  return std::chrono::seconds{now.tv_sec} + Nanoseconds{now.tv_nsec};
}

}  // namespace

Nanoseconds SystemClock::monotonic() const { return read_clock(CLOCK_MONOTONIC); }
Nanoseconds SystemClock::wall() const { return read_clock(CLOCK_REALTIME); }

void SystemEntropy::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    CHECK(got > 0 || errno == EINTR, "getrandom gives bytes");
    if (got > 0) out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace belljar::os
