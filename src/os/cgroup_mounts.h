// What /proc says about control groups, read as text: where each hierarchy is mounted and where we live in it.
// Pure functions, for cgroup_tree.cc; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace belljar::os {

enum class CgroupVersion { v1, v2 };

struct CgroupMount {
  CgroupVersion version = CgroupVersion::v1;
  std::vector<std::string> controllers;  // v1: those of the hierarchy; v2: empty, its files say
  std::string mount_point;
  std::string root;  // which folder of the hierarchy the mount shows; "/" outside containers

  bool has(std::string_view controller) const;
  std::string label() const;  // "memory", "cpu,cpuacct", "unified"
};

// Of /proc/self/mountinfo. Hierarchies without a controller we know (name=systemd) are left out; malformed lines are
// skipped.
std::vector<CgroupMount> parse_cgroup_mounts(std::string_view mountinfo);

// Of /proc/self/cgroup: our own folder of that hierarchy, relative to its mount ("" for the top). Nothing when the
// mount does not show it.
std::optional<std::string> own_cgroup(std::string_view own_cgroups, const CgroupMount& mount);

}  // namespace belljar::os
