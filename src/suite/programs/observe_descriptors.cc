#include "suite/programs/observe_descriptors.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "suite/programs/observe.h"

namespace belljar::suite {

namespace {

bool is_harmless_device(const struct stat& info) {
  const unsigned major_number = major(info.st_rdev);
  const unsigned minor_number = minor(info.st_rdev);
  if (S_ISBLK(info.st_mode)) return false;
  if (major_number == 1) return minor_number == 3 || minor_number == 5 || (minor_number >= 7 && minor_number <= 9);
  if (major_number == 5) return minor_number == 0 || minor_number == 2;
  return major_number >= 136 && major_number <= 143;
}

std::string address_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    (void)::inet_ntop(AF_INET, &four.sin_addr, text.data(), text.size());
    return std::string{text.data()} + ":" + std::to_string(ntohs(four.sin_port));
  }
  if (address.ss_family == AF_INET6) {
    sockaddr_in6 six{};
    std::memcpy(&six, &address, sizeof six);
    (void)::inet_ntop(AF_INET6, &six.sin6_addr, text.data(), text.size());
    return std::string{text.data()} + ":" + std::to_string(ntohs(six.sin6_port));
  }
  return {};
}

long info_number(const std::string& info, const std::string& key, int base) {
  const std::size_t at = info.find(key);
  return at == std::string::npos ? 0 : std::strtol(info.c_str() + at + key.size(), nullptr, base);
}

}  // namespace

std::string DescriptorFacts::link(const std::string& path) {
  std::array<char, 4096> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size() - 1);
  return length < 0 ? std::string{} : std::string{target.data(), static_cast<std::size_t>(length)};
}

void DescriptorFacts::add(int pid) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  DIR* directory = ::opendir(folder.c_str());
  if (directory == nullptr) return;
  long descriptors = 0;
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    ++descriptors;
    const std::string target = link(folder + "/" + entry->d_name);
    const int number = std::atoi(entry->d_name);
    if (number > 2) ++inherited_;
    if (number > 2) lines_.insert("fd " + target);
    struct stat info {};
    if (::stat((folder + "/" + entry->d_name).c_str(), &info) != 0) continue;
    if (S_ISSOCK(info.st_mode)) add_socket(pid, number);
    if (number > 2) add_file(pid, entry->d_name, target, info);
  }
  (void)::closedir(directory);
  most_descriptors_ = std::max(most_descriptors_, descriptors);
}

void DescriptorFacts::add_file(int pid, const std::string& number, const std::string& target, const struct stat& info) {
  const std::string folder = "/proc/" + std::to_string(pid);
  const std::string details = read_text(folder + "/fdinfo/" + number);
  in_flight_ += info_number(details, "scm_fds:", 10);
  if ((info_number(details, "flags:", 8) & O_ACCMODE) != O_RDONLY) lines_.insert("fdw " + target);
  const bool fresh = seen_.emplace(info.st_dev, info.st_ino).second;
  if (S_ISREG(info.st_mode) && fresh) {
    held_bytes_ += info.st_blocks * 512;
    apparent_bytes_ = std::max(apparent_bytes_, static_cast<long>(info.st_size));
  }
  if (S_ISFIFO(info.st_mode) && fresh) {
    const int pipe = ::open((folder + "/fd/" + number).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int waiting = 0;
    if (pipe >= 0 && ::ioctl(pipe, FIONREAD, &waiting) == 0) pipe_bytes_ += waiting;
    if (pipe >= 0) (void)::close(pipe);
  }
  if (!S_ISCHR(info.st_mode) && !S_ISBLK(info.st_mode)) return;
  if (!is_harmless_device(info)) ++foreign_devices_;
  lines_.insert("dev " + std::to_string(major(info.st_rdev)) + ":" + std::to_string(minor(info.st_rdev)));
  if (major(info.st_rdev) == 136) {
    lines_.insert("pts " + std::to_string(info.st_dev) + ":" + std::to_string(minor(info.st_rdev)));
  }
}

void DescriptorFacts::add_socket(int pid, int number) {
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return;
  const int copy = static_cast<int>(::syscall(SYS_pidfd_getfd, process, number, 0));
  (void)::close(process);
  if (copy < 0) return;
  std::string line = "sock";
  int domain = 0;
  for (const int option : {SO_DOMAIN, SO_TYPE, SO_PROTOCOL}) {
    int value = 0;
    socklen_t size = sizeof value;
    (void)::getsockopt(copy, SOL_SOCKET, option, &value, &size);
    if (option == SO_DOMAIN) domain = value;
    line += " " + std::to_string(value);
  }
  lines_.insert(line);
  const std::array<int, 4> ordinary{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
  if (std::find(ordinary.begin(), ordinary.end(), domain) == ordinary.end()) ++foreign_families_;
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(copy, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    const std::string text = address_text(address);
    if (!text.empty()) lines_.insert("peer " + text);
  }
  size = sizeof address;
  if (::getsockname(copy, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    const std::string text = address_text(address);
    if (!text.empty()) lines_.insert("bound " + text);
  }
  (void)::close(copy);
}

void DescriptorFacts::append_to(std::vector<std::string>& facts) const {
  constexpr std::size_t kLinesMax = 400;
  for (const std::string& line : lines_) {
    if (facts.size() >= kLinesMax) break;
    std::string safe = line;
    std::replace_if(
        safe.begin(), safe.end(), [](char c) { return c < ' '; }, '?');
    facts.push_back("fact " + safe);
  }
  const auto number = [&facts](const char* name, long value) {
    facts.push_back(std::string{"fact "} + name + " " + std::to_string(value));
  };
  number("held_bytes", held_bytes_);
  number("apparent_bytes", apparent_bytes_);
  number("pipe_bytes", pipe_bytes_);
  number("in_flight", in_flight_);
  number("descriptors", most_descriptors_);
  number("inherited", inherited_);
  number("foreign_families", foreign_families_);
  number("foreign_devices", foreign_devices_);
}

int io_priority_class(int pid) {
  constexpr int kWhoProcess = 1;
  constexpr int kClassShift = 13;
  const long value = ::syscall(SYS_ioprio_get, kWhoProcess, pid);
  return value < 0 ? 0 : static_cast<int>(value >> kClassShift);
}

}  // namespace belljar::suite
