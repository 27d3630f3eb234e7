#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "os/cgroup.h"
#include "os/cgroup_tree.h"
#include "os/error.h"
#include "os/file.h"

namespace belljar::os {

namespace {

struct PartText {
  CgroupPart part;
  std::string_view name;
  std::string_view v1_file;
  std::string_view v2_file;
};

constexpr std::array<PartText, 7> kPartTexts{{
    {CgroupPart::memory, "memory", "memory.limit_in_bytes", "memory.max"},
    {CgroupPart::swap, "swap", "memory.memsw.limit_in_bytes", "memory.swap.max"},
    {CgroupPart::processes, "processes", "pids.max", "pids.max"},
    {CgroupPart::cpu, "cpu", "cpu.cfs_quota_us", "cpu.max"},
    {CgroupPart::cpu_accounting, "cpu-accounting", "cpuacct.usage", "cpu.stat"},
    {CgroupPart::freeze, "freeze", "freezer.state", "cgroup.freeze"},
    {CgroupPart::kill, "kill", "SIGKILL to every task, forks stopped", "cgroup.kill"},
}};

const PartText& text_of(CgroupPart part) { return kPartTexts[static_cast<std::size_t>(part)]; }

Result<void> check_name(const std::string& name) {
  constexpr std::size_t kNameMax = 64;
  const bool is_plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (is_plain && !name.empty() && name.size() <= kNameMax) return {};
  return Error{Errc::invalid_argument, "cgroup name: found " + std::to_string(name.size()) +
                                           " characters, expected 1 to 64 of a-z A-Z 0-9 - _"};
}

}  // namespace

std::string_view cgroup_layout_name(CgroupLayout layout) {
  switch (layout) {
    case CgroupLayout::v1:
      return "v1";
    case CgroupLayout::v2:
      return "v2";
    case CgroupLayout::hybrid:
      return "hybrid";
    case CgroupLayout::none:
      break;
  }
  return "none";
}

std::string_view cgroup_part_name(CgroupPart part) { return text_of(part).name; }

Result<CgroupHost> CgroupHost::detect() {
  const std::string mountinfo = TRY_CTX(read_file("/proc/self/mountinfo", 16U << 20), "find the control groups");
  const std::string own = TRY_CTX(read_file("/proc/self/cgroup", 1U << 20), "find the control groups");
  return detect_from(mountinfo, own);
}

Result<CgroupHost> CgroupHost::detect_from(std::string_view mountinfo, std::string_view own_cgroups) {
  return CgroupHost{open_cgroup_tree(mountinfo, own_cgroups)};
}

CgroupLayout CgroupHost::layout() const {
  bool v1 = false;
  bool v2 = false;
  for (const CgroupHierarchy& hierarchy : tree_->hierarchies) {
    (hierarchy.version == CgroupVersion::v1 ? v1 : v2) = true;
  }
  if (v1 && v2) return CgroupLayout::hybrid;
  if (v1) return CgroupLayout::v1;
  return v2 ? CgroupLayout::v2 : CgroupLayout::none;
}

bool CgroupHost::can(CgroupPart part) const { return tree_->holder(part) != CgroupTree::kNone; }

std::string CgroupHost::how(CgroupPart part) const {
  const std::size_t holder = tree_->holder(part);
  if (holder == CgroupTree::kNone) return {};
  const CgroupHierarchy& hierarchy = tree_->hierarchies[holder];
  const PartText& text = text_of(part);
  return std::string{hierarchy.version == CgroupVersion::v1 ? text.v1_file : text.v2_file} + " in " + hierarchy.label +
         ":" + hierarchy.shown;
}

const std::vector<CgroupMissing>& CgroupHost::missing() const { return tree_->missing; }

Error CgroupHost::refusal(CgroupParts wanted) const {
  std::string parts;
  const CgroupMissing* first = nullptr;
  for (const CgroupMissing& missing : tree_->missing) {
    if (!wanted.has(missing.part)) continue;
    parts += (parts.empty() ? "" : ", ") + std::string{cgroup_part_name(missing.part)};
    if (first == nullptr) first = &missing;
  }
  std::string message = "hold quotas with control groups: " + parts;
  if (first != nullptr) message += ": " + first->reason + ": " + first->remedy;
  return {Errc::unavailable, std::move(message)};
}

Result<Cgroup> CgroupHost::create(const std::string& name, const CgroupLimits& limits, CgroupParts wanted) const {
  TRY(check_name(name));
  for (const CgroupMissing& missing : tree_->missing) {
    if (wanted.has(missing.part)) return refusal(wanted);
  }
  Cgroup group{tree_, name};  // from here on its destructor removes what was made
  TRY_CTX(group.make_folders(), "create cgroup " + name);
  TRY_CTX(group.set_limits(limits, wanted), "limit cgroup " + name);
  return group;
}

Result<std::vector<std::string>> CgroupHost::list() const {
  std::vector<std::string> names;
  for (const CgroupHierarchy& hierarchy : tree_->hierarchies) {
    Result<std::vector<DirectoryEntry>> entries = list_directory_at(hierarchy.parent.get(), hierarchy.path);
    if (!entries && entries.error().code() == Errc::not_found) continue;  // another belljar has removed the parent
    for (DirectoryEntry& entry : TRY(std::move(entries))) {
      if (entry.type == DT_DIR) names.push_back(std::move(entry.name));
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<std::vector<std::string>> CgroupHost::remove_residue(const std::string& name) const {
  TRY(check_name(name));
  Cgroup group{tree_, name};
  for (std::size_t i = 0; i < tree_->hierarchies.size(); ++i) {
    if (::faccessat(tree_->hierarchies[i].parent.get(), name.c_str(), F_OK, 0) == 0) group.in_ |= 1U << i;
  }
  TRY_CTX(group.kill_all(), "remove residue " + name);
  return group.remove();
}

}  // namespace belljar::os
