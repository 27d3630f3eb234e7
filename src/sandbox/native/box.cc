#include "sandbox/native/box.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "base/check.h"
#include "base/text.h"
#include "os/error.h"
#include "os/file.h"
#include "sandbox/native/deterministic.h"
#include "sandbox/native/native_engine.h"
#include "sandbox/native/posture.h"
#include "sandbox/native/redirection.h"
#include "sandbox/native/walls.h"

namespace belljar::sandbox::native {

static_assert(kServeLines == kLinesMax);

namespace {

struct Heard {
  BoxReport report;
  pid_t from = 0;
  os::Fd line;
  ssize_t bytes = 0;
};

// With the sender's pid as we number it: how the program's process makes itself known.
Heard hear(int socket) {
  Heard heard;
  iovec part{&heard.report, sizeof heard.report};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred)) + CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  heard.bytes = ::recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  for (cmsghdr* header = heard.bytes > 0 ? CMSG_FIRSTHDR(&message) : nullptr; header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET) continue;
    if (header->cmsg_type == SCM_CREDENTIALS) {
      ucred sender{};
      std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
      heard.from = sender.pid;
    } else if (header->cmsg_type == SCM_RIGHTS) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
      heard.line = os::Fd{fd};
    }
  }
  return heard;
}

}  // namespace

Box::Box(Template& home, std::uint32_t slot, os::Cgroup group, BoxPipes pipes, const Clock& clock)
    : home_{home},
      slot_{slot},
      group_{std::move(group)},
      pipes_{std::move(pipes)},
      clock_{clock},
      requested_{clock.monotonic()},
      last_mark_{requested_} {
  report_.degraded = home.degraded;
  if (home.spec.deterministic) report_.deterministic = spec::DeterministicReport{home.spec.deterministic->seed, {}};
}

void Box::mark(const std::string& step) {
  const Nanoseconds now = clock_.monotonic();
  report_.start.push_back({step, (now - last_mark_).count()});
  last_mark_ = now;
}

void Box::fail(const std::string& why) {
  if (failure_.empty()) failure_ = why;
  if (state_ == BoxState::building || state_ == BoxState::ready) kill(spec::EndStatus::denied, why);
}

void Box::on_created(pid_t pid, os::Fd pidfd) {
  init_ = pid;
  pidfd_ = std::move(pidfd);
  mark("clone");
}

void Box::on_refused(const LauncherReply& reply) {
  fail("seal sandbox " + home_.spec.name + ": " + std::string{step_name(reply.step)} + ": " +
       os::errno_name(reply.error) + ". " + std::string{step_remedy(reply.step, reply.error)});
  if (init_ == 0) state_ = BoxState::ended;  // nothing was cloned
}

void Box::on_control() {
  for (;;) {
    Heard heard = hear(pipes_.control.get());
    if (heard.bytes != static_cast<ssize_t>(sizeof heard.report)) {
      // End of file: every holder is gone; the launcher's word on the end follows.
      if (heard.bytes == 0 || (heard.bytes < 0 && errno != EAGAIN && errno != EINTR)) {
        pipes_.control.reset();
        let_go();
      }
      return;
    }
    switch (heard.report.event) {
      case BoxEvent::line:
        on_line(std::move(heard.line));
        break;
      case BoxEvent::door:
        on_door(heard.report.item, std::move(heard.line));
        break;
      case BoxEvent::sealed:
        on_sealed(heard.report);
        break;
      case BoxEvent::program_ready:
        on_program_ready(heard.report, heard.from);
        break;
      case BoxEvent::approved:
        if (state_ == BoxState::building && failure_.empty()) on_approved();
        break;
      case BoxEvent::failed: {
        const std::string what = std::string{step_name(heard.report.step)} + ": " + os::errno_name(heard.report.error);
        const bool command = heard.report.step >= Step::change_directory;
        if (command) report_.reason = what;
        if (!command) {
          fail("seal sandbox " + home_.spec.name + ": " + what + " (item " + std::to_string(heard.report.item) + "). " +
               std::string{step_remedy(heard.report.step, heard.report.error)});
        }
        break;
      }
      case BoxEvent::unfixed:
        on_unfixed(heard.report.item);
        break;
      case BoxEvent::exited:
        exit_status_ = heard.report.status;
        exited_ = clock_.monotonic();
        if (state_ == BoxState::running) state_ = BoxState::exited;
        break;
    }
  }
}

void Box::on_unfixed(std::uint32_t what) {
  if (!report_.deterministic || what >= static_cast<std::uint32_t>(Unfixed::last)) return;
  const std::string name{unfixed_name(static_cast<Unfixed>(what))};
  std::vector<std::string>& known = report_.deterministic->unfixed;
  if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
}

// Lines come before pid 1 is sealed; what would come later is no line of ours.
void Box::on_line(os::Fd line) {
  if (init_sealed_ || !line || lines_.size() >= kServeLines || home_.spec.serve_port == 0) return;
  lines_.push_back(std::move(line));
}

void Box::on_door(std::uint32_t door, os::Fd socket) {
  if (init_sealed_ || !socket || door >= doors_.size() || doors_[door] || !home_.spec.gateway) return;
  doors_[door] = std::move(socket);
}

Result<GatewayDoors> Box::gateway_doors() {
  const auto take = [&](Door door) { return std::move(doors_[static_cast<std::size_t>(door)]); };
  GatewayDoors doors{take(Door::http), take(Door::socks), take(Door::transparent), take(Door::dns)};
  if (!doors.http || !doors.socks || !doors.transparent || !doors.dns) {
    return Error{Errc::unavailable,
                 "take the doors of sandbox " + home_.spec.name +
                     (home_.spec.gateway ? ": they were taken before" : ": its spec has no gateway")};
  }
  return doors;
}

Result<std::string> Box::network_differences() const {
  const os::Fd& netfilter = doors_[static_cast<std::size_t>(Door::netfilter)];
  const os::Fd& route = doors_[static_cast<std::size_t>(Door::route)];
  if (!netfilter || !route) {
    return Error{Errc::unavailable,
                 "read the network of sandbox " + home_.spec.name + ": it has no gateway, or is gone"};
  }
  return check_network(netfilter.get(), route.get());
}

void Box::on_sealed(const BoxReport& report) {
  report_.start.push_back({"mounts", report.mounts_ns});
  report_.start.push_back({"user_namespace", report.ids_ns});
  init_sealed_ = true;
  check_and_approve();
}

void Box::on_program_ready(const BoxReport& report, pid_t program) {
  report_.start.push_back({"walls", report.walls_ns});
  program_ = program;
  program_sealed_ = true;
  const os::Fd process{static_cast<int>(::syscall(SYS_pidfd_open, program, 0))};
  os::Fd listener{process ? static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), report.listener, 0)) : -1};
  if (!listener) {
    fail("seal sandbox " + home_.spec.name + ": take the seccomp listener: " + os::errno_name(errno));
    return;
  }
  Result<Notifications> notifications = Notifications::open(std::move(listener), home_.filter, clock_.monotonic());
  if (!notifications) {
    fail(notifications.error().message());
    return;
  }
  notifications_.emplace(std::move(notifications).value());
  check_and_approve();
}

void Box::check_and_approve() {
  if (!init_sealed_ || !program_sealed_ || !failure_.empty()) return;
  mark("seal");
  if (home_.spec.serve_port != 0 && lines_.size() != kServeLines) {
    fail("seal sandbox " + home_.spec.name + ": " + std::to_string(lines_.size()) + " of its " +
         std::to_string(kServeLines) + " lines arrived");
    return;
  }
  if (home_.spec.gateway && !std::all_of(doors_.begin(), doors_.end(), [](const os::Fd& fd) { return bool{fd}; })) {
    fail("seal sandbox " + home_.spec.name + ": not all sockets of its gateway arrived");
    return;
  }
  const Posture posture = expected_posture();
  const Depth depth = home_.posture_known ? Depth::every_start : Depth::first_of_a_plan;
  Result<std::string> differences = check_posture(posture, depth);
  if (home_.spec.gateway && differences && differences.value().empty()) differences = network_differences();
  if (!differences || !differences.value().empty()) {
    report_.posture = differences ? differences.value() : differences.error().message();
    fail("check the posture of sandbox " + home_.spec.name + ": " + report_.posture + "; it was killed");
    return;
  }
  home_.posture_known = true;
  if (Result<void> looked = look_inside(); !looked) {
    fail(looked.error().message());
    return;
  }
  mark("posture");
  const InitOrder order{InitCommand::approved, 0};
  if (::send(pipes_.control.get(), &order, sizeof order, MSG_NOSIGNAL) != sizeof order) {
    fail("approve sandbox " + home_.spec.name + ": pid 1 is gone");
    return;
  }
  // As root pid 1 was closed to the program from the first; otherwise its own word that it is now is awaited.
  if (!home_.powers.rootless) on_approved();
}

// Descriptors on the sandbox's own folders, taken before the program can change what stands there.
Result<void> Box::look_inside() {
  const std::string path = "/proc/" + std::to_string(program_) + "/root";
  const os::Fd root{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!root) return os::os_error("look into sandbox " + home_.spec.name);
  constexpr std::array<const char*, 4> kFolders{"tmp", "work", "out", "dev/shm"};
  for (std::size_t at = 0; at < kFolders.size(); ++at) {
    folders_[at] = TRY_CTX(os::open_beneath(root.get(), kFolders[at], O_PATH | O_DIRECTORY), "look into the sandbox");
  }
  for (const spec::PlantedFile& file : home_.spec.planted) {
    if (!file.canary) continue;
    const os::Fd planted = TRY(os::open_beneath(root.get(), file.inside.substr(1), O_PATH));
    const std::string link = "/proc/self/fd/" + std::to_string(planted.get());
    const int watch =
        ::inotify_add_watch(home_.inotify, link.c_str(), IN_OPEN | IN_ACCESS | IN_MODIFY | IN_ATTRIB | IN_MASK_CREATE);
    if (watch < 0) return os::os_error("watch the canary " + file.inside);
    watches.push_back(watch);
  }
  struct stat info {};
  if (::stat(("/proc/" + std::to_string(program_) + "/ns/pid").c_str(), &info) == 0) {
    pid_namespace_ = std::to_string(info.st_ino);
  }
  return {};
}

// Hanging up and connecting anew keep the descriptor, so that a poll set or its owner need not learn a new one.
Result<int> Box::connect(std::size_t line) {
  const std::string doing =
      "connect to port " + std::to_string(home_.spec.serve_port) + " of sandbox " + home_.spec.name;
  CHECK(line < lines_.size(), "a line of a sandbox that serves");
  if (state_ != BoxState::running) return Error{Errc::unavailable, doing + ": it is not running"};
  const int fd = lines_[line].get();
  const sockaddr nothing{AF_UNSPEC, {}};
  (void)::connect(fd, &nothing, sizeof nothing);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(home_.spec.serve_port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int error = ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 ? 0 : errno;
  if (error == EINPROGRESS) {
    // On a loopback a refusal is there by now; a listener with a full backlog stays silent, and the write waits.
    socklen_t size = sizeof error;
    error = 0;
    (void)::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error == 0) return fd;
  if (error == ECONNREFUSED) return Error{Errc::unavailable, doing + ": nothing listens there"};
  return os::os_error(doing, error);
}

void Box::signal(int number) {
  const InitOrder order{InitCommand::signal, number};
  if (pipes_.control) (void)::send(pipes_.control.get(), &order, sizeof order, MSG_NOSIGNAL);
}

Result<void> Box::freeze() {
  if (state_ != BoxState::running || frozen_) return {};
  TRY_CTX(group_.freeze(), "freeze sandbox " + home_.spec.name);
  frozen_ = true;
  return {};
}

Result<void> Box::thaw() {
  if (!std::exchange(frozen_, false)) return {};
  return group_.thaw();
}

// Killing pid 1 of a pid namespace ends every process in it, whatever they do.
void Box::kill(spec::EndStatus status, const std::string& why) {
  if (state_ == BoxState::ended || state_ == BoxState::gone) return;
  if (!killed_by_us_ && !exit_status_) {
    killed_by_us_ = true;
    report_.status = status;
    report_.reason = why;
  }
  if (pidfd_) (void)::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  let_go();
  // What cgroup v1 froze dies once it thaws; it gets to run nothing before.
  (void)thaw();
}

void Box::on_ended(const LauncherReply& reply) {
  if (!abandoned) sample(clock_.monotonic());
  drain_refusals();
  const Nanoseconds end = exit_status_ ? exited_ : clock_.monotonic();
  report_.wall_ns = started_.count() == 0 ? 0 : (end - started_).count();
  report_.cpu_ns = std::max(report_.cpu_ns, reply.usage.user_ns + reply.usage.system_ns);
  report_.memory.page_faults_minor = std::max(report_.memory.page_faults_minor, reply.usage.faults_minor);
  report_.memory.page_faults_major = std::max(report_.memory.page_faults_major, reply.usage.faults_major);
  if (started_.count() == 0 && failure_.empty()) fail("seal sandbox " + home_.spec.name + ": pid 1 ended early");
  conclude(exit_status_.value_or(reply.status));
  state_ = BoxState::ended;
  report_.destruction_proof.push_back("pid 1 (host pid " + std::to_string(init_) + ") reaped, pid namespace " +
                                      pid_namespace_ + " has no process");
}

// What the kernel counted decides; what the program printed does not.
void Box::conclude(int wait_status) {
  if (WIFEXITED(wait_status)) {
    report_.exit_code = WEXITSTATUS(wait_status);
  } else if (WIFSIGNALED(wait_status)) {
    report_.signal = WTERMSIG(wait_status);
    report_.exit_code = 128 + report_.signal;
  }
  if (killed_by_us_) return;
  const spec::Quotas& quotas = home_.spec.quotas;
  if (report_.memory.oom_events > 0 && report_.signal == SIGKILL) {
    report_.status = spec::EndStatus::memory;
    report_.reason = "memory: the kernel killed " + std::to_string(report_.memory.oom_events) + " process(es) at " +
                     human_bytes(quotas.memory_bytes) + " (" + std::string{"cgroup oom_kill"} + ")";
  } else if (report_.signal == SIGXFSZ) {
    report_.status = spec::EndStatus::limit;
    report_.reason = "file-size: a file passed " + human_bytes(quotas.file_bytes) + " (SIGXFSZ)";
  } else if (report_.signal == SIGXCPU) {
    report_.status = spec::EndStatus::limit;
    report_.reason = "cpu-time: passed " + std::to_string(quotas.cpu_time.count()) + " ms (SIGXCPU)";
  } else if (report_.signal == SIGSYS) {
    report_.status = spec::EndStatus::denied;
    report_.reason = "system call of a foreign ABI (SIGSYS)";
    note({"seccomp", "foreign-abi", "", "", "", program_, "killed", 1, age().count()});
  } else {
    report_.status = report_.signal != 0 ? spec::EndStatus::signaled : spec::EndStatus::exited;
    if (report_.reason.empty() && report_.signal != 0) report_.reason = std::string{::strsignal(report_.signal)};
  }
}

Result<void> Box::remove() {
  CHECK(state_ == BoxState::ended, "a box is removed once nothing of it runs");
  if (group_) {
    for (std::string& line : TRY_CTX(group_.remove(), "remove sandbox " + home_.spec.name)) {
      report_.destruction_proof.push_back(std::move(line));
    }
  }
  for (os::Fd& folder : folders_) folder.reset();
  lines_.clear();  // each held the network namespace
  for (os::Fd& door : doors_) door.reset();
  report_.destruction_proof.push_back("its mounts and files lived in its mount namespace, which ended with pid 1");
  report_.destroyed = true;
  state_ = BoxState::gone;
  return {};
}

}  // namespace belljar::sandbox::native
