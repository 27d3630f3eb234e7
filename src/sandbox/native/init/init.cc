// Pid 1 of a sandbox, as prose: what it takes from the host, in which order, and why.

#include <linux/capability.h>
#include <linux/futex.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <csignal>
#include <ctime>

#include "sandbox/native/init/box.h"
#include "sandbox/native/init/root.h"
#include "sandbox/native/init/steward.h"

namespace belljar::sandbox::native {

namespace {

[[noreturn]] void give_up(int control, const Outcome& outcome) {
  BoxReport report{};
  report.event = BoxEvent::failed;
  report.step = outcome.step;
  report.error = outcome.error;
  report.item = outcome.item;
  (void)send_message(control, &report, sizeof report);
  ::_exit(125);
}

void insist(int control, const Outcome& outcome) {
  if (!outcome.ok()) give_up(control, outcome);
}

// The engine speaks next; silence means it is gone, and a sandbox without its engine ends.
InitOrder await_order(int control) {
  InitOrder order{};
  if (receive(control, &order, sizeof order).bytes != sizeof order) ::_exit(125);
  return order;
}

// A launcher that died before this line tells nobody; then the engine closes our control socket, and every wait on it
// ends us.
Outcome die_with_launcher() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return failed(Step::die_with_launcher);
  return done();
}

// Before anything else: what follows is charged to the sandbox. The cgroup namespace comes right after, so that the
// path of our own group is the root of all the program can see.
Outcome join_cgroups(std::uint32_t entries) {
  for (std::uint32_t at = 0; at < entries; ++at) {
    const int fd = kBoxEntries + static_cast<int>(at);
    if (::write(fd, "0", 1) != 1) return failed(Step::join_cgroup, errno, at);
    (void)::close(fd);
  }
  return ::syscall(SYS_unshare, CLONE_NEWCGROUP) == 0 ? done() : failed(Step::join_cgroup);
}

Outcome shift_clocks() {
  if (::syscall(SYS_unshare, CLONE_NEWTIME) != 0) return failed(Step::time_namespace);
  timespec monotonic{};
  timespec boot{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &monotonic);
  (void)::clock_gettime(CLOCK_BOOTTIME, &boot);
  // "1 -<seconds> 0\n7 -<seconds> 0\n": CLOCK_MONOTONIC and CLOCK_BOOTTIME start at zero for the program.
  char text[64];
  std::size_t at = 0;
  const auto put_number = [&](long value) {
    char digits[24];
    int count = 0;
    do {
      digits[count++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    while (count > 0) text[at++] = digits[--count];
  };
  const auto put_line = [&](char clock, long seconds) {
    text[at++] = clock;
    text[at++] = ' ';
    text[at++] = '-';
    put_number(seconds);
    text[at++] = ' ';
    text[at++] = '0';
    text[at++] = '\n';
  };
  put_line('1', monotonic.tv_sec);
  put_line('7', boot.tv_sec);
  const int fd = ::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return failed(Step::time_namespace);
  const bool written = ::write(fd, text, at) == static_cast<ssize_t>(at);
  const int error = errno;
  (void)::close(fd);
  return written ? done() : failed(Step::time_namespace, error);
}

// The user namespace comes last, so that the mount, net and other namespaces belong to one above it: even a program
// that became root inside would hold no right over them.
Outcome enter_user_namespace(const PlanView& view, const BoxStart& start) {
  if (::syscall(SYS_unshare, CLONE_NEWUSER) != 0) return failed(Step::user_namespace);
  if (::write(kBoxAsk, &start.request.slot, sizeof start.request.slot) != sizeof start.request.slot) {
    return failed(Step::map_ids);
  }
  while (start.maps->mapped.load() == 0) {
    (void)::syscall(SYS_futex, &start.maps->mapped, FUTEX_WAIT, 0, nullptr, nullptr, 0);
  }
  const unsigned id = view.plan().separate_ids != 0 ? kInitId : kProgramId;
  if (view.plan().separate_ids != 0 && ::syscall(SYS_setgroups, 0, nullptr) != 0) return failed(Step::become_init);
  if (::syscall(SYS_setresgid, id, id, id) != 0) return failed(Step::become_init);
  if (::syscall(SYS_setresuid, id, id, id) != 0) return failed(Step::become_init);
  // Changing ids has cleared the death signal.
  return die_with_launcher();
}

Outcome become_harmless(const PlanView& view) {
  if (Outcome outcome = forget_capabilities(); !outcome.ok()) return outcome;
  // Pid 1 signals a program of another id, which takes one capability in this user namespace and no other.
  std::uint64_t kept = view.plan().separate_ids != 0 ? std::uint64_t{1} << CAP_KILL : 0;
  // The steward reaches into the program's memory and copies its descriptors: rights over this user namespace alone,
  // whose every process it traces.
  if (view.plan().deterministic != 0) kept |= std::uint64_t{1} << CAP_SYS_PTRACE;
  if (Outcome outcome = set_capabilities(kept); !outcome.ok()) return outcome;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed(Step::no_new_privileges);
  return done();
}

// Pid 1 and all it traces share one processor, where the kernel found room: nothing inside can be in two places at
// once, and a stop is answered without waking another processor.
Outcome stay_on_one_processor() {
  const int here = ::sched_getcpu();
  if (here < 0) return failed(Step::trace);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(here, &one);
  return ::sched_setaffinity(0, sizeof one, &one) == 0 ? done() : failed(Step::trace);
}

// The program waits until it is traced; what it does before its exec is ours, so it may be traced by its own id.
Outcome trace_program(const PlanView& view, const BoxStart& start, pid_t program) {
  if (Outcome outcome = take_up_program(view, program); !outcome.ok()) return outcome;
  start.maps->mapped.store(kTraced);
  (void)::syscall(SYS_futex, &start.maps->mapped, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  return done();
}

void await_tracer(const BoxStart& start) {
  std::uint32_t seen = start.maps->mapped.load();
  while (seen != kTraced) {
    (void)::syscall(SYS_futex, &start.maps->mapped, FUTEX_WAIT, seen, nullptr, nullptr, 0);
    seen = start.maps->mapped.load();
  }
}

// All signals wait on a signalfd: pid 1 has no handlers, and a signal without a handler never reaches a pid 1 from
// inside its namespace. Negative errno on failure.
int collect_signals() {
  sigset_t all;
  (void)sigfillset(&all);
  if (::sigprocmask(SIG_BLOCK, &all, nullptr) != 0) return -errno;
  const int fd = ::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
  return fd < 0 ? -errno : fd;
}

}  // namespace

[[noreturn]] void live_as_init(const PlanView& view, const BoxStart& start) {
  const std::int64_t begin = now_ns();
  const int control = kBoxControl;
  const Plan& plan = view.plan();
  const int signals = collect_signals();
  if (signals < 0) give_up(control, failed(Step::become_init, -signals));
  insist(control, die_with_launcher());
  insist(control, join_cgroups(start.request.entries));
  if (::setsid() < 0) give_up(control, failed(Step::host_name));
  if (::sethostname(view.text(plan.host_name), plan.host_name.length) != 0) give_up(control, failed(Step::host_name));

  const unsigned owner = start.request.id_count > 1 ? start.request.id_base + kProgramId : start.request.id_base;
  // Before the mounts: it needs a whole /proc for a moment. Before the user namespace: rights over this network end
  // there.
  if (plan.redirection.length != 0) {
    insist(control, build_network(view));
    insist(control, hand_over_doors(control));
  }
  insist(control, mount_own_parts(view, owner));
  if (plan.own_time != 0) insist(control, shift_clocks());
  if (plan.serve_port != 0 && plan.redirection.length == 0) insist(control, raise_loopback());
  const std::int64_t mounted = now_ns();

  insist(control, enter_user_namespace(view, start));

  const bool traced = plan.deterministic != 0;
  if (traced) insist(control, stay_on_one_processor());
  if (traced && ::prctl(PR_SET_DUMPABLE, 1) != 0) give_up(control, failed(Step::trace));
  const long program = fork_plain();
  if (program < 0) give_up(control, failed(Step::fork_program));
  if (program == 0 && traced) await_tracer(start);
  if (program == 0) become_program(view);
  if (traced) insist(control, trace_program(view, start, static_cast<pid_t>(program)));
  for (int fd = kBoxStdio; fd <= kBoxAsk; ++fd) (void)::close(fd);

  // After the fork, so that the program's process never held them.
  if (plan.serve_port != 0) insist(control, hand_over_lines(control));
  insist(control, become_harmless(view));
  // Nothing of the same id may trace or read pid 1. A rootless engine has to read it once first, for the posture check.
  if (::prctl(PR_SET_DUMPABLE, plan.rootless) != 0) give_up(control, failed(Step::become_init));
  insist(control, install_init_filter(traced));
  BoxReport report{};
  report.event = BoxEvent::sealed;
  report.mounts_ns = mounted - begin;
  report.ids_ns = now_ns() - mounted;
  if (send_message(control, &report, sizeof report) != 0) ::_exit(125);

  if (await_order(control).command != InitCommand::approved) ::_exit(125);
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) ::_exit(125);
  report = {};
  report.event = BoxEvent::approved;
  if (send_message(control, &report, sizeof report) != 0) ::_exit(125);
  if (traced) tend_traced(control, signals);
  tend(control, signals, static_cast<pid_t>(program));
}

}  // namespace belljar::sandbox::native
