// The kernel's own surface: calls a sealed program has no business making. Calls that would change the machine for good
// are made with arguments that fail after the permission check, so that even an open gate changes nothing.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/fanotify.h>
#include <sys/io.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstring>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

Outcome bpf_program(const Params&) {
  const std::array<bpf_insn, 2> program{bpf_insn{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
                                        bpf_insn{BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attributes.insn_cnt = program.size();
  attributes.insns = reinterpret_cast<std::uint64_t>(program.data());
  attributes.license = reinterpret_cast<std::uint64_t>("GPL");
  return of_call(::syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes), "load a BPF program");
}

Outcome bpf_map(const Params&) {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = 4;
  attributes.value_size = 8;
  attributes.max_entries = 1;
  return of_call(::syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes), "create a BPF map");
}

Outcome io_uring(const Params&) {
  std::array<unsigned char, 120> parameters{};
  return of_call(::syscall(SYS_io_uring_setup, 4, parameters.data()), "io_uring_setup");
}

Outcome user_fault(const Params&) {
  constexpr int kUserModeOnly = 1;
  return of_call(::syscall(SYS_userfaultfd, O_CLOEXEC | kUserModeOnly), "userfaultfd");
}

Outcome perf_event(const Params&) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_PAGE_FAULTS;
  attributes.exclude_kernel = 1;
  return of_call(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0UL), "perf_event_open");
}

constexpr int kSessionKeyring = -3;
constexpr int kProcessKeyring = -2;

Outcome add_key(const Params&) {
  return of_call(::syscall(SYS_add_key, "user", "belljar-probe", "x", 1, kProcessKeyring), "add_key");
}
Outcome request_key(const Params&) {
  return of_gate(::syscall(SYS_request_key, "user", "belljar-no-such-key", nullptr, 0), {ENOKEY}, "request_key");
}
Outcome join_session(const Params&) {
  constexpr int kJoinSession = 1;
  (void)kSessionKeyring;
  return of_call(::syscall(SYS_keyctl, kJoinSession, nullptr), "keyctl join session");
}

// Flags no kernel knows: refused right after the permission check.
Outcome kexec(const Params&) {
  return of_gate(::syscall(SYS_kexec_load, 0UL, 0UL, nullptr, 0xffffUL), {EINVAL}, "kexec_load");
}
Outcome kexec_file(const Params&) {
  return of_gate(::syscall(SYS_kexec_file_load, -1, -1, 0UL, "", ~0UL), {EINVAL, EBADF}, "kexec_file_load");
}
Outcome init_module(const Params&) {
  return of_gate(::syscall(SYS_init_module, "x", 1UL, ""), {ENOEXEC}, "init_module");
}
Outcome finit_module(const Params&) {
  return of_gate(::syscall(SYS_finit_module, -1, "", 0xffff), {EINVAL, EBADF}, "finit_module");
}
Outcome delete_module(const Params&) {
  return of_gate(::syscall(SYS_delete_module, "belljar_no_such_module", O_NONBLOCK), {ENOENT}, "delete_module");
}
Outcome reboot_machine(const Params&) { return of_gate(::syscall(SYS_reboot, 0, 0, 0, nullptr), {EINVAL}, "reboot"); }
Outcome swap_on(const Params&) { return of_gate(::swapon("/belljar-no-such-file", 0), {ENOENT}, "swapon"); }
Outcome swap_off(const Params&) { return of_gate(::swapoff("/belljar-no-such-file"), {ENOENT}, "swapoff"); }
Outcome accounting(const Params&) { return of_gate(::acct("/belljar-no-such-file"), {ENOENT}, "acct"); }

Outcome set_time(const Params&) {
  const struct timezone absurd { 100'000, 0 };
  return of_gate(::syscall(SYS_settimeofday, nullptr, &absurd), {EINVAL}, "settimeofday");
}
Outcome adjust_clock(const Params&) {
  timex adjustment{};
  adjustment.modes = ADJ_TICK;
  adjustment.tick = 1;
  return of_gate(::syscall(SYS_clock_adjtime, CLOCK_REALTIME, &adjustment), {EINVAL}, "clock_adjtime");
}
Outcome set_host_name(const Params&) { return of_call(::sethostname("taken", 5), "sethostname"); }

Outcome modify_ldt(const Params&) {
  struct {
    unsigned entry, base, limit, flags;
  } descriptor{0, 0, 0, 0x51};
  return of_call(::syscall(SYS_modify_ldt, 1, &descriptor, sizeof descriptor), "modify_ldt");
}
Outcome port_permission(const Params&) { return of_call(::ioperm(0x80, 1, 1), "ioperm"); }
Outcome port_level(const Params&) { return of_call(::iopl(3), "iopl"); }

Outcome call_32bit(const Params&) {
#if defined(__x86_64__)
  // A file opened by the 32-bit table's number 5: a filter that knows 64-bit numbers alone would take it for fstat.
  long result = 0;
  constexpr long kGetPid32 = 20;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(kGetPid32) : "memory", "r8", "r9", "r10", "r11");
  errno = static_cast<int>(-result);
  return of_call(result > 0 ? 0 : -1, "call through the 32-bit gate");
#else
  return unsupported("no 32-bit gate on this processor");
#endif
}

Outcome call_x32(const Params&) {
  constexpr long kX32 = 0x40000000;
  return of_call(::syscall(kX32 | SYS_getpid), "call by an x32 number");
}

Outcome new_user(const Params&) { return of_call(::unshare(CLONE_NEWUSER), "unshare a user namespace"); }

[[noreturn]] void wait_as_child() {
  while (true) (void)::pause();
}

Outcome clone_user(const Params&) {
  const long child = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, nullptr, nullptr, nullptr, 0);
  if (child == 0) wait_as_child();
  return of_call(child, "clone with a user namespace");
}

// The flags of clone3 lie in memory, where a filter cannot look.
Outcome clone3_user(const Params&) {
  std::array<std::uint64_t, 11> arguments{};
  arguments[0] = CLONE_NEWUSER;
  arguments[4] = SIGCHLD;
  const long child = ::syscall(SYS_clone3, arguments.data(), sizeof arguments);
  if (child == 0) wait_as_child();
  return of_call(child, "clone3 with a user namespace");
}

Outcome new_namespaces(const Params&) {
  Outcome last;
  constexpr int kNewTime = 0x80;
  for (const int flag :
       {CLONE_NEWNS, CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP, kNewTime}) {
    last = of_call(::unshare(flag), "unshare flag " + std::to_string(flag));
    if (last.kind == Outcome::Kind::escaped) return last;
  }
  return last;
}

int install_filter(unsigned flags, std::uint32_t action) {
  sock_filter answer{BPF_RET | BPF_K, 0, 0, action};
  const sock_fprog program{1, &answer};
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

Outcome stack_filter(const Params&) {
  (void)install_filter(0, SECCOMP_RET_ALLOW);
  return of_call(::unshare(CLONE_NEWUSER), "unshare a user namespace under an own permissive filter");
}

Outcome own_listener(const Params&) {
  // The listener must not catch our own calls: it answers nothing, so the filter allows everything.
  return of_call(install_filter(SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_RET_ALLOW), "install an own listener");
}

Outcome fanotify(const Params&) {
  return of_call(::fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY), "fanotify_init");
}

Outcome executable_reads(const Params&) {
  return of_call(::personality(READ_IMPLIES_EXEC), "make all memory executable");
}

Outcome memory_policy(const Params&) {
  constexpr int kInterleave = 3;
  unsigned long node = 1;
  return of_call(::syscall(SYS_set_mempolicy, kInterleave, &node, 8 * sizeof node), "set_mempolicy");
}

Outcome secret_memory(const Params&) {
  constexpr int kMemfdSecret = 447;
  return of_call(::syscall(kMemfdSecret, 0), "memfd_secret");
}

Outcome legacy_calls(const Params&) {
  std::array<char, 256> buffer{};
  return any_of({of_call(::syscall(SYS_ustat, 1, buffer.data()), "ustat"), of_call(::syscall(SYS_sysfs, 3), "sysfs")});
}

Outcome hang_up(const Params&) { return of_call(::vhangup(), "vhangup"); }

// A tracer can change a call after it was checked: tracing children must not come with that power.
Outcome trace_child(const Params&) {
  const pid_t child = ::fork();
  if (child < 0) return denied("fork");
  if (child == 0) wait_as_child();
  return of_call(::ptrace(PTRACE_SEIZE, child, nullptr, nullptr), "trace a child");
}

constexpr Attack kAttacks[] = {
    {"KRN01", bpf_program},     {"KRN02", bpf_map},        {"KRN03", io_uring},
    {"KRN04", user_fault},      {"KRN05", perf_event},     {"KRN06", add_key},
    {"KRN07", request_key},     {"KRN08", join_session},   {"KRN09", kexec},
    {"KRN10", kexec_file},      {"KRN11", init_module},    {"KRN12", finit_module},
    {"KRN13", delete_module},   {"KRN14", reboot_machine}, {"KRN15", swap_on},
    {"KRN16", swap_off},        {"KRN17", accounting},     {"KRN18", set_time},
    {"KRN19", adjust_clock},    {"KRN20", set_host_name},  {"KRN21", modify_ldt},
    {"KRN22", port_permission}, {"KRN23", port_level},     {"KRN24", call_32bit},
    {"KRN25", call_x32},        {"KRN26", new_user},       {"KRN27", clone_user},
    {"KRN28", clone3_user},     {"KRN29", new_namespaces}, {"KRN30", stack_filter},
    {"KRN31", own_listener},    {"KRN32", fanotify},       {"KRN33", executable_reads},
    {"KRN34", memory_policy},   {"KRN35", secret_memory},  {"KRN36", legacy_calls},
    {"KRN37", hang_up},         {"KRN38", trace_child},
};

}  // namespace

std::span<const Attack> krn_attacks() { return kAttacks; }

}  // namespace belljar::suite
