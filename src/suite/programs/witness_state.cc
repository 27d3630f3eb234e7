#include "suite/programs/witness_state.h"

#include <fcntl.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "suite/programs/addresses.h"
#include "suite/programs/observe.h"

namespace belljar::suite {

namespace {

volatile std::sig_atomic_t last_signal = 0;  // NOLINT: the one thing a signal handler may touch

void note_signal(int number) { last_signal = number; }

std::string nodename() {
  utsname names{};
  (void)::uname(&names);
  return names.nodename;
}

long line_count(const std::string& path) {
  const std::string text = read_text(path);
  return std::count(text.begin(), text.end(), '\n');
}

bool has_address(std::uint32_t wanted) {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return false;
  bool found = false;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET) continue;
    sockaddr_in four{};
    std::memcpy(&four, one->ifa_addr, sizeof four);
    found = found || ntohl(four.sin_addr.s_addr) == wanted;
  }
  ::freeifaddrs(list);
  return found;
}

bool connects(long port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in to = ipv4(INADDR_LOOPBACK, port);
  const bool reached = fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  (void)::close(fd);
  return reached;
}

// A neighbour's lock on a file of ours: taken through our own open file, so that only others can be in the way.
bool locked_by_another(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return errno == EWOULDBLOCK;
  struct flock range {};
  range.l_type = F_WRLCK;
  const bool locked = ::flock(fd, LOCK_EX | LOCK_NB) != 0 || ::fcntl(fd, F_SETLK, &range) != 0;
  (void)::close(fd);
  return locked;
}

}  // namespace

Witness::Witness(std::string directory, const Params& given) : directory_{std::move(directory)}, given_{given} {
  const std::string token = given_.get("token");
  std::copy_n(token.data(), std::min(token.size(), secret_.size() - 1), secret_.data());
  log_ = ::open((directory_ + "/witness.log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  struct sigaction action {};
  action.sa_handler = note_signal;
  for (const int number : {SIGURG, SIGUSR1, SIGUSR2, SIGTERM, SIGHUP, SIGINT, SIGRTMIN + 3}) {
    (void)::sigaction(number, &action, nullptr);
  }
}

void Witness::log(const std::string& line) const {
  const std::string text = line + "\n";
  (void)!::write(log_, text.data(), text.size());
}

void Witness::check_self() {
  if (word_ != 0x5afe) log("memory");
  rlimit now{};
  (void)::getrlimit(RLIMIT_NOFILE, &now);
  if (now.rlim_cur != files_.rlim_cur) log("rlimit");
  if (::getpriority(PRIO_PROCESS, 0) > 5) log("nice");
  if (read_text("/proc/self/oom_score_adj") != oom_score_) log("oom_score");
}

void Witness::check_surroundings() {
  if (nodename() != hostname_) log("hostname");
  constexpr std::uint32_t kForeignAddress = 0xc6336407;  // 198.51.100.7
  if (has_address(kForeignAddress)) log("address");
  if (locked_by_another(directory_ + "/shared/readme")) log("lock");
  if (line_count("/proc/sysvipc/msg") >= queues_ + 50) log("ipc");
  if (connects(std::strtol(ready_["lport"].c_str(), nullptr, 10))) log("reached");
  char byte = 0;
  if (terminal_ >= 0 && ::read(terminal_, &byte, 1) == 1) log("terminal");
  if (terminal_master_ >= 0 && ::read(terminal_master_, &byte, 1) == 1) log("screen");
}

void Witness::check() {
  check_self();
  check_surroundings();
  (void)::unlink((directory_ + "/ask").c_str());
  log("checked");
}

void Witness::take(const Listener& listener) {
  log(listener.name);
  std::array<char, 512> buffer{};
  if (listener.accepts) {
    const int peer = ::accept4(listener.fd, nullptr, nullptr, SOCK_CLOEXEC);
    if (peer >= 0) (void)::close(peer);
  } else {
    (void)!::read(listener.fd, buffer.data(), buffer.size());
  }
}

void Witness::serve() {
  constexpr int kTickMs = 10;
  constexpr int kLifeMs = 40'000;
  for (; age_ms_ < kLifeMs; age_ms_ += kTickMs) {
    std::vector<pollfd> polled;
    for (const Listener& listener : listeners_) polled.push_back({listener.fd, POLLIN, 0});
    const int ready = ::poll(polled.data(), polled.size(), kTickMs);
    if (last_signal != 0) {
      log("signal " + std::to_string(last_signal));
      last_signal = 0;
    }
    for (std::size_t i = 0; ready > 0 && i < polled.size(); ++i) {
      if ((polled[i].revents & POLLIN) != 0) take(listeners_[i]);
    }
    // Asked only once all that was already on its way has been taken.
    if (ready == 0 && ::access((directory_ + "/ask").c_str(), F_OK) == 0) check();
    if (runtime_ > 0 && age_ms_ > 600) {
      (void)::kill(runtime_, SIGKILL);
      (void)::waitpid(runtime_, nullptr, 0);
      runtime_ = -1;
    }
    if (::access((directory_ + "/stop").c_str(), F_OK) == 0) return;
    if (::access((directory_ + "/secret").c_str(), F_OK) != 0) return;
  }
}

void Witness::publish() const {
  std::string ready;
  for (const auto& [name, value] : ready_) ready += name + "=" + value + "\n";
  const auto first_line = [](const std::string& path) {
    const std::string text = read_text(path);
    return text.substr(0, text.find('\n'));
  };
  const std::string stat = read_text("/proc/stat");
  const std::size_t boot = stat.find("btime ");
  std::string values = "hostname=" + nodename() + "\n";
  values += "machine_id=" + first_line("/etc/machine-id") + "\n";
  values += "boot_id=" + first_line("/proc/sys/kernel/random/boot_id") + "\n";
  values += "kernel_command_line=" + first_line("/proc/cmdline") + "\n";
  values += "btime=" + (boot == std::string::npos ? "" : stat.substr(boot, stat.find('\n', boot) - boot)) + "\n";
  values += "directory=" + directory_ + "\n";
  std::array<char, 8> port{};
  (void)std::snprintf(port.data(), port.size(), ":%04lX", std::strtol(ready_.at("tcp4").c_str(), nullptr, 10));
  values += "port=" + std::string{port.data()} + "\n";
  values += "terminal=" + (ready_.contains("ptsid") ? ready_.at("ptsid") : "") + "\n";
  (void)write_text(directory_ + "/values", values);
  (void)write_text(directory_ + "/ready.new", ready);
  (void)::rename((directory_ + "/ready.new").c_str(), (directory_ + "/ready").c_str());
}

void Witness::open_everything() {
  open_internet();
  open_unix();
  open_terminal();
  open_shared_memory();
  open_keyring();
  if (!given_.get("runtime").empty()) start_runtime();
  (void)::getrlimit(RLIMIT_NOFILE, &files_);
  hostname_ = nodename();
  oom_score_ = read_text("/proc/self/oom_score_adj");
  queues_ = line_count("/proc/sysvipc/msg");
  ready_["wpid"] = std::to_string(::getpid());
  ready_["address"] = std::to_string(reinterpret_cast<unsigned long>(secret_.data()));
  ready_["word"] = std::to_string(reinterpret_cast<unsigned long>(&word_));
  // Kept open, across an exec too: a descriptor worth stealing. NOLINTNEXTLINE(android-cloexec-open)
  ready_["secretfd"] = std::to_string(::open((directory_ + "/secret").c_str(), O_RDONLY));
  ready_["handle"] = handle_of_secret();
}

}  // namespace belljar::suite
