// Reaching other processes, and outliving one's own end.
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

pid_t neighbour(const Params& given) { return static_cast<pid_t>(given.number("wpid")); }
pid_t supervisor(const Params& given) { return static_cast<pid_t>(given.number("boss")); }

Outcome trace_neighbour(const Params& given) {
  const pid_t pid = neighbour(given);
  if (::ptrace(PTRACE_ATTACH, pid, nullptr, nullptr) != 0) return denied("attach to a neighbour");
  (void)::waitpid(pid, nullptr, __WALL);
  tell("read memory: ");
  const unsigned long address = std::strtoul(given.get("address").c_str(), nullptr, 10);
  for (unsigned long at = address; at < address + 128; at += sizeof(long)) {
    const long word = ::ptrace(PTRACE_PEEKDATA, pid, reinterpret_cast<void*>(at), nullptr);
    tell({reinterpret_cast<const char*>(&word), sizeof word});
  }
  (void)::ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
  return escaped("read a neighbour's memory as its tracer");
}

Outcome read_memory(const Params& given) {
  std::array<char, 128> buffer{};
  const iovec here{buffer.data(), buffer.size()};
  const iovec there{reinterpret_cast<void*>(std::strtoul(given.get("address").c_str(), nullptr, 10)), buffer.size()};
  if (::process_vm_readv(neighbour(given), &here, 1, &there, 1, 0) < 0) return denied("process_vm_readv");
  tell(std::string{"read memory: "} + buffer.data() + "\n");
  return escaped("read a neighbour's memory");
}

Outcome write_memory(const Params& given) {
  long word = 0xbad;
  const iovec here{&word, sizeof word};
  const iovec there{reinterpret_cast<void*>(std::strtoul(given.get("word").c_str(), nullptr, 10)), sizeof word};
  return of_call(::process_vm_writev(neighbour(given), &here, 1, &there, 1, 0), "write a neighbour's memory");
}

// SIGURG: noticed by the witness, ignored by everyone else.
Outcome signal_neighbour(const Params& given) {
  return any_of(
      {of_call(::kill(neighbour(given), SIGURG), "signal a neighbour"),
       of_call(::syscall(SYS_tgkill, neighbour(given), neighbour(given), SIGURG), "signal a neighbour's thread")});
}

Outcome signal_all(const Params&) {
  if (::kill(-1, SIGURG) != 0) return denied("signal every process");
  return done("signalled every process in sight");
}

Outcome signal_group(const Params& given) {
  return any_of({of_call(::kill(-neighbour(given), SIGURG), "signal a neighbour's group"),
                 of_call(::syscall(SYS_rt_sigqueueinfo, neighbour(given), SIGURG, nullptr), "queue a signal")});
}

int open_neighbour(const Params& given) { return static_cast<int>(::syscall(SYS_pidfd_open, neighbour(given), 0)); }

Outcome signal_by_descriptor(const Params& given) {
  const int fd = open_neighbour(given);
  if (fd < 0) return denied("pidfd_open a neighbour");
  return of_call(::syscall(SYS_pidfd_send_signal, fd, SIGURG, nullptr, 0), "signal by descriptor");
}

Outcome steal_descriptor(const Params& given) {
  const int fd = open_neighbour(given);
  if (fd < 0) return denied("pidfd_open a neighbour");
  const int stolen = static_cast<int>(::syscall(SYS_pidfd_getfd, fd, given.number("secretfd"), 0));
  if (stolen < 0) return denied("pidfd_getfd");
  return tell_descriptor(stolen, "a neighbour's open file");
}

Outcome memory_file(const Params& given) {
  const std::string path = "/proc/" + given.get("wpid") + "/mem";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return denied("open " + path);
  std::array<char, 128> buffer{};
  if (::pread(fd, buffer.data(), buffer.size(), std::strtol(given.get("address").c_str(), nullptr, 10)) < 0)
    return denied("read memory");
  tell(std::string{"read memory: "} + buffer.data() + "\n");
  return escaped("read a neighbour's memory file");
}

Outcome environment_of_neighbour(const Params& given) {
  return read_and_tell("/proc/" + given.get("wpid") + "/environ");
}

Outcome scan_processes(const Params&) {
  Outcome last = denied("no process has a command line with a secret", ENOENT);
  for (int pid = 1; pid < 32768; ++pid) {
    const std::string path = "/proc/" + std::to_string(pid) + "/cmdline";
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) continue;
    std::array<char, 512> buffer{};
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    (void)::close(fd);
    const std::string_view line{buffer.data(), static_cast<std::size_t>(got > 0 ? got : 0)};
    if (line.find("witness") == std::string_view::npos) continue;
    tell(line);
    last = escaped("read a neighbour's command line");
  }
  return last;
}

[[noreturn]] void outlive(const Params& given) {
  const std::string marker = given.get("marker");
  for (int fd = 0; fd < 64; ++fd) (void)::close(fd);
  (void)::execl("/proc/self/exe", "belljar-probe", "linger", marker.c_str(), static_cast<char*>(nullptr));
  (void)::execl("/probe", "belljar-probe", "linger", marker.c_str(), static_cast<char*>(nullptr));
  _exit(1);
}

Outcome daemonize(const Params& given) {
  const pid_t child = ::fork();
  if (child < 0) return denied("fork");
  if (child == 0) {
    (void)::setsid();
    if (::fork() == 0) outlive(given);
    _exit(0);
  }
  (void)::waitpid(child, nullptr, 0);
  (void)::usleep(30'000);
  return done("left a daemon behind");
}

Outcome ignore_and_stop(const Params& given) {
  for (int number = 1; number < 65; ++number) (void)::signal(number, SIG_IGN);
  const pid_t child = ::fork();
  if (child < 0) return denied("fork");
  if (child == 0) {
    (void)::setpgid(0, 0);
    outlive(given);
  }
  (void)::usleep(30'000);
  (void)::kill(child, SIGSTOP);
  return done("left a stopped child that ignores every signal");
}

// A process that is never there long enough to be killed by number.
Outcome exec_chain(const Params& given) {
  const pid_t child = ::fork();
  if (child < 0) return denied("fork");
  if (child > 0) {
    (void)::usleep(60'000);
    return done("left a chain of short-lived processes");
  }
  for (int i = 0; i < 30; ++i) {
    if (::fork() != 0) _exit(0);
    (void)::usleep(1'000);
  }
  outlive(given);
}

Outcome enter_namespaces(const Params& given) {
  Outcome last;
  for (const char* kind : {"mnt", "pid", "uts", "ipc", "user", "cgroup"}) {
    for (const std::string& pid : {given.get("wpid"), std::string{"1"}}) {
      const std::string path = "/proc/" + pid + "/ns/" + kind;
      const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      last = fd < 0 ? denied("open " + path) : of_call(::setns(fd, 0), "setns " + path);
      if (last.kind == Outcome::Kind::escaped) return last;
    }
  }
  return last;
}

Outcome enter_by_process(const Params& given) {
  const int fd = open_neighbour(given);
  const int own = static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0));
  return any_of({of_call(::setns(fd, CLONE_NEWNS | CLONE_NEWUTS), "enter a neighbour by its descriptor"),
                 of_call(::setns(own, CLONE_NEWUTS), "setns by descriptor")});
}

Outcome realtime(const Params&) {
  sched_param parameter{};
  parameter.sched_priority = 1;
  return any_of({of_call(::sched_setscheduler(0, SCHED_FIFO, &parameter), "become SCHED_FIFO"),
                 of_call(::sched_setscheduler(0, SCHED_RR, &parameter), "become SCHED_RR")});
}

Outcome priority(const Params&) { return of_call(::setpriority(PRIO_PROCESS, 0, -10), "raise the own priority"); }

Outcome io_priority(const Params&) {
  constexpr int kWhoProcess = 1;
  constexpr int kRealtime = 1 << 13;
  return of_call(::syscall(SYS_ioprio_set, kWhoProcess, 0, kRealtime), "become I/O realtime");
}

Outcome core_dump(const Params&) {
  rlimit limit{};
  (void)::getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = limit.rlim_max;
  if (limit.rlim_max == 0) limit = {RLIM_INFINITY, RLIM_INFINITY};
  return of_call(::setrlimit(RLIMIT_CORE, &limit), "allow core dumps");
}

Outcome kill_supervisor(const Params& given) {
  for (const int number : {SIGTERM, SIGINT, SIGSEGV, SIGSTOP, SIGKILL}) (void)::kill(supervisor(given), number);
  for (const int number : {SIGRTMIN + 5, SIGABRT, SIGCHLD}) (void)::kill(supervisor(given), number);
  (void)::kill(neighbour(given), SIGKILL);
  return done("sent the supervisor every signal that kills");
}

Outcome trace_supervisor(const Params& given) {
  return of_call(::ptrace(PTRACE_SEIZE, supervisor(given), nullptr, nullptr), "trace the supervisor");
}

Outcome read_supervisor(const Params& given) {
  const std::string process = "/proc/" + given.get("boss");
  return any_of({read_and_tell(process + "/environ"), read_and_tell(process + "/fd/" + given.get("secretfd")),
                 read_and_tell(process + "/root" + given.get("secret"))});
}

Outcome blind_supervisor(const Params&) {
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return of_call(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "open a packet socket while unreadable");
}

Outcome compare_kernel_pointers(const Params& given) {
  constexpr int kFile = 0;
  return of_call(::syscall(SYS_kcmp, ::getpid(), neighbour(given), kFile, 0, 0),
                 "compare kernel objects with a neighbour's");
}

Outcome limit_neighbour(const Params& given) {
  const rlimit limit{64, 64};
  return of_call(::prlimit(neighbour(given), RLIMIT_NOFILE, &limit, nullptr), "set a neighbour's limits");
}

Outcome slow_neighbour(const Params& given) {
  return of_call(::setpriority(PRIO_PROCESS, static_cast<id_t>(neighbour(given)), 19), "lower a neighbour's priority");
}

Outcome robust_list(const Params& given) {
  void* head = nullptr;
  std::size_t size = 0;
  return of_call(::syscall(SYS_get_robust_list, neighbour(given), &head, &size), "read a neighbour's lock list");
}

constexpr Attack kAttacks[] = {
    {"PROC01", trace_neighbour},
    {"PROC02", read_memory},
    {"PROC03", write_memory},
    {"PROC04", signal_neighbour},
    {"PROC05", signal_all},
    {"PROC06", signal_group},
    {"PROC07", signal_by_descriptor},
    {"PROC08", steal_descriptor},
    {"PROC09", memory_file},
    {"PROC10", environment_of_neighbour},
    {"PROC11", scan_processes},
    {"PROC12", daemonize},
    {"PROC13", ignore_and_stop},
    {"PROC14", exec_chain},
    {"PROC15", enter_namespaces},
    {"PROC16", enter_by_process},
    {"PROC17", realtime},
    {"PROC18", priority},
    {"PROC19", io_priority},
    {"PROC20", core_dump},
    {"PROC21", kill_supervisor},
    {"PROC22", trace_supervisor},
    {"PROC23", read_supervisor},
    {"PROC24", blind_supervisor},
    {"PROC25", compare_kernel_pointers},
    {"PROC26", limit_neighbour},
    {"PROC27", slow_neighbour},
    {"PROC28", robust_list},
};

}  // namespace

std::span<const Attack> proc_attacks() { return kAttacks; }

}  // namespace belljar::suite
