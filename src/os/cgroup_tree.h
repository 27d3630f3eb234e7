// CgroupTree: the hierarchies one CgroupHost and its groups work in, each with its open "belljar" folder. Internal to
// cgroup*.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/cgroup.h"
#include "os/cgroup_mounts.h"
#include "os/fd.h"

namespace belljar::os {

// How often a parent is made again, when another belljar that ends removes it each time.
inline constexpr int kParentTries = 16;

struct CgroupHierarchy {
  CgroupVersion version = CgroupVersion::v1;
  std::string label;        // "memory", "unified"
  std::string path;         // of our folder on the host: "/sys/fs/cgroup/memory/belljar"
  std::string shown;        // within the hierarchy: "/belljar"
  std::string controllers;  // v2: what we enable for our groups, "+memory +pids +cpu"
  CgroupParts parts;        // what the groups use this hierarchy for
  Fd parent;                // `path`, O_PATH

  // Makes and opens `path`; again, when another belljar has removed it because it was empty.
  Result<void> open_parent();
};

struct CgroupTree {
  CgroupTree() = default;
  CgroupTree(const CgroupTree&) = delete;
  CgroupTree& operator=(const CgroupTree&) = delete;
  ~CgroupTree();  // removes the parents that are empty

  std::vector<CgroupHierarchy> hierarchies;
  std::vector<CgroupMissing> missing;

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t holder(CgroupPart part) const;  // an index into hierarchies, or kNone
};

std::shared_ptr<CgroupTree> open_cgroup_tree(std::string_view mountinfo, std::string_view own_cgroups);

// Small files of a group: one write per limit, one read per counter.
Result<void> write_cgroup_file(int directory, const std::string& path, std::string_view text);
Result<std::string> read_cgroup_file(int directory, const std::string& path);
// The number after `key` on a line of its own; 0 where there is none.
std::uint64_t cgroup_field(std::string_view text, std::string_view key);
std::vector<pid_t> parse_pids(std::string_view procs);

}  // namespace belljar::os
