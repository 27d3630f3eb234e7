#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "os/cgroup_tree.h"
#include "os/error.h"

namespace belljar::os {

Result<void> write_cgroup_file(int directory, const std::string& path, std::string_view text) {
  const Fd fd{::openat(directory, path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!fd) return os_error("open " + path);
  if (::write(fd.get(), text.data(), text.size()) < 0) {
    return os_error("write " + std::string{text} + " to " + path);
  }
  return {};
}

Result<std::string> read_cgroup_file(int directory, const std::string& path) {
  const Fd fd{::openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return os_error("open " + path);
  constexpr std::size_t kBytesMax = 1U << 20;  // cgroup.procs of a group with 100,000 tasks
  std::string text;
  std::array<char, 8192> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): read() fills what is used
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error("read " + path);
    text.append(buffer.data(), static_cast<std::size_t>(got));
    // The kernel hands these files out by the page: a read well short of one is the last.
    if (got < 2048 || text.size() >= kBytesMax) return text;
  }
}

std::uint64_t cgroup_field(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') continue;
    std::uint64_t value = 0;
    (void)std::from_chars(line.data() + key.size() + 1, line.data() + line.size(), value);
    return value;
  }
  return 0;
}

std::vector<pid_t> parse_pids(std::string_view procs) {
  std::vector<pid_t> pids;
  const char* at = procs.data();
  const char* const end = at + procs.size();
  while (at < end) {
    pid_t pid = 0;
    const std::from_chars_result read = std::from_chars(at, end, pid);
    if (read.ec != std::errc{}) break;
    if (pid > 0) pids.push_back(pid);  // 0 stands for a process outside our pid namespace
    at = read.ptr + 1;
  }
  return pids;
}

}  // namespace belljar::os
