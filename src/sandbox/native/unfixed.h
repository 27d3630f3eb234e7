// Unfixed: what a deterministic sandbox cannot make repeatable and sees happen. Pid 1 tells each kind once, the report
// lists them by name, docs/determinism.md explains them.
#pragma once

#include <cstdint>

namespace belljar::sandbox::native {

enum class Unfixed : std::uint32_t {
  threads,          // a process has more than one thread: the kernel orders them
  processes,        // a process has two children at once: the kernel orders them
  timers,           // a timer that fires a signal or a descriptor does so by the host's clock
  proc_files,       // a file of /proc was read: it holds the host's times and counters
  large_directory,  // a directory took more than one getdents64: sorted piece by piece
  unreachable,      // the memory of a task could not be read or written, so its call failed
  last
};

}  // namespace belljar::sandbox::native
