// Tracee: one traced task of a deterministic sandbox, as pid 1 knows it: its registers, its memory, its clock, its
// random bytes. Pid 1 alone traces, single-threaded, without allocation; the records lie in one fixed table.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstddef>
#include <cstdint>

#include "sandbox/native/seeded_stream.h"

namespace belljar::sandbox::native {

inline constexpr std::size_t kTasksMax = 4096;
inline constexpr std::int64_t kSecondNs = 1'000'000'000;

struct Steward;
struct StoppedCall;

// What is done when a call that was let go on returns.
using Mend = void (*)(StoppedCall& call);

// A call on its way through the kernel: its registers at entry, and how to mend what it returns.
struct Pending {
  Mend mend = nullptr;
  user_regs_struct entry{};
  std::int64_t advance_ns = 0;  // what a timed wait adds to the clock when it times out
  std::int64_t position = 0;    // of the descriptor, before the call
  std::uint8_t saved[32] = {};  // the caller's timeout, where the kernel writes to it
  std::uint32_t saved_bytes = 0;
};

struct Task {
  pid_t tid = 0;                // 0: a free record
  pid_t process = 0;            // its thread group; the record of the task of that number holds what the process shares
  pid_t parent = 0;             // its parent's process; 1: pid 1
  bool known = false;           // its parent's word on it has come
  bool held = false;            // stopped until then
  bool ended = false;           // its parent has not waited for it yet: kept for its clock
  std::uint32_t threads = 0;    // of the process, alive
  std::uint32_t processes = 0;  // children of the process, alive
  std::int64_t slept_ns = 0;    // of the process: how far sleeps and waits have moved its clock
  int pidfd = -1;               // of the process
  std::uint64_t questions = 0;  // of this task: each question about the time moves its clock by a microsecond
  std::uint64_t children = 0;   // it made so far, threads and processes
  SeededStream stream;
  Pending pending;
};

// A traced call: at its entry, or (from a Mend) at its return.
struct StoppedCall {
  Steward& steward;
  Task& task;
  user_regs_struct regs;
  bool changed = false;

  // At entry: the call is not made, the caller sees `value`.
  void answer(std::int64_t value);
  // At return: the caller sees `value` instead.
  void replace(std::int64_t value);
  std::int64_t result() const { return static_cast<std::int64_t>(regs.rax); }
};

// The caller's memory; false when it is not there or may not be reached, never a partial success.
bool read_memory(pid_t tid, std::uint64_t at, void* into, std::size_t bytes);
bool write_memory(pid_t tid, std::uint64_t at, const void* from, std::size_t bytes);

template <class T>
bool read_value(pid_t tid, std::uint64_t at, T& value) {
  return read_memory(tid, at, &value, sizeof value);
}
template <class T>
bool write_value(pid_t tid, std::uint64_t at, const T& value) {
  return write_memory(tid, at, &value, sizeof value);
}

}  // namespace belljar::sandbox::native
