// Steward: pid 1 as the tracer of a deterministic sandbox. It answers the program's questions about time and chance
// from the plan's seed, takes the vDSO out of every program before its first instruction, stands in for the time stamp
// counter, and puts what the kernel orders by accident into one order. docs/determinism.md tells the rules.
//
//   take_up_program(view, pid)     right after the fork, while pid 1 still may; the program waits for it
//   tend_traced(control, signals)  instead of tend(): never returns
//
// The program's filter (sandbox/native/deterministic.h) names the calls that stop here. Everything read from a task is
// hostile: numbers index nothing unchecked, memory is copied through fixed buffers. A steward that dies takes every
// task with it (PTRACE_O_EXITKILL, and it is pid 1).
#pragma once

#include "sandbox/native/init/raw.h"
#include "sandbox/native/init/tracee.h"
#include "sandbox/native/unfixed.h"

namespace belljar::sandbox::native {

// 2033-05-18T03:33:20Z: later than every file of an image, and plainly not today.
inline constexpr std::int64_t kEpochSeconds = 2'000'000'000;
inline constexpr std::int64_t kMonotonicStartNs = 1000 * kSecondNs;
inline constexpr std::int64_t kQuestionNs = 1000;
inline constexpr std::size_t kDevicesMax = 64;

struct Steward {
  int control = -1;
  pid_t program = 0;
  int program_status = 0;
  bool program_ended = false;
  std::uint32_t told = 0;                   // kinds of Unfixed the engine knows of
  std::uint64_t proc_device = 0;            // st_dev of /proc
  std::uint64_t devices[kDevicesMax] = {};  // st_dev of what is mounted, in the plan's order
  std::uint32_t device_count = 0;
  Task tasks[kTasksMax];
  std::size_t tasks_used = 0;  // records above were never used

  Task* find(pid_t tid);
  Task* find_ended(pid_t tid);
  Task& process_of(Task& task);
  Task* take(pid_t tid);  // null: the table is full
  void tell(Unfixed what);
};

enum class Turn {
  answered,  // the call is not made
  passed,    // the kernel makes it and nobody looks again
  mended,    // the kernel makes it and task.pending.mend looks at what it returns
};

using Handler = Turn (*)(StoppedCall& call);

// Null for a call that is not ours.
Handler time_handler(std::uint64_t number);
Handler chance_handler(std::uint64_t number);
Handler file_handler(std::uint64_t number);
Handler wait_handler(std::uint64_t number);

// A copy of a descriptor of the caller's, or negative. To be closed.
int borrow_descriptor(StoppedCall& call, std::uint64_t descriptor);

// The clock of a task: nanoseconds since the sandbox began. A question moves it.
std::int64_t clock_of(Steward& steward, Task& task);
std::int64_t ask_clock(Steward& steward, Task& task);

// In the launcher, before the shared root is built: files younger than this moment were made by the sandbox or for it.
void remember_beginning();
void learn_devices(Steward& steward, const PlanView& view);

// At the stop after an execve: out with the vDSO, and seeded bytes for AT_RANDOM. False: the task must not run.
bool prepare_new_program(Task& task);
// At the delivery of SIGSEGV: whether it was the time stamp counter, which has been answered.
bool answer_counter(Steward& steward, Task& task);

Outcome take_up_program(const PlanView& view, pid_t program);
[[noreturn]] void tend_traced(int control, int signals);

}  // namespace belljar::sandbox::native
