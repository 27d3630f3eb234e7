#include "suite/programs/machine_inside.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <map>
#include <sstream>
#include <vector>

#include "suite/programs/machine.h"
#include "suite/programs/observe.h"

namespace belljar::suite {

namespace {

class Inside {
 public:
  Inside(std::string id, const Params& given, const Pipes& pipes)
      : id_{std::move(id)}, given_{given}, directory_{given.get("dir")}, pipes_{pipes} {}

  [[noreturn]] void live() {
    enter_user_namespace();
    const int own = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    if (::unshare(own) != 0) fail("unshare mount, pid, net, ipc, uts and cgroup namespaces");
    const pid_t first = ::fork();
    if (first == 0) {
      (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
      be_first_process();
    }
    (void)::close(pipes_.status[1]);
    (void)::waitpid(first, nullptr, 0);
    _exit(0);
  }

 private:
  void say(const std::string& line) const {
    const std::string text = line + "\n";
    (void)!::write(pipes_.status[1], text.data(), text.size());
  }

  [[noreturn]] void fail(const std::string& doing) const {
    say("failed " + doing + ": " + std::strerror(errno));
    say("finished");
    _exit(3);
  }

  void enter_user_namespace() const {
    const uid_t user = ::geteuid();
    const gid_t group = ::getegid();
    if (user == 0) return;
    if (::unshare(CLONE_NEWUSER) != 0) fail("unshare the user namespace");
    (void)write_text("/proc/self/setgroups", "deny");
    if (!write_text("/proc/self/gid_map", "0 " + std::to_string(group) + " 1")) fail("write gid_map");
    if (!write_text("/proc/self/uid_map", "0 " + std::to_string(user) + " 1")) fail("write uid_map");
  }

  void mount_places() const {
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) fail("make mounts private");
    if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) fail("mount /proc");
    std::vector<std::string> places{"/dev/shm"};
    for (const char* name : {"/scratch", "/out", "/work"}) places.push_back(directory_ + name);
    if (!given_.get("plant").empty()) places.emplace_back("/run");
    for (const std::string& place : places) {
      if (::mount("tmpfs", place.c_str(), "tmpfs", 0, "mode=0777,size=1g") != 0) fail("mount tmpfs on " + place);
    }
    if (!given_.get("plant").empty()) {
      for (const char* folder : {"/run/dbus", "/run/containerd"}) (void)::mkdir(folder, 0755);
    }
    if (given_.get("readonly").empty()) return;
    const std::string shared = directory_ + "/shared";
    if (::mount(shared.c_str(), shared.c_str(), nullptr, MS_BIND, nullptr) != 0 ||
        ::mount(nullptr, shared.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
      fail("bind shared/ read-only");
    }
  }

  void start_witness() const {
    const pid_t child = ::fork();
    if (child == 0) {
      (void)::execl("/proc/self/exe", "belljar-probe", "witness", directory_.c_str(),
                    ("plant=" + given_.get("plant")).c_str(), ("runtime=" + given_.get("runtime")).c_str(),
                    static_cast<char*>(nullptr));
      _exit(3);
    }
    int status = 0;
    (void)::waitpid(child, &status, 0);
    if (status != 0) fail("start the witness");
  }

  Params attack_params(int round) const {
    Params told;
    std::istringstream lines{read_text(directory_ + "/ready")};
    std::string line;
    while (std::getline(lines, line)) {
      const std::size_t equals = line.find('=');
      if (equals != std::string::npos) told.set(line.substr(0, equals), line.substr(equals + 1));
    }
    for (const char* name : {"scratch", "out", "work", "shared", "beside", "secret"}) {
      told.set(name, directory_ + "/" + name);
    }
    told.set("outside", directory_);
    told.set("log", directory_ + "/open/log");
    told.set("victim", directory_ + "/open/victim");
    told.set("shm", "/dev/shm");
    told.set("boss", told.get("wpid"));
    told.set("round", std::to_string(round));
    for (const char* name : {"gate", "marker"}) {
      if (!given_.get(name).empty()) told.set(name, given_.get(name));
    }
    return told;
  }

  void drop_to_nobody() const {
    constexpr uid_t kNobody = 65534;
    if (::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
        ::setresuid(kNobody, kNobody, kNobody) == 0) {
      return;
    }
    tell("\nprobe " + id_ + " UNSUPPORTED needs a second user id to begin from, which takes root\n");
    _exit(0);
  }

  // Descriptors 9 is a folder left open by a careless runtime: what CVE-2024-21626 was made of.
  [[noreturn]] void be_attacker(const Params& told, int round, bool last) const {
    const int nowhere = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    (void)::dup2(last ? pipes_.input[0] : nowhere, STDIN_FILENO);
    (void)::dup2(pipes_.output[1], STDOUT_FILENO);
    (void)::dup2(pipes_.error[1], STDERR_FILENO);
    const int folder = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    (void)::dup2(folder, 9);
    (void)::setsid();
    rlimit files{};
    (void)::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &files);
    if (!given_.get("drop").empty()) drop_to_nobody();
    if (!given_.get("inprocess").empty()) {
      (void)round;
      tell("\nprobe " + id_ + " ESCAPED " + run_in_process(id_, told).detail + "\n");
      char byte = 0;
      (void)!::read(STDIN_FILENO, &byte, 1);
      _exit(0);
    }
    std::vector<std::string> words{"belljar-probe", "attack", id_};
    for (const auto& [name, value] : told.all()) words.push_back(name + "=" + value);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    (void)::execv("/proc/self/exe", argv.data());
    _exit(127);
  }

  void run_round(int round, bool last) const {
    const Params told = attack_params(round);
    const pid_t attacker = ::fork();
    if (attacker == 0) be_attacker(told, round, last);
    int status = 0;
    pid_t ended = 0;
    while ((ended = ::waitpid(-1, &status, 0)) != attacker && (ended > 0 || errno == EINTR)) {
    }
    say(WIFSIGNALED(status) ? "end signaled " + std::to_string(WTERMSIG(status))
                            : "end exited " + std::to_string(WEXITSTATUS(status)));
  }

  // How a careless host gathers results: by path, following whatever lies there.
  void collect_carelessly(const std::string& name) const {
    const pid_t reader = ::fork();
    if (reader == 0) {
      (void)::dup2(pipes_.output[1], STDOUT_FILENO);
      (void)read_and_tell_blocking(directory_ + "/out/" + name);
      _exit(0);
    }
    for (int tries = 0; tries < 100; ++tries) {
      if (::waitpid(reader, nullptr, WNOHANG) == reader) return;
      (void)::usleep(5'000);
    }
    say("seen collector-blocked");
    (void)::kill(reader, SIGKILL);
    (void)::waitpid(reader, nullptr, 0);
  }

  static bool read_and_tell_blocking(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    (void)tell_descriptor(fd, path);
    return true;
  }

  // How a careless host cleans up: by a path, which has a longest length.
  void clean_carelessly() const {
    std::string path = directory_ + "/scratch";
    struct stat info {};
    while (::stat(path.c_str(), &info) == 0) path += "/d";
    if (errno == ENAMETOOLONG) say("seen cleanup-stuck");
  }

  [[noreturn]] void be_first_process() const {
    if (::getpid() != 1) fail("become pid 1");
    mount_places();
    if (!raise_network()) fail("make every address local");
    start_witness();
    const bool twice = !given_.get("rounds").empty();
    if (twice) run_round(1, false);
    run_round(2, true);
    if (!given_.get("collect").empty()) collect_carelessly(given_.get("collect"));
    if (!given_.get("deep").empty()) clean_carelessly();
    say("finished");
    char byte = 0;
    (void)!::read(pipes_.control[0], &byte, 1);
    _exit(0);
  }

  std::string id_;
  const Params& given_;
  std::string directory_;
  Pipes pipes_;
};

}  // namespace

void live_inside(const std::string& id, const Params& given, const Pipes& pipes) { Inside{id, given, pipes}.live(); }

}  // namespace belljar::suite
