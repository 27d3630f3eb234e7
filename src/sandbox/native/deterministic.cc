#include "sandbox/native/deterministic.h"

#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace belljar::sandbox::native {

namespace {

struct UnfixedText {
  std::string_view name;
  std::string_view reason;
};

constexpr std::array<UnfixedText, static_cast<std::size_t>(Unfixed::last)> kUnfixed{{
    {"threads", "the kernel decides in which order threads run"},
    {"processes", "the kernel decides in which order processes that live at the same time run"},
    {"timers", "a timer fires by the host's clock"},
    {"proc-files", "a file of /proc holds the host's times and counters"},
    {"large-directory", "a directory that needs several reads is sorted piece by piece"},
    {"unreachable", "the memory of a task could not be reached, so its calls failed"},
}};

enum class When : std::uint8_t {
  always,
  pointer,   // when the argument, an address, is not null
  positive,  // when the argument, an int, is above zero
};

struct TracedCall {
  std::uint32_t number;
  When when = When::always;
  std::uint8_t argument = 0;
};

constexpr std::array kTraced{
    TracedCall{SYS_clock_gettime},
    TracedCall{SYS_gettimeofday},
    TracedCall{SYS_time},
    TracedCall{SYS_times},
    TracedCall{SYS_getrusage},
    TracedCall{SYS_sysinfo},
    TracedCall{SYS_nanosleep},
    TracedCall{SYS_clock_nanosleep},
    TracedCall{SYS_restart_syscall},
    TracedCall{SYS_setitimer},
    TracedCall{SYS_alarm},
    TracedCall{SYS_timer_settime},
    TracedCall{SYS_timerfd_settime},
    TracedCall{SYS_wait4},
    TracedCall{SYS_waitid},
    TracedCall{SYS_getrandom},
    TracedCall{SYS_read},
    TracedCall{SYS_readv},
    TracedCall{SYS_pread64},
    TracedCall{SYS_preadv},
    TracedCall{SYS_preadv2},
    TracedCall{SYS_sendfile},
    TracedCall{SYS_splice},
    TracedCall{SYS_copy_file_range},
    TracedCall{SYS_stat},
    TracedCall{SYS_lstat},
    TracedCall{SYS_fstat},
    TracedCall{SYS_newfstatat},
    TracedCall{SYS_statx},
    TracedCall{SYS_statfs},
    TracedCall{SYS_fstatfs},
    TracedCall{SYS_getdents64},
    TracedCall{SYS_sched_getaffinity},
    TracedCall{SYS_sched_setaffinity},
    TracedCall{SYS_getcpu},
    TracedCall{SYS_poll, When::positive, 2},
    TracedCall{SYS_epoll_wait, When::positive, 3},
    TracedCall{SYS_epoll_pwait, When::positive, 3},
    TracedCall{SYS_epoll_pwait2, When::pointer, 3},
    TracedCall{SYS_ppoll, When::pointer, 2},
    TracedCall{SYS_select, When::pointer, 4},
    TracedCall{SYS_pselect6, When::pointer, 4},
    TracedCall{SYS_rt_sigtimedwait, When::pointer, 2},
    TracedCall{SYS_semtimedop, When::pointer, 3},
    TracedCall{SYS_futex, When::pointer, 3},
};

// Waits of futex(2) whose fourth argument is a time; for the other operations it is a number.
constexpr std::array<std::uint32_t, 5> kTimedFutexes{FUTEX_WAIT, FUTEX_WAIT_BITSET, FUTEX_LOCK_PI,
                                                     FUTEX_WAIT_REQUEUE_PI, 13 /* FUTEX_LOCK_PI2 */};

// Libraries go on without these. rseq writes the processor's number into the program's memory, unasked and unseen;
// futex_waitv waits for a moment of a clock that the program does not have; getdents has an older form of what is
// sorted.
constexpr std::array<std::uint32_t, 3> kMissing{SYS_rseq, SYS_futex_waitv, SYS_getdents};

constexpr std::uint32_t argument_at(std::uint8_t argument) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8U * argument);
}

sock_filter load(std::uint32_t offset) { return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset); }
sock_filter answer(std::uint32_t value) { return BPF_STMT(BPF_RET | BPF_K, value); }

bool allows_always(const Profile& profile, std::uint32_t call) {
  const std::span<const Match> matches = profile.matches_of(call);
  return !matches.empty() && matches.front().conditions.empty() &&
         profile.rules[matches.front().rule].action == Action::allow;
}

// Instructions for a call whose number has been recognised; they end, or fall through to what follows with the
// accumulator in any state.
void append_conditions(std::vector<sock_filter>& code, const TracedCall& call) {
  const std::uint32_t low = argument_at(call.argument);
  if (call.number == SYS_futex) {
    code.push_back(load(argument_at(1)));
    code.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, static_cast<std::uint32_t>(FUTEX_CMD_MASK)));
    const auto count = static_cast<std::uint8_t>(kTimedFutexes.size());
    for (std::uint8_t at = 0; at < count; ++at) {
      code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kTimedFutexes[at], static_cast<std::uint8_t>(count - at), 0));
    }
    code.push_back(BPF_STMT(BPF_JMP | BPF_JA, 5));  // not a timed wait: past the test of the pointer
  }
  if (call.when == When::pointer) {
    code.push_back(load(low));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2));
    code.push_back(load(low + 4));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
  }
  if (call.when == When::positive) {
    code.push_back(load(low));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80000000, 2, 0));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0));
  }
  code.push_back(answer(SECCOMP_RET_TRACE));
}

}  // namespace

std::string_view unfixed_name(Unfixed what) { return kUnfixed.at(static_cast<std::size_t>(what)).name; }
std::string_view unfixed_reason(Unfixed what) { return kUnfixed.at(static_cast<std::size_t>(what)).reason; }

std::vector<sock_filter> traced_filter(const CompiledFilter& filter) {
  std::vector<sock_filter> calls;
  for (const TracedCall& call : kTraced) {
    if (!allows_always(filter.profile, call.number)) continue;
    std::vector<sock_filter> conditions;
    append_conditions(conditions, call);
    // The number is loaded anew: conditions that fall through leave an argument behind.
    calls.push_back(load(offsetof(seccomp_data, nr)));
    calls.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.number, 0, static_cast<std::uint8_t>(conditions.size())));
    calls.insert(calls.end(), conditions.begin(), conditions.end());
  }
  for (const std::uint32_t call : kMissing) {
    calls.push_back(load(offsetof(seccomp_data, nr)));
    calls.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1));
    calls.push_back(answer(SECCOMP_RET_ERRNO | ENOSYS));
  }

  std::vector<sock_filter> program;
  program.reserve(calls.size() + filter.program.size() + 3);
  program.push_back(load(offsetof(seccomp_data, arch)));
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
  program.push_back(BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(calls.size())));
  program.insert(program.end(), calls.begin(), calls.end());
  program.insert(program.end(), filter.program.begin(), filter.program.end());
  return program;
}

}  // namespace belljar::sandbox::native
