#include "os/cgroup_mounts.h"

#include <algorithm>
#include <array>

namespace belljar::os {

namespace {

constexpr std::array<std::string_view, 5> kControllers{"memory", "pids", "cpu", "cpuacct", "freezer"};

// Takes the text up to `separator` off the front of `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const std::string_view word = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  return word;
}

// mountinfo writes space, tab, newline and backslash as three octal digits.
std::string unescape(std::string_view text) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
                         is_octal(text[i + 3]);
    if (!escaped) {
      out += text[i];
      continue;
    }
    out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
    i += 3;
  }
  return out;
}

std::vector<std::string> known_controllers(std::string_view options) {
  std::vector<std::string> found;
  while (!options.empty()) {
    const std::string_view option = take(options, ',');
    if (std::find(kControllers.begin(), kControllers.end(), option) != kControllers.end()) found.emplace_back(option);
  }
  return found;
}

// "36 35 0:30 /root /mount/point rw,relatime shared:1 - cgroup cgroup rw,memory"
std::optional<CgroupMount> parse_line(std::string_view line) {
  const std::size_t dash = line.find(" - ");
  if (dash == std::string_view::npos) return std::nullopt;
  std::string_view head = line.substr(0, dash);
  std::string_view tail = line.substr(dash + 3);
  for (int skipped = 0; skipped < 3; ++skipped) (void)take(head, ' ');
  CgroupMount mount;
  mount.root = unescape(take(head, ' '));
  mount.mount_point = unescape(take(head, ' '));
  const std::string_view type = take(tail, ' ');
  (void)take(tail, ' ');  // the source, a free text
  if (mount.root.empty() || mount.mount_point.empty()) return std::nullopt;
  if (type == "cgroup2") {
    mount.version = CgroupVersion::v2;
    return mount;
  }
  if (type != "cgroup") return std::nullopt;
  mount.controllers = known_controllers(tail);
  if (mount.controllers.empty()) return std::nullopt;
  return mount;
}

bool names_hierarchy(std::string_view controllers, const CgroupMount& mount) {
  if (mount.version == CgroupVersion::v2) return controllers.empty();
  while (!controllers.empty()) {
    if (take(controllers, ',') == mount.controllers.front()) return true;
  }
  return false;
}

}  // namespace

bool CgroupMount::has(std::string_view controller) const {
  return std::find(controllers.begin(), controllers.end(), controller) != controllers.end();
}

std::string CgroupMount::label() const {
  if (version == CgroupVersion::v2) return "unified";
  std::string text;
  for (const std::string& controller : controllers) text += (text.empty() ? "" : ",") + controller;
  return text;
}

std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<CgroupMount> mounts;
  while (!mountinfo.empty()) {
    if (std::optional<CgroupMount> mount = parse_line(take(mountinfo, '\n'))) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

std::optional<std::string> own_cgroup(std::string_view own_cgroups, const CgroupMount& mount) {
  while (!own_cgroups.empty()) {
    std::string_view line = take(own_cgroups, '\n');
    (void)take(line, ':');  // the hierarchy's number
    if (!names_hierarchy(take(line, ':'), mount)) continue;
    std::string_view path = line;
    const std::string_view root = mount.root == "/" ? std::string_view{} : std::string_view{mount.root};
    // A path that climbs is seen from inside a cgroup namespace that does not hold it.
    if (!path.starts_with('/') || path.starts_with("/..") || !path.starts_with(root)) return std::nullopt;
    path.remove_prefix(root.size());
    if (path == "/") path = {};
    if (!path.empty() && path.front() != '/') return std::nullopt;
    return std::string{path};
  }
  return std::nullopt;
}

}  // namespace belljar::os
