#include "sandbox/native/subordinate_ids.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "os/error.h"
#include "os/fd.h"
#include "os/file.h"
#include "os/run_program.h"

namespace belljar::sandbox::native {

namespace {

struct Range {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The name without NSS, which a static program cannot use: the line of /etc/passwd with our uid.
std::string own_name() {
  const Result<std::string> passwd = os::read_file("/etc/passwd", 4U << 20);
  if (!passwd) return "";
  std::string_view rest = passwd.value();
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t name_end = line.find(':');
    const std::size_t uid_at = line.find(':', name_end + 1);
    if (name_end == std::string_view::npos || uid_at == std::string_view::npos) continue;
    const std::string_view uid = line.substr(uid_at + 1, line.find(':', uid_at + 1) - uid_at - 1);
    if (number(uid) == ::geteuid()) return std::string{line.substr(0, name_end)};
  }
  return "";
}

// Lines "name:first:count" or "uid:first:count" (subuid(5)); the largest of ours.
Range largest_range(const std::string& file, const std::string& name) {
  Range best;
  const Result<std::string> text = os::read_file(file, 4U << 20);
  if (!text) return best;
  const std::string uid = std::to_string(::geteuid());
  std::string_view rest = text.value();
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) continue;
    const std::string_view owner = line.substr(0, first);
    if (owner != uid && (name.empty() || owner != name)) continue;
    const Range range{number(line.substr(first + 1, second - first - 1)), number(line.substr(second + 1))};
    if (range.count > best.count) best = range;
  }
  return best;
}

bool newuidmap_present() {
  return ::access("/usr/bin/newuidmap", X_OK) == 0 && ::access("/usr/bin/newgidmap", X_OK) == 0;
}

Result<void> write_map(pid_t pid, const std::string& file, const std::string& text) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + file;
  const os::Fd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!fd) return os::os_error("open " + path);
  return os::write_all(fd.get(), text, path);
}

Result<bool> map_range(pid_t pid, const std::string& tool, unsigned own, const Range& range) {
  const os::ProgramOutput got = TRY(os::run_program({tool, std::to_string(pid), "0", std::to_string(own), "1", "1",
                                                     std::to_string(range.first), std::to_string(range.count)},
                                                    {}));
  return got.exit_code == 0;
}

}  // namespace

bool has_subordinate_ids() {
  const std::string name = own_name();
  return newuidmap_present() && largest_range("/etc/subuid", name).count > 0 &&
         largest_range("/etc/subgid", name).count > 0;
}

Result<std::uint32_t> map_user_namespace(pid_t pid) {
  const std::string name = own_name();
  const Range uids = largest_range("/etc/subuid", name);
  const Range gids = largest_range("/etc/subgid", name);
  if (newuidmap_present() && uids.count > 0 && gids.count > 0) {
    if (!TRY(map_range(pid, "/usr/bin/newuidmap", ::geteuid(), uids)) ||
        !TRY(map_range(pid, "/usr/bin/newgidmap", ::getegid(), gids))) {
      return Error{Errc::denied,
                   "map subordinate ids of " + name + ": newuidmap refused (check /etc/subuid and /etc/subgid)"};
    }
    return static_cast<std::uint32_t>(std::min({uids.count, gids.count, std::uint64_t{1} << 20}));
  }
  TRY(write_map(pid, "setgroups", "deny"));
  TRY(write_map(pid, "uid_map", "0 " + std::to_string(::geteuid()) + " 1\n"));
  TRY(write_map(pid, "gid_map", "0 " + std::to_string(::getegid()) + " 1\n"));
  return 0U;
}

}  // namespace belljar::sandbox::native
