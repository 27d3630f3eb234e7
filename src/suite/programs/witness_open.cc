// Where the witness can be reached.
#include <fcntl.h>
#include <spawn.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "suite/programs/addresses.h"
#include "suite/programs/witness_state.h"

namespace belljar::suite {

namespace {

long port_of(int fd) {
  sockaddr_in6 address{};
  socklen_t size = sizeof address;
  (void)::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);  // the port lies at the same place in both families
}

int internet_socket(int family, int type, std::uint32_t at = INADDR_LOOPBACK) {
  const int fd = ::socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  if (family == AF_INET6) (void)::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  const sockaddr_in four = ipv4(at, 0);
  const sockaddr_in6 six = ipv6("::1", 0);
  const auto* address =
      family == AF_INET ? reinterpret_cast<const sockaddr*>(&four) : reinterpret_cast<const sockaddr*>(&six);
  (void)::bind(fd, address, family == AF_INET ? sizeof four : sizeof six);
  if (type == SOCK_STREAM) (void)::listen(fd, 16);
  return fd;
}

// The machine's own address towards the world; empty where it has none.
std::string own_address() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in out = ipv4(0xc6336401, 9);  // 198.51.100.1, nobody's: a datagram socket asks the routes alone
  sockaddr_in own{};
  socklen_t size = sizeof own;
  char text[INET_ADDRSTRLEN] = {};
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&out), sizeof out) == 0 &&
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) == 0) {
    (void)::inet_ntop(AF_INET, &own.sin_addr, text, sizeof text);
  }
  (void)::close(fd);
  return text;
}

std::string hex(const unsigned char* bytes, std::size_t count) {
  const char* digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += digits[bytes[i] >> 4];
    text += digits[bytes[i] & 15];
  }
  return text;
}

constexpr int kUserKeyring = -4;
constexpr int kKeySetPermissions = 5;
constexpr int kKeySetTimeout = 15;
constexpr int kKeyUnlink = 9;

}  // namespace

void Witness::open_internet() {
  const auto add = [this](const std::string& name, int family, int type) {
    const int fd = internet_socket(family, type);
    listeners_.push_back({name, fd, type == SOCK_STREAM});
    ready_[name] = std::to_string(port_of(fd));
  };
  add("tcp4", AF_INET, SOCK_STREAM);
  add("tcp6", AF_INET6, SOCK_STREAM);
  add("udp4", AF_INET, SOCK_DGRAM);
  add("udp6", AF_INET6, SOCK_DGRAM);
  // On every address of this machine, for attackers who know another one than the loopback.
  const int any_stream = internet_socket(AF_INET, SOCK_STREAM, INADDR_ANY);
  listeners_.push_back({"anytcp", any_stream, true});
  ready_["anytcp"] = std::to_string(port_of(any_stream));
  const int any_datagram = internet_socket(AF_INET, SOCK_DGRAM, INADDR_ANY);
  listeners_.push_back({"anyudp", any_datagram, false});
  ready_["anyudp"] = std::to_string(port_of(any_datagram));
  ready_["hostaddress"] = own_address();
  // A port that is free here, for an attacker who wants to be reached.
  const int free_port = internet_socket(AF_INET, SOCK_DGRAM);
  ready_["lport"] = std::to_string(port_of(free_port));
  (void)::close(free_port);
}

void Witness::listen_unix(const std::string& name, const std::string& path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const auto [address, size] = local(path);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(fd, 16) != 0) {
    (void)::close(fd);
    return;
  }
  if (!path.starts_with("@")) (void)::chmod(path.c_str(), 0777);
  listeners_.push_back({name, fd, true});
}

void Witness::open_unix() {
  ready_["abstract"] = "@belljar-canary-" + std::to_string(::getpid()) + "-" + ready_["tcp4"];
  ready_["socket"] = directory_ + "/open/service.sock";
  listen_unix("abstract", ready_["abstract"]);
  listen_unix("unix", ready_["socket"]);
  listen_unix("shared-unix", directory_ + "/shared/service.sock");
  if (!given_.get("plant").empty()) {
    for (const char* path : {"/run/docker.sock", "/run/dbus/system_bus_socket", "/run/containerd/containerd.sock"}) {
      listen_unix("daemon", path);
    }
  }
  const int pipe = ::open((directory_ + "/shared/pipe").c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (pipe >= 0) listeners_.push_back({"fifo", pipe, false});
}

void Witness::open_terminal() {
  terminal_master_ = ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  if (terminal_master_ < 0 || ::grantpt(terminal_master_) != 0 || ::unlockpt(terminal_master_) != 0) return;
  std::array<char, 64> name{};
  if (::ptsname_r(terminal_master_, name.data(), name.size()) != 0) return;
  terminal_ = ::open(name.data(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
  struct stat info {};
  if (terminal_ < 0 || ::fstat(terminal_, &info) != 0) return;
  (void)::fchmod(terminal_, 0666);
  termios settings{};
  (void)::tcgetattr(terminal_, &settings);
  settings.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  (void)::tcsetattr(terminal_, TCSANOW, &settings);
  ready_["pts"] = name.data();
  ready_["ptsid"] = std::to_string(info.st_dev) + ":" + std::to_string(minor(info.st_rdev));
}

void Witness::open_shared_memory() {
  const key_t key =
      static_cast<key_t>(0x42000000 + ::getpid() * 256 + (std::strtol(ready_["tcp4"].c_str(), nullptr, 10) & 255));
  shared_memory_ = ::shmget(key, 4096, IPC_CREAT | 0666);
  void* at = ::shmat(shared_memory_, nullptr, 0);
  if (at != reinterpret_cast<void*>(-1)) {
    std::memcpy(at, secret_.data(), secret_.size());
    (void)::shmdt(at);
  }
  ready_["shmkey"] = std::to_string(key);
  ready_["shmfile"] = "/dev/shm/belljar-canary-" + ready_["tcp4"];
  const int fd = ::open(ready_["shmfile"].c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  (void)!::write(fd, secret_.data(), std::strlen(secret_.data()));
  (void)::fchmod(fd, 0666);
  (void)::close(fd);
}

void Witness::open_keyring() {
  const std::string name = "belljar-canary-" + ready_["tcp4"];
  ready_["key"] = name;
  key_ = ::syscall(SYS_add_key, "user", name.c_str(), secret_.data(), std::strlen(secret_.data()), kUserKeyring);
  if (key_ < 0) return;
  (void)::syscall(SYS_keyctl, kKeySetPermissions, key_, 0x3f3f3f3f);
  (void)::syscall(SYS_keyctl, kKeySetTimeout, key_, 60);
}

void Witness::start_runtime() {
  const std::string program = directory_ + "/open/runtime";
  char name[] = "runtime";
  char mode[] = "linger";
  char* const words[] = {name, mode, nullptr};
  // Returns once the program runs: before, the process would still be of our own.
  if (::posix_spawn(&runtime_, program.c_str(), nullptr, nullptr, words, nullptr) != 0) return;
  ready_["rpid"] = std::to_string(runtime_);
}

std::string Witness::handle_of_secret() const {
  alignas(file_handle) std::array<unsigned char, sizeof(file_handle) + MAX_HANDLE_SZ> buffer{};
  auto* handle = reinterpret_cast<file_handle*>(buffer.data());
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  if (::name_to_handle_at(AT_FDCWD, (directory_ + "/secret").c_str(), handle, &mount, 0) != 0) return "";
  return std::to_string(handle->handle_type) + "." +
         hex(buffer.data() + offsetof(file_handle, f_handle), handle->handle_bytes);
}

void Witness::remove_everything() {
  (void)::shmctl(shared_memory_, IPC_RMID, nullptr);
  (void)::unlink(ready_["shmfile"].c_str());
  if (key_ >= 0) (void)::syscall(SYS_keyctl, kKeyUnlink, key_, kUserKeyring);
}

}  // namespace belljar::suite
