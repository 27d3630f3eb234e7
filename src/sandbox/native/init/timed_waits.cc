// Calls that wait: they wait as long as the host's clock says, and when their time ran out the sandbox's clock has
// moved by that time. A moment of the sandbox's clock means nothing to the kernel, so it is turned into one of the
// host's, laid below the caller's stack for the length of the call.

#include <linux/futex.h>
#include <sys/wait.h>
#include <csignal>
#include <ctime>

#include "sandbox/native/init/steward.h"

namespace belljar::sandbox::native {

namespace {

struct KernelTime {
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;
};

// Past the 128 bytes below its stack pointer that a function may use unasked.
constexpr std::uint64_t kBelowStack = 256;
constexpr std::int64_t kLongestNs = 100LL * 365 * 24 * 3600 * kSecondNs;

std::int64_t in_ns(const KernelTime& time) {
  if (time.seconds < 0 || time.nanoseconds < 0) return 0;
  if (time.seconds > kLongestNs / kSecondNs) return kLongestNs;
  return time.seconds * kSecondNs + time.nanoseconds % kSecondNs;
}

KernelTime from_ns(std::int64_t ns) { return {ns / kSecondNs, ns % kSecondNs}; }

KernelTime host_now(clockid_t clock) {
  timespec now{};
  (void)::clock_gettime(clock, &now);
  return {now.tv_sec, now.tv_nsec};
}

std::int64_t start_of(clockid_t clock) {
  return clock == CLOCK_REALTIME || clock == CLOCK_TAI || clock == CLOCK_REALTIME_ALARM ? kEpochSeconds * kSecondNs
                                                                                        : kMonotonicStartNs;
}

// How far a moment of the sandbox's clock lies ahead of the caller.
std::int64_t ahead_ns(StoppedCall& call, clockid_t clock, const KernelTime& moment) {
  const std::int64_t ahead = in_ns(moment) - start_of(clock) - clock_of(call.steward, call.task);
  return ahead > 0 ? ahead : 0;
}

bool lay_below_stack(StoppedCall& call, const void* value, std::size_t bytes, unsigned long long& argument) {
  const std::uint64_t at = (call.regs.rsp - kBelowStack - bytes) & ~15ULL;
  if (!write_memory(call.task.tid, at, value, bytes)) return false;
  argument = at;
  call.changed = true;
  return true;
}

// The same moment by the host's clock.
KernelTime by_host(clockid_t clock, std::int64_t ahead) { return from_ns(in_ns(host_now(clock)) + ahead); }

void advance(StoppedCall& call) { call.steward.process_of(call.task).slept_ns += call.task.pending.advance_ns; }

void mend_sleep(StoppedCall& call) {
  if (call.result() == 0) advance(call);
}

void mend_timeout(StoppedCall& call) {
  const std::int64_t result = call.result();
  if (result == 0 || result == -ETIMEDOUT || result == -EAGAIN) advance(call);
}

// select and its kin tell how much of the timeout was left, by the host's clock; the caller keeps what it gave.
void mend_select(StoppedCall& call) {
  if (call.result() == 0) advance(call);
  const Pending& pending = call.task.pending;
  const std::uint64_t at = pending.entry.orig_rax == SYS_ppoll ? pending.entry.rdx : pending.entry.r8;
  if (call.result() != 0) (void)write_memory(call.task.tid, at, pending.saved, pending.saved_bytes);
}

Turn wait_for(StoppedCall& call, std::int64_t ns, Mend mend) {
  call.task.pending.advance_ns = ns;
  call.task.pending.mend = mend;
  return Turn::mended;
}

Turn wait_relative(StoppedCall& call, std::uint64_t at, Mend mend) {
  KernelTime time;
  if (!read_value(call.task.tid, at, time)) return Turn::passed;  // and the kernel says EFAULT
  return wait_for(call, in_ns(time), mend);
}

Turn on_nanosleep(StoppedCall& call) { return wait_relative(call, call.regs.rdi, mend_sleep); }

Turn on_clock_nanosleep(StoppedCall& call) {
  if ((call.regs.rsi & TIMER_ABSTIME) == 0) return wait_relative(call, call.regs.rdx, mend_sleep);
  const auto clock = static_cast<clockid_t>(call.regs.rdi);
  KernelTime moment;
  if (!read_value(call.task.tid, call.regs.rdx, moment)) return Turn::passed;
  const std::int64_t ahead = ahead_ns(call, clock, moment);
  const KernelTime host = by_host(clock, ahead);
  if (!lay_below_stack(call, &host, sizeof host, call.regs.rdx)) return Turn::passed;
  return wait_for(call, ahead, mend_sleep);
}

Turn on_futex(StoppedCall& call) {
  const auto operation = static_cast<unsigned>(call.regs.rsi) & static_cast<unsigned>(FUTEX_CMD_MASK);
  if (operation == FUTEX_WAIT) {
    KernelTime time;
    if (!read_value(call.task.tid, call.regs.r10, time)) return Turn::passed;
    // EAGAIN here means that the word had changed, not that time ran out.
    return wait_for(call, in_ns(time), [](StoppedCall& returned) {
      if (returned.result() == -ETIMEDOUT) advance(returned);
    });
  }
  const bool realtime = operation == FUTEX_LOCK_PI || (call.regs.rsi & FUTEX_CLOCK_REALTIME) != 0;
  const clockid_t clock = realtime ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  KernelTime moment;
  if (!read_value(call.task.tid, call.regs.r10, moment)) return Turn::passed;
  const std::int64_t ahead = ahead_ns(call, clock, moment);
  const KernelTime host = by_host(clock, ahead);
  if (!lay_below_stack(call, &host, sizeof host, call.regs.r10)) return Turn::passed;
  return wait_for(call, ahead, [](StoppedCall& returned) {
    if (returned.result() == -ETIMEDOUT) advance(returned);
  });
}

Turn on_poll(StoppedCall& call) {
  const unsigned long long timeout = call.regs.orig_rax == SYS_poll ? call.regs.rdx : call.regs.r10;
  return wait_for(call, static_cast<std::int64_t>(static_cast<std::int32_t>(timeout)) * 1'000'000, mend_sleep);
}

Turn on_epoll_pwait2(StoppedCall& call) { return wait_relative(call, call.regs.r10, mend_sleep); }

Turn on_select(StoppedCall& call) {
  const std::uint64_t at = call.regs.orig_rax == SYS_ppoll ? call.regs.rdx : call.regs.r8;
  KernelTime time;
  if (!read_value(call.task.tid, at, time)) return Turn::passed;
  Pending& pending = call.task.pending;
  static_assert(sizeof time <= sizeof pending.saved);
  __builtin_memcpy(pending.saved, &time, sizeof time);
  pending.saved_bytes = sizeof time;
  if (call.regs.orig_rax == SYS_select) time.nanoseconds *= 1000;  // a timeval
  return wait_for(call, in_ns(time), mend_select);
}

Turn on_sigtimedwait(StoppedCall& call) { return wait_relative(call, call.regs.rdx, mend_timeout); }
Turn on_semtimedop(StoppedCall& call) { return wait_relative(call, call.regs.r10, mend_timeout); }

// A signal took the caller out of a wait that the kernel now continues by itself.
Turn on_restart(StoppedCall& call) { return call.task.pending.mend != nullptr ? Turn::mended : Turn::passed; }

Turn on_interval_timer(StoppedCall& call) {
  call.steward.tell(Unfixed::timers);
  return Turn::passed;
}

// A timer set to a moment: of which clock is not said here, but the two lie decades apart.
Turn on_timer(StoppedCall& call) {
  call.steward.tell(Unfixed::timers);
  struct {
    KernelTime interval;
    KernelTime value;
  } setting;
  if ((call.regs.rsi & TIMER_ABSTIME) == 0 || !read_value(call.task.tid, call.regs.rdx, setting)) return Turn::passed;
  if (setting.value.seconds == 0 && setting.value.nanoseconds == 0) return Turn::passed;
  const clockid_t clock = setting.value.seconds >= kEpochSeconds / 2 ? CLOCK_REALTIME : CLOCK_MONOTONIC;
  setting.value = by_host(clock, ahead_ns(call, clock, setting.value));
  if (!lay_below_stack(call, &setting, sizeof setting, call.regs.rdx)) return Turn::passed;
  return wait_for(call, 0, mend_sleep);
}

// A parent's clock is never behind that of a child it has waited for.
void merge_child(StoppedCall& call, pid_t child, bool keep) {
  Task* ended = call.steward.find_ended(child);
  if (ended == nullptr) return;
  const std::int64_t behind = ended->slept_ns - clock_of(call.steward, call.task);
  if (behind > 0) call.steward.process_of(call.task).slept_ns += behind;
  if (!keep) *ended = Task{};
}

void clear_usage(StoppedCall& call, std::uint64_t at) {
  constexpr std::uint8_t kNothing[144] = {};  // struct rusage
  if (at != 0) (void)write_memory(call.task.tid, at, kNothing, sizeof kNothing);
}

void mend_wait4(StoppedCall& call) {
  if (call.result() <= 0) return;
  merge_child(call, static_cast<pid_t>(call.result()), false);
  clear_usage(call, call.task.pending.entry.r10);
}

void mend_waitid(StoppedCall& call) {
  constexpr std::uint64_t kPidOffset = 12;  // si_pid of a siginfo_t
  const user_regs_struct& entry = call.task.pending.entry;
  pid_t child = 0;
  if (call.result() != 0) return;
  if (entry.rsi != 0 && read_value(call.task.tid, entry.rsi + kPidOffset, child)) {
    merge_child(call, child, (entry.rdx & WNOWAIT) != 0);
  }
  clear_usage(call, entry.r8);
}

Turn on_wait4(StoppedCall& call) {
  call.task.pending.mend = mend_wait4;
  return Turn::mended;
}

Turn on_waitid(StoppedCall& call) {
  call.task.pending.mend = mend_waitid;
  return Turn::mended;
}

struct Entry {
  std::uint64_t number;
  Handler handler;
};

constexpr Entry kHandlers[] = {
    {SYS_nanosleep, on_nanosleep},
    {SYS_clock_nanosleep, on_clock_nanosleep},
    {SYS_futex, on_futex},
    {SYS_poll, on_poll},
    {SYS_epoll_wait, on_poll},
    {SYS_epoll_pwait, on_poll},
    {SYS_epoll_pwait2, on_epoll_pwait2},
    {SYS_ppoll, on_select},
    {SYS_select, on_select},
    {SYS_pselect6, on_select},
    {SYS_rt_sigtimedwait, on_sigtimedwait},
    {SYS_semtimedop, on_semtimedop},
    {SYS_restart_syscall, on_restart},
    {SYS_setitimer, on_interval_timer},
    {SYS_alarm, on_interval_timer},
    {SYS_timer_settime, on_timer},
    {SYS_timerfd_settime, on_timer},
    {SYS_wait4, on_wait4},
    {SYS_waitid, on_waitid},
};

}  // namespace

Handler wait_handler(std::uint64_t number) {
  for (const Entry& entry : kHandlers) {
    if (entry.number == number) return entry.handler;
  }
  return nullptr;
}

}  // namespace belljar::sandbox::native
