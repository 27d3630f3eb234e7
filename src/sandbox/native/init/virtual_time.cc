// The clock of a deterministic sandbox: it begins at a fixed moment and moves by rule. A question costs a microsecond,
// a sleep its length, a wait that times out its timeout; nothing else moves it. Each task counts its own questions, so
// that the order in which threads run does not show; sleeps move the clock of the whole process.

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <ctime>

#include "sandbox/native/init/steward.h"

namespace belljar::sandbox::native {

namespace {

constexpr std::int64_t kTickNs = 10'000'000;  // of times(2)
constexpr int kClocksEnd = 12;

struct KernelTime {
  std::int64_t seconds;
  std::int64_t fraction;  // nanoseconds or microseconds
};

Turn give(StoppedCall& call, std::uint64_t at, const void* value, std::size_t bytes, std::int64_t result = 0) {
  const bool written = write_memory(call.task.tid, at, value, bytes);
  call.answer(written ? result : -EFAULT);
  return Turn::answered;
}

std::int64_t processor_ns(const Task& task) { return static_cast<std::int64_t>(task.questions) * kQuestionNs; }

// Processor time is the time of the questions: sleeping takes none.
Turn on_clock_gettime(StoppedCall& call) {
  const auto clock = static_cast<int>(call.regs.rdi);
  if (clock >= kClocksEnd || clock == 10) {
    call.answer(-EINVAL);
    return Turn::answered;
  }
  const std::int64_t now = ask_clock(call.steward, call.task);
  std::int64_t value = now + kMonotonicStartNs;
  const bool wall =
      clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI || clock == CLOCK_REALTIME_ALARM;
  if (wall) value = now + kEpochSeconds * kSecondNs;
  if (clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID) {
    value = processor_ns(call.task);
  }
  const KernelTime time{value / kSecondNs, value % kSecondNs};
  return give(call, call.regs.rsi, &time, sizeof time);
}

Turn on_gettimeofday(StoppedCall& call) {
  const std::int64_t now = ask_clock(call.steward, call.task) + kEpochSeconds * kSecondNs;
  const KernelTime time{now / kSecondNs, now % kSecondNs / 1000};
  const struct timezone zone {};
  if (call.regs.rsi != 0 && !write_value(call.task.tid, call.regs.rsi, zone)) {
    call.answer(-EFAULT);
    return Turn::answered;
  }
  if (call.regs.rdi != 0) return give(call, call.regs.rdi, &time, sizeof time);
  call.answer(0);
  return Turn::answered;
}

Turn on_time(StoppedCall& call) {
  const std::int64_t seconds = ask_clock(call.steward, call.task) / kSecondNs + kEpochSeconds;
  if (call.regs.rdi != 0) return give(call, call.regs.rdi, &seconds, sizeof seconds, seconds);
  call.answer(seconds);
  return Turn::answered;
}

Turn on_times(StoppedCall& call) {
  const std::int64_t ticks = (ask_clock(call.steward, call.task) + kMonotonicStartNs) / kTickNs;
  const tms used{processor_ns(call.task) / kTickNs, 0, 0, 0};
  if (call.regs.rdi != 0) return give(call, call.regs.rdi, &used, sizeof used, ticks);
  call.answer(ticks);
  return Turn::answered;
}

Turn on_getrusage(StoppedCall& call) {
  const auto who = static_cast<int>(call.regs.rdi);
  if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD) {
    call.answer(-EINVAL);
    return Turn::answered;
  }
  (void)ask_clock(call.steward, call.task);
  struct rusage used {};
  const std::int64_t processor = who == RUSAGE_CHILDREN ? 0 : processor_ns(call.task);
  used.ru_utime = {processor / kSecondNs, processor % kSecondNs / 1000};
  return give(call, call.regs.rsi, &used, sizeof used);
}

// Sizes are the machine's; what changes from one moment to the next is not shown.
void mend_sysinfo(StoppedCall& call) {
  struct sysinfo info {};
  if (call.result() != 0 || !read_value(call.task.tid, call.task.pending.entry.rdi, info)) return;
  info.uptime = (ask_clock(call.steward, call.task) + kMonotonicStartNs) / kSecondNs;
  info.freeram = info.totalram / 2;
  info.freeswap = info.totalswap;
  info.freehigh = info.totalhigh;
  info.sharedram = 0;
  info.bufferram = 0;
  info.procs = 1;
  for (auto& load : info.loads) load = 0;
  if (!write_value(call.task.tid, call.task.pending.entry.rdi, info)) call.replace(-EFAULT);
}

Turn on_sysinfo(StoppedCall& call) {
  call.task.pending.mend = mend_sysinfo;
  return Turn::mended;
}

}  // namespace

std::int64_t clock_of(Steward& steward, Task& task) {
  return steward.process_of(task).slept_ns + static_cast<std::int64_t>(task.questions) * kQuestionNs;
}

std::int64_t ask_clock(Steward& steward, Task& task) {
  ++task.questions;
  return clock_of(steward, task);
}

Handler time_handler(std::uint64_t number) {
  switch (number) {
    case SYS_clock_gettime:
      return on_clock_gettime;
    case SYS_gettimeofday:
      return on_gettimeofday;
    case SYS_time:
      return on_time;
    case SYS_times:
      return on_times;
    case SYS_getrusage:
      return on_getrusage;
    case SYS_sysinfo:
      return on_sysinfo;
    default:
      return nullptr;
  }
}

}  // namespace belljar::sandbox::native
