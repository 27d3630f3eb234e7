// Fd: owns one file descriptor and closes it once.
//
//   Fd log{::open("/tmp/log", O_WRONLY | O_CLOEXEC)};
//   if (!log) return os_error("open /tmp/log");
//
// Move-only; no implicit conversions. Every descriptor in the house is close-on-exec.
#pragma once

#include <utility>

namespace belljar::os {

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_{fd} {}
  Fd(Fd&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  Fd& operator=(Fd other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Fd(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const { return fd_; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }
  void reset();
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace belljar::os
