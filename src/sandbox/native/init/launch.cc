#include "sandbox/native/init/launch.h"

#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <csignal>
#include <cstring>

#include "sandbox/native/init/root.h"
#include "sandbox/native/init/steward.h"

namespace belljar::sandbox::native {

namespace {

struct Launcher {
  PlanView view;
  LauncherStart start;
  int host_proc = -1;
  int signals = -1;
  int asked = -1;                     // read end of the pipe on which sandboxes ask for their id maps
  int ask = -1;                       // write end, for the sandboxes
  MapSignal* maps = nullptr;          // kSlotsMax of them, shared with the sandboxes
  CreateRequest* requests = nullptr;  // by slot
  pid_t* pids = nullptr;              // by slot; 0: none
  bool used[kSlotsMax] = {};          // slots that ever had a sandbox, whose cgroups may exist
};

int reply(const LauncherReply& message, int fd = -1) {
  return send_message(kLauncherSocket, &message, sizeof message, fd);
}

int fail(const Outcome& outcome) {
  LauncherReply message{};
  message.event = LauncherEvent::failed;
  message.step = outcome.step;
  message.error = outcome.error;
  message.item = outcome.item;
  (void)reply(message);
  return 125;
}

void refuse(std::uint32_t slot, const Outcome& outcome) {
  LauncherReply message{};
  message.event = LauncherEvent::refused;
  message.slot = slot;
  message.step = outcome.step;
  message.error = outcome.error;
  (void)reply(message);
}

std::size_t put_number(char* into, std::uint64_t value) {
  char digits[24];
  std::size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (std::size_t at = 0; at < count; ++at) into[at] = digits[count - 1 - at];
  return count;
}

// "/proc/PID/FILE" through the host's proc, which our own root no longer shows.
Outcome write_proc(const Launcher& launcher, pid_t pid, const char* file, const char* text, std::size_t bytes) {
  char path[64];
  std::size_t at = put_number(path, static_cast<std::uint64_t>(pid));
  path[at++] = '/';
  std::memcpy(path + at, file, std::strlen(file) + 1);
  const int fd = ::openat(launcher.host_proc, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return failed(Step::map_ids);
  const bool written = ::write(fd, text, bytes) == static_cast<ssize_t>(bytes);
  const int error = errno;
  (void)::close(fd);
  return written ? done() : failed(Step::map_ids, error);
}

// "INSIDE OUTSIDE COUNT\n"
std::size_t map_line(char* into, std::uint64_t inside, std::uint64_t outside, std::uint64_t count) {
  std::size_t at = put_number(into, inside);
  into[at++] = ' ';
  at += put_number(into + at, outside);
  into[at++] = ' ';
  at += put_number(into + at, count);
  into[at++] = '\n';
  return at;
}

Outcome map_ids(const Launcher& launcher, pid_t pid, const CreateRequest& request) {
  char line[80];
  std::size_t length = 0;
  if (request.id_count > 1) {
    length = map_line(line, 0, request.id_base, request.id_count);
  } else {
    length = map_line(line, kProgramId, request.id_base, 1);
    if (Outcome outcome = write_proc(launcher, pid, "setgroups", "deny", 4); !outcome.ok()) return outcome;
  }
  if (Outcome outcome = write_proc(launcher, pid, "uid_map", line, length); !outcome.ok()) return outcome;
  return write_proc(launcher, pid, "gid_map", line, length);
}

void finish_child(const Launcher& launcher, std::uint32_t slot, int status, const rusage& usage) {
  LauncherReply message{};
  message.event = LauncherEvent::ended;
  message.slot = slot;
  message.pid = launcher.pids[slot];
  message.status = status;
  message.usage.user_ns = usage.ru_utime.tv_sec * 1'000'000'000L + usage.ru_utime.tv_usec * 1000L;
  message.usage.system_ns = usage.ru_stime.tv_sec * 1'000'000'000L + usage.ru_stime.tv_usec * 1000L;
  message.usage.faults_minor = static_cast<std::uint64_t>(usage.ru_minflt);
  message.usage.faults_major = static_cast<std::uint64_t>(usage.ru_majflt);
  launcher.pids[slot] = 0;
  (void)reply(message);
}

// A pid 1 is reaped only after the kernel has ended and reaped every other process of its namespace.
void reap(const Launcher& launcher) {
  for (;;) {
    int status = 0;
    rusage usage{};
    const pid_t pid = ::wait4(-1, &status, WNOHANG, &usage);
    if (pid <= 0) return;
    for (std::uint32_t slot = 0; slot < kSlotsMax; ++slot) {
      if (launcher.pids[slot] == pid) finish_child(launcher, slot, status, usage);
    }
  }
}

// The child's own copies, at the numbers box.h names; nothing else of the launcher's stays open.
Outcome take_descriptors(const Launcher& launcher, const CreateRequest& request, const Received& got) {
  const int count = 6 + static_cast<int>(request.entries);
  int high[6 + kEntriesMax];
  for (int at = 0; at < count; ++at) {
    const int source = at < 5 ? got.fds[at] : at == 5 ? launcher.ask : got.fds[at - 1];
    high[at] = ::fcntl(source, F_DUPFD_CLOEXEC, 64);
    if (high[at] < 0) return failed(Step::clone);
  }
  for (int at = 0; at < count; ++at) {
    if (::dup3(high[at], kBoxControl + at, O_CLOEXEC) < 0) return failed(Step::clone);
  }
  return close_from(static_cast<unsigned>(kBoxControl + count)) == 0 ? done() : failed(Step::clone);
}

Outcome create(Launcher& launcher, const CreateRequest& request, const Received& got) {
  if (request.slot >= kSlotsMax || launcher.pids[request.slot] != 0 || request.entries > kEntriesMax ||
      got.fd_count != 5 + request.entries + request.into_cgroup) {
    return failed(Step::clone, EINVAL);
  }
  launcher.maps[request.slot].mapped.store(0);
  launcher.requests[request.slot] = request;
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_PIDFD;
  arguments.exit_signal = SIGCHLD;
  arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
  if (request.into_cgroup == 1) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<std::uint64_t>(got.fds[5 + request.entries]);
  }
  launcher.used[request.slot] = true;
  const long pid = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (pid < 0) return failed(Step::clone);
  if (pid == 0) {
    if (!take_descriptors(launcher, request, got).ok()) ::_exit(125);
    live_as_init(launcher.view, {request, &launcher.maps[request.slot]});
  }
  launcher.pids[request.slot] = static_cast<pid_t>(pid);
  LauncherReply message{};
  message.event = LauncherEvent::created;
  message.slot = request.slot;
  message.pid = static_cast<std::int32_t>(pid);
  (void)reply(message, pidfd);
  (void)::close(pidfd);
  return done();
}

// A sandbox has entered its user namespace and waits for its id maps.
void answer_ask(Launcher& launcher) {
  std::uint32_t slot = 0;
  if (::read(launcher.asked, &slot, sizeof slot) != sizeof slot || slot >= kSlotsMax) return;
  const pid_t pid = launcher.pids[slot];
  if (pid == 0) return;
  const Outcome outcome = map_ids(launcher, pid, launcher.requests[slot]);
  if (!outcome.ok()) {
    refuse(slot, outcome);
    (void)::kill(pid, SIGKILL);
    return;
  }
  launcher.maps[slot].mapped.store(1);
  (void)::syscall(SYS_futex, &launcher.maps[slot].mapped, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

// False when the engine is gone.
bool serve_engine(Launcher& launcher) {
  CreateRequest request{};
  const Received got = receive(kLauncherSocket, &request, sizeof request);
  if (got.bytes <= 0) return false;
  Outcome outcome = failed(Step::clone, EPROTO);
  if (got.bytes == sizeof request) outcome = create(launcher, request, got);
  for (std::uint32_t at = 0; at < got.fd_count; ++at) (void)::close(got.fds[at]);
  if (!outcome.ok()) refuse(request.slot, outcome);
  return true;
}

// "belljar/b3-17" below each hierarchy we were handed, then "belljar" itself if nobody else uses it.
void remove_cgroups(const Launcher& launcher) {
  char path[kCgroupNameMax + 32] = "belljar/";
  const std::size_t prefix = ::strnlen(launcher.start.cgroup_prefix, kCgroupNameMax - 1);
  std::memcpy(path + 8, launcher.start.cgroup_prefix, prefix);
  for (std::uint32_t at = 0; at < launcher.start.hierarchies; ++at) {
    const int hierarchy = kLauncherHierarchies + static_cast<int>(at);
    for (std::uint32_t slot = 0; slot < kSlotsMax; ++slot) {
      if (!launcher.used[slot]) continue;
      path[8 + prefix + put_number(path + 8 + prefix, slot)] = '\0';
      (void)::unlinkat(hierarchy, path, AT_REMOVEDIR);
    }
    (void)::unlinkat(hierarchy, "belljar", AT_REMOVEDIR);
  }
}

// The engine is gone, by choice or by SIGKILL: nothing of its sandboxes may outlive it.
void clear_up(const Launcher& launcher) {
  for (std::uint32_t slot = 0; slot < kSlotsMax; ++slot) {
    if (launcher.pids[slot] != 0) (void)::kill(launcher.pids[slot], SIGKILL);
  }
  while (::wait4(-1, nullptr, 0, nullptr) > 0 || errno == EINTR) {
  }
  remove_cgroups(launcher);
}

// The engine spawns us before it knows what for; what it then sends takes the numbers that plan.h names, the next free.
Outcome take_instructions(Launcher& launcher) {
  const Received got = receive(kLauncherSocket, &launcher.start, sizeof launcher.start);
  if (got.bytes != sizeof launcher.start || got.fd_count != launcher.start.hierarchies + 2) {
    return failed(Step::read_plan, EPROTO);
  }
  for (std::uint32_t at = 0; at < got.fd_count; ++at) {
    if (got.fds[at] != kLauncherPlan + static_cast<int>(at)) return failed(Step::read_plan, EPROTO);
  }
  return done();
}

Outcome prepare(Launcher& launcher) {
  if (::prctl(PR_SET_NAME, "belljar-init") != 0) return failed(Step::read_plan);
  (void)::umask(0);
  // Ctrl-C at a terminal is the engine's to handle; the launcher outlives it by the moment it needs to clear up.
  (void)::setsid();
  sigset_t all;
  (void)sigfillset(&all);
  if (::sigprocmask(SIG_BLOCK, &all, nullptr) != 0) return failed(Step::read_plan);
  sigset_t children;
  (void)sigemptyset(&children);
  (void)sigaddset(&children, SIGCHLD);
  launcher.signals = ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  launcher.host_proc = ::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  int pipe[2];
  if (launcher.signals < 0 || launcher.host_proc < 0 || ::pipe2(pipe, O_CLOEXEC) != 0) return failed(Step::read_plan);
  launcher.asked = pipe[0];
  launcher.ask = pipe[1];
  const std::size_t bytes = kSlotsMax * (sizeof(MapSignal) + sizeof(CreateRequest) + sizeof(pid_t));
  void* shared = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return failed(Step::read_plan);
  launcher.maps = static_cast<MapSignal*>(shared);
  launcher.requests = reinterpret_cast<CreateRequest*>(launcher.maps + kSlotsMax);
  launcher.pids = reinterpret_cast<pid_t*>(launcher.requests + kSlotsMax);
  return done();
}

Outcome map_plan(Launcher& launcher) {
  struct stat info {};
  if (::fstat(kLauncherPlan, &info) != 0) return failed(Step::read_plan);
  const auto bytes = static_cast<std::size_t>(info.st_size);
  if (bytes < sizeof(Plan)) return failed(Step::read_plan, EINVAL);
  void* mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, kLauncherPlan, 0);
  if (mapped == MAP_FAILED) return failed(Step::read_plan);
  launcher.view = PlanView{mapped};
  const Plan& plan = launcher.view.plan();
  // A belljar-init of another build would misread everything after this line.
  if (plan.magic != kPlanMagic || plan.size != bytes) return failed(Step::read_plan, EPROTO);
  return done();
}

// Rootless: a user namespace of the launcher's own gives it the rights to mount; the engine writes its id maps.
Outcome enter_own_namespaces(const Launcher& launcher) {
  if (launcher.view.plan().rootless == 0) {
    return ::syscall(SYS_unshare, CLONE_NEWNS) == 0 ? done() : failed(Step::private_mounts);
  }
  if (::syscall(SYS_unshare, CLONE_NEWUSER) != 0) return failed(Step::user_namespace);
  LauncherReply message{};
  message.event = LauncherEvent::unshared;
  (void)reply(message);
  InitOrder order{};
  if (receive(kLauncherSocket, &order, sizeof order).bytes != sizeof order) return failed(Step::map_ids, ECONNRESET);
  if (::syscall(SYS_setresgid, 0, 0, 0) != 0 || ::syscall(SYS_setresuid, 0, 0, 0) != 0) return failed(Step::map_ids);
  return ::syscall(SYS_unshare, CLONE_NEWNS) == 0 ? done() : failed(Step::private_mounts);
}

}  // namespace

int launch() {
  remember_beginning();
  static Launcher launcher{PlanView{nullptr}, {}};
  if (Outcome outcome = take_instructions(launcher); !outcome.ok()) return fail(outcome);
  if (Outcome outcome = prepare(launcher); !outcome.ok()) return fail(outcome);
  if (Outcome outcome = map_plan(launcher); !outcome.ok()) return fail(outcome);
  if (Outcome outcome = enter_own_namespaces(launcher); !outcome.ok()) return fail(outcome);
  if (Outcome outcome = build_shared_root(launcher.view); !outcome.ok()) return fail(outcome);
  LauncherReply ready{};
  ready.event = LauncherEvent::ready;
  if (reply(ready) != 0) return 125;
  for (;;) {
    pollfd polled[3] = {{kLauncherSocket, POLLIN, 0}, {launcher.signals, POLLIN, 0}, {launcher.asked, POLLIN, 0}};
    if (::poll(polled, 3, -1) < 0 && errno != EINTR) break;
    if (polled[2].revents != 0) answer_ask(launcher);
    if (polled[1].revents != 0) {
      char record[128];
      (void)!::read(launcher.signals, record, sizeof record);
      reap(launcher);
    }
    if (polled[0].revents != 0 && !serve_engine(launcher)) break;
  }
  clear_up(launcher);
  return 0;
}

}  // namespace belljar::sandbox::native
