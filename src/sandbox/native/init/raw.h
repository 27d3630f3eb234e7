// Raw: the system calls of belljar-init. No allocation, no locks, no stdio; errors are errno values returned negative,
// so that every caller sees them. Linux on x86-64.
#pragma once

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "sandbox/native/plan.h"

namespace belljar::sandbox::native {

// The result of a step: 0 or errno, and which item of the plan it was about.
struct Outcome {
  Step step = Step::none;
  int error = 0;
  std::uint32_t item = 0;
  bool ok() const { return error == 0; }
};

inline Outcome done() { return {}; }
inline Outcome failed(Step step, int error = errno, std::uint32_t item = 0) { return {step, error, item}; }

// View of the mapped plan.
class PlanView {
 public:
  explicit PlanView(const void* mapped) : base_{static_cast<const char*>(mapped)} {}
  const Plan& plan() const { return *reinterpret_cast<const Plan*>(base_); }
  const char* text(Text t) const { return base_ + t.at; }
  template <class T>
  const T* slice(Slice s) const {
    return reinterpret_cast<const T*>(base_ + s.at);
  }

 private:
  const char* base_;
};

struct Received {
  ssize_t bytes = 0;  // 0: the other end is gone; negative: errno
  int fds[kDescriptorsMax] = {};
  std::uint32_t fd_count = 0;
};

Received receive(int socket, void* into, std::size_t bytes);
int send_message(int socket, const void* from, std::size_t bytes, int fd = -1);

std::int64_t now_ns();
long fork_plain();  // clone without flags
int pivot_root(const char* root, const char* old);
int close_from(unsigned first);

}  // namespace belljar::sandbox::native
