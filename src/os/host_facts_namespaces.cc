#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

#include "os/file.h"
#include "os/host_facts.h"
#include "os/host_facts_trial.h"
#include "os/run_program.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

namespace belljar::os {

namespace {

int write_text(const std::string& path, std::string_view text) {
  const Fd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!fd) return errno;
  return ::write(fd.get(), text.data(), text.size()) < 0 ? errno : 0;
}

Trial enter_and_say(int flags, const char* what) {
  return try_in_child([flags, what]() -> Trial {
    Trial entered = enter_namespaces(flags);
    if (entered.works()) entered.detail = what;
    return entered;
  });
}

// A child that sits in a new user namespace until its parent has written the maps; then it becomes `uid` inside.
struct Sitter {
  pid_t pid = -1;
  Fd go;  // close to let it proceed
  int status = 0;
};

Trial start_sitter(Sitter& sitter, uid_t uid) {
  std::array<int, 2> ready{};
  std::array<int, 2> go{};
  if (::pipe2(ready.data(), O_CLOEXEC) != 0 || ::pipe2(go.data(), O_CLOEXEC) != 0) return trial_failed("make a pipe");
  sitter.pid = ::fork();
  if (sitter.pid < 0) return trial_failed("fork");
  if (sitter.pid == 0) {
    (void)::close(go[1]);
    const int error = ::unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
    (void)!::write(ready[1], &error, sizeof error);
    char none = 0;
    (void)!::read(go[0], &none, 1);
    ::_exit(::setresuid(uid, uid, uid) == 0 ? 0 : errno);
  }
  sitter.go = Fd{go[1]};
  (void)::close(go[0]);
  (void)::close(ready[1]);
  int error = EIO;
  (void)!::read(ready[0], &error, sizeof error);
  (void)::close(ready[0]);
  return error == 0 ? Trial{} : trial_failed("unshare user", error);
}

Trial finish_sitter(Sitter& sitter, const Trial& mapped, const std::string& detail) {
  sitter.go.reset();
  (void)::waitpid(sitter.pid, &sitter.status, 0);
  if (!mapped.works()) return mapped;
  if (!WIFEXITED(sitter.status) || WEXITSTATUS(sitter.status) != 0) {
    return trial_failed("become another id inside", WEXITSTATUS(sitter.status));
  }
  return {0, detail};
}

Trial map_as_root(pid_t pid) {
  // The range the engine's own ranges start from; any free one shows the same.
  constexpr std::string_view kMap = "0 1000000 65536\n";
  if (const int error = write_text("/proc/" + std::to_string(pid) + "/uid_map", kMap))
    return trial_failed("write uid_map", error);
  if (const int error = write_text("/proc/" + std::to_string(pid) + "/gid_map", kMap))
    return trial_failed("write gid_map", error);
  return {};
}

// Without NSS, which a static program cannot use: the name on the line of /etc/passwd with our uid.
std::string login_name() {
  const Result<std::string> text = read_file("/etc/passwd", 4U << 20);
  const std::string id = ":" + std::to_string(::getuid()) + ":";
  for (std::string_view rest = text ? text.value() : std::string_view{}; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t password = line.find(':');  // "name:x:1000:..."
    const std::size_t after = password == std::string_view::npos ? password : line.find(':', password + 1);
    if (after != std::string_view::npos && line.substr(after).starts_with(id))
      return std::string{line.substr(0, password)};
  }
  return {};
}

// By the first range that `file` ("name-or-uid:first:count" on each line) gives us.
Trial map_with(const std::string& tool, const std::string& file, pid_t pid) {
  const Result<std::string> text = read_file(file, 4U << 20);
  if (!text) return {ENOENT, text.error().message()};
  const std::string login = login_name();
  for (std::string_view rest = text.value(); !rest.empty();) {
    const std::string line{rest.substr(0, rest.find('\n'))};
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string owner = line.substr(0, first);
    if (owner != std::to_string(::getuid()) && (login.empty() || owner != login)) continue;
    const Result<ProgramOutput> done = run_program(
        {tool, std::to_string(pid), "0", line.substr(first + 1, second - first - 1), line.substr(second + 1)}, {});
    if (!done) return {ENOENT, done.error().message()};
    if (done.value().exit_code != 0) return {EPERM, tool + ": " + done.value().error};
    return {};
  }
  return {ENOENT, file + " gives this user no range"};
}

}  // namespace

Trial enter_namespaces(int flags) {
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  if (::unshare(CLONE_NEWUSER) != 0) return trial_failed("unshare user");
  (void)write_text("/proc/self/setgroups", "deny");
  if (const int error = write_text("/proc/self/uid_map", "0 " + std::to_string(uid) + " 1\n")) {
    return trial_failed("write uid_map", error);
  }
  if (const int error = write_text("/proc/self/gid_map", "0 " + std::to_string(gid) + " 1\n")) {
    return trial_failed("write gid_map", error);
  }
  if (flags != 0 && ::unshare(flags) != 0) return trial_failed("unshare inside the user namespace");
  return {};
}

Trial try_user_namespace() { return enter_and_say(CLONE_NEWUTS, "we are root in it, and over what is made in it"); }
Trial try_ipc_namespace() { return enter_and_say(CLONE_NEWIPC, "own System V IPC and message queues"); }
Trial try_cgroup_namespace() { return enter_and_say(CLONE_NEWCGROUP, "own root of /proc/self/cgroup"); }

Trial try_uid_range() {
  return try_in_child([]() -> Trial {
    Sitter sitter;
    Trial mapped = start_sitter(sitter, 1234);
    const bool root = ::geteuid() == 0;
    if (mapped.works() && root) mapped = map_as_root(sitter.pid);
    if (mapped.works() && !root) mapped = map_with("newuidmap", "/etc/subuid", sitter.pid);
    if (mapped.works() && !root) mapped = map_with("newgidmap", "/etc/subgid", sitter.pid);
    return finish_sitter(sitter, mapped, root ? "65536 ids mapped by root" : "subordinate ids mapped by newuidmap");
  });
}

Trial try_pid_namespace() {
  return try_in_child([]() -> Trial {
    if (Trial entered = enter_namespaces(CLONE_NEWPID); !entered.works()) return entered;
    const int error = in_grandchild([] { return ::getpid() == 1 ? 0 : EIO; });
    return error == 0 ? Trial{0, "its first process is pid 1"} : trial_failed("be pid 1 inside", error);
  });
}

Trial try_mount_namespace() {
  return try_in_child([]() -> Trial {
    if (Trial entered = enter_namespaces(CLONE_NEWNS); !entered.works()) return entered;
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) return trial_failed("make / a slave mount");
    return {0, "own mount table"};
  });
}

Trial try_net_namespace() {
  return try_in_child([]() -> Trial {
    if (Trial entered = enter_namespaces(CLONE_NEWNET); !entered.works()) return entered;
    const Fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (!socket) return trial_failed("open a socket inside");
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return trial_failed("bring up the loopback");
    return {0, "no interface but its own loopback"};
  });
}

Trial try_uts_namespace() {
  return try_in_child([]() -> Trial {
    if (Trial entered = enter_namespaces(CLONE_NEWUTS); !entered.works()) return entered;
    if (::sethostname("sandbox", 7) != 0) return trial_failed("set the host name inside");
    return {0, "own host name"};
  });
}

Trial try_time_namespace() {
  return try_in_child([]() -> Trial {
    if (Trial entered = enter_namespaces(CLONE_NEWTIME); !entered.works()) return entered;
    constexpr long kShift = 1'000'000;
    if (const int error = write_text("/proc/self/timens_offsets", "monotonic " + std::to_string(kShift) + " 0\n")) {
      return trial_failed("write timens_offsets", error);
    }
    timespec before{};
    (void)::clock_gettime(CLOCK_MONOTONIC, &before);
    const int error = in_grandchild([&before] {
      timespec inside{};
      (void)::clock_gettime(CLOCK_MONOTONIC, &inside);
      return inside.tv_sec - before.tv_sec >= kShift ? 0 : EIO;
    });
    return error == 0 ? Trial{0, "own monotonic and boot clocks"} : trial_failed("see the shifted clock inside", error);
  });
}

}  // namespace belljar::os
