#include "os/cgroup_tree.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "os/error.h"

namespace belljar::os {

namespace {

constexpr const char* kParentName = "/belljar";
// Where a delegated group's own processes step aside to, because v2 lets no group have both processes and controlled
// children.
constexpr const char* kAsideName = "/belljar-host";

bool can_make_folders(int folder) { return ::faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0; }
bool has_file(int folder, const char* name) { return ::faccessat(folder, name, F_OK, 0) == 0; }

bool lists(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    const std::string_view word = controllers.substr(0, controllers.find_first_of(" \n"));
    controllers.remove_prefix(std::min(controllers.size(), word.size() + 1));
    if (word == wanted) return true;
  }
  return false;
}

std::string read_or_nothing(int folder, const char* name) {
  Result<std::string> text = read_cgroup_file(folder, name);
  return text ? std::move(text).value() : std::string{};
}

// Builds a CgroupTree: one pass over the mounts, trying each where it can be tried.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view mountinfo, std::string_view own_cgroups)
      : mounts_{parse_cgroup_mounts(mountinfo)}, own_cgroups_{own_cgroups} {
    // A mount may be hidden under a later one, or shown twice.
    std::vector<CgroupMount> live;
    for (CgroupMount& mount : mounts_) {
      const bool again = std::any_of(live.begin(), live.end(), [&mount](const CgroupMount& other) {
        return other.version == mount.version && other.controllers == mount.controllers;
      });
      if (!again && is_live(mount)) live.push_back(std::move(mount));
    }
    mounts_ = std::move(live);
  }

  std::shared_ptr<CgroupTree> build() {
    for (const CgroupMount& mount : mounts_) {
      if (mount.version == CgroupVersion::v2) use_v2(mount);
    }
    for (const CgroupMount& mount : mounts_) {
      if (mount.version == CgroupVersion::v1) use_v1(mount);
    }
    // Once a group has no pids limit to hold a fork bomb still, only the kernel or the freezer can end one.
    const bool can_hold = has(CgroupPart::processes) || has(CgroupPart::freeze);
    for (CgroupHierarchy& hierarchy : tree_->hierarchies) {
      const bool holds = hierarchy.parts.has(CgroupPart::processes) || hierarchy.parts.has(CgroupPart::freeze);
      if (can_hold && holds && !has(CgroupPart::kill)) hierarchy.parts.set(CgroupPart::kill);
    }
    for (const CgroupPart part : kCgroupPartsAll) {
      if (!has(part)) tree_->missing.push_back({part, reason(part), remedy(part)});
    }
    return tree_;
  }

 private:
  bool is_live(const CgroupMount& mount) {
    struct statfs info {};
    if (::statfs(mount.mount_point.c_str(), &info) != 0) {
      note_refusal(os_error("look at " + mount.mount_point).message());
      return false;
    }
    return info.f_type == (mount.version == CgroupVersion::v2 ? CGROUP2_SUPER_MAGIC : CGROUP_SUPER_MAGIC);
  }

  bool has(CgroupPart part) const { return tree_->holder(part) != CgroupTree::kNone; }

  // Top of the hierarchy first, where root works; our own group second, where a delegated user works.
  std::vector<std::string> places(const CgroupMount& mount) const {
    std::vector<std::string> found{""};
    std::optional<std::string> own = own_cgroup(own_cgroups_, mount);
    if (!own) return found;
    if (own->ends_with(kAsideName)) own->resize(own->size() - std::string_view{kAsideName}.size());
    if (!own->empty()) found.push_back(std::move(*own));
    return found;
  }

  static CgroupHierarchy at(const CgroupMount& mount, const std::string& place) {
    CgroupHierarchy hierarchy;
    hierarchy.version = mount.version;
    hierarchy.label = mount.label();
    hierarchy.path = mount.mount_point + place + kParentName;
    hierarchy.shown = place + kParentName;
    return hierarchy;
  }

  // --- v1: every controller has its tree; a folder is all it takes ---

  void use_v1(const CgroupMount& mount) {
    CgroupParts parts;
    if (mount.has("memory")) parts.set(CgroupPart::memory);
    if (mount.has("pids")) parts.set(CgroupPart::processes);
    if (mount.has("cpu")) parts.set(CgroupPart::cpu);
    // v2 does these better, and every hierarchy less is a hundred microseconds less per sandbox.
    if (mount.has("cpuacct") && !has(CgroupPart::cpu_accounting)) parts.set(CgroupPart::cpu_accounting);
    if (mount.has("freezer") && !has(CgroupPart::freeze)) parts.set(CgroupPart::freeze);
    if (parts == CgroupParts{}) return;
    for (const std::string& place : places(mount)) {
      CgroupHierarchy hierarchy = at(mount, place);
      if (!open(hierarchy)) continue;
      if (parts.has(CgroupPart::memory) && has_file(hierarchy.parent.get(), "memory.memsw.limit_in_bytes")) {
        parts.set(CgroupPart::swap);
      }
      if (parts.has(CgroupPart::cpu) && !has_file(hierarchy.parent.get(), "cpu.cfs_quota_us")) {
        parts = parts.without(CgroupPart::cpu);
      }
      hierarchy.parts = parts;
      tree_->hierarchies.push_back(std::move(hierarchy));
      return;
    }
  }

  // --- v2: one tree; controllers must be handed down to our groups ---

  void use_v2(const CgroupMount& mount) {
    std::optional<CgroupHierarchy> best;
    std::size_t best_count = 0;
    for (const std::string& place : places(mount)) {
      CgroupHierarchy hierarchy = at(mount, place);
      if (!open(hierarchy)) continue;
      enable_controllers(mount.mount_point + place, hierarchy);
      if (!best || hierarchy.controllers.size() > best_count) {
        if (best) (void)::rmdir(best->path.c_str());
        best_count = hierarchy.controllers.size();
        best = std::move(hierarchy);
      } else {
        (void)::rmdir(hierarchy.path.c_str());
      }
      if (best_count == std::string_view{"+memory +pids +cpu "}.size()) break;
    }
    if (!best) return;
    set_v2_parts(*best);
    tree_->hierarchies.push_back(std::move(*best));
  }

  void enable_controllers(const std::string& place, CgroupHierarchy& hierarchy) {
    const Fd top{::open(place.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!top) return;
    const std::string available = read_or_nothing(top.get(), "cgroup.controllers");
    const std::string handed_down = read_or_nothing(top.get(), "cgroup.subtree_control");
    // Only the very top of the tree, which has no type, may hand controllers down while processes live in it.
    constexpr std::array kWanted{"memory", "pids", "cpu"};
    const bool all_there = std::all_of(kWanted.begin(), kWanted.end(), [&](const char* controller) {
      return !lists(available, controller) || lists(handed_down, controller);
    });
    const bool may_enable = all_there || !has_file(top.get(), "cgroup.type") || step_aside(place, top.get());
    for (const char* controller : kWanted) {
      if (!lists(available, controller)) continue;
      const std::string enable = std::string{"+"} + controller;
      Result<void> done;
      if (!lists(handed_down, controller)) {
        if (!may_enable) unmarked_ = place;
        done = may_enable ? write_cgroup_file(top.get(), "cgroup.subtree_control", enable)
                          : Error{Errc::denied, "it holds processes of others and is not marked as delegated"};
      }
      if (done) done = write_cgroup_file(hierarchy.parent.get(), "cgroup.subtree_control", enable);
      if (done) {
        hierarchy.controllers += enable + " ";
      } else {
        refusal_ = place + ": " + done.error().message();  // nearer to the point than any before
      }
    }
  }

  // Moves the processes of a group that is ours to arrange into a leaf of it. Ours: delegated to us, or holding this
  // process alone.
  static bool step_aside(const std::string& place, int top) {
    std::vector<pid_t> inside = parse_pids(read_or_nothing(top, "cgroup.procs"));
    if (inside.empty()) return true;
    char mark = '0';
    const bool delegated = ::getxattr(place.c_str(), "user.delegate", &mark, 1) == 1 ||
                           ::getxattr(place.c_str(), "trusted.delegate", &mark, 1) == 1;
    const bool alone = inside.size() == 1 && inside.front() == ::getpid();
    if (!alone && !(delegated && mark == '1')) return false;
    const std::string aside = place + kAsideName;
    if (::mkdir(aside.c_str(), 0755) != 0 && errno != EEXIST) return false;
    // Those inside may fork while they are moved; a few rounds catch every child.
    constexpr int kRounds = 8;
    for (int round = 0; round < kRounds && !inside.empty(); ++round) {
      for (const pid_t pid : inside) {
        (void)write_cgroup_file(AT_FDCWD, aside + "/cgroup.procs", std::to_string(pid));  // gone already: as good
      }
      inside = parse_pids(read_or_nothing(top, "cgroup.procs"));
    }
    return inside.empty();
  }

  static void set_v2_parts(CgroupHierarchy& hierarchy) {
    const int parent = hierarchy.parent.get();
    if (hierarchy.controllers.find("+memory") != std::string::npos) hierarchy.parts.set(CgroupPart::memory);
    if (hierarchy.parts.has(CgroupPart::memory) && has_file(parent, "memory.swap.max")) {
      hierarchy.parts.set(CgroupPart::swap);
    }
    if (hierarchy.controllers.find("+pids") != std::string::npos) hierarchy.parts.set(CgroupPart::processes);
    if (hierarchy.controllers.find("+cpu") != std::string::npos && has_file(parent, "cpu.max")) {
      hierarchy.parts.set(CgroupPart::cpu);
    }
    if (has_file(parent, "cpu.stat")) hierarchy.parts.set(CgroupPart::cpu_accounting);
    if (has_file(parent, "cgroup.freeze")) hierarchy.parts.set(CgroupPart::freeze);
    if (has_file(parent, "cgroup.kill")) hierarchy.parts.set(CgroupPart::kill);
  }

  // --- what went wrong, for people ---

  bool open(CgroupHierarchy& hierarchy) {
    Result<void> opened = hierarchy.open_parent();
    if (opened && !can_make_folders(hierarchy.parent.get())) opened = os_error("write in " + hierarchy.path);
    if (!opened) note_refusal(opened.error().message());
    return static_cast<bool>(opened);
  }

  void note_refusal(const std::string& why) {
    if (refusal_.empty()) refusal_ = why;
  }

  std::string reason(CgroupPart part) const {
    if (tree_->hierarchies.empty()) return refusal_.empty() ? "no control group hierarchy is mounted" : refusal_;
    const bool has_memory = has(CgroupPart::memory);
    switch (part) {
      case CgroupPart::swap:
        return has_memory ? "the kernel does not account swap to groups" : "needs the memory controller";
      case CgroupPart::cpu_accounting:
        return "neither cpu.stat (v2) nor the cpuacct controller is usable";
      case CgroupPart::freeze:
        return "neither cgroup.freeze (v2, kernel 5.2) nor the freezer controller is usable";
      case CgroupPart::kill:
        return "neither cgroup.kill (v2, kernel 5.14) nor a pids limit or freezer is usable";
      default:
        break;
    }
    const std::string controller{part == CgroupPart::processes ? "pids" : cgroup_part_name(part)};
    const std::string why = refusal_.empty() ? "" : " (" + refusal_ + ")";
    return "the " + controller + " controller is not available to us in any hierarchy" + why;
  }

  std::string remedy(CgroupPart part) const {
    if (mounts_.empty()) return "mount -t cgroup2 none /sys/fs/cgroup";
    if (part == CgroupPart::swap && has(CgroupPart::memory)) return "boot with swapaccount=1, or turn swap off";
    const bool systemd = ::access("/run/systemd/system", F_OK) == 0;
    if (!unmarked_.empty() && !systemd) return "setfattr -n user.delegate -v 1 " + unmarked_;
    if (::geteuid() != 0) {
      return systemd ? "systemd-run --user --scope -p Delegate=yes belljar ..."
                     : "run belljar as root: sudo belljar ...";
    }
    if (tree_->hierarchies.empty()) return "give this container its control groups writable (for example --privileged)";
    return systemd ? "systemd-run --scope -p Delegate=yes belljar ..."
                   : "mount the controller: mount -t cgroup2 none /sys/fs/cgroup";
  }

  std::vector<CgroupMount> mounts_;
  std::string_view own_cgroups_;
  std::shared_ptr<CgroupTree> tree_ = std::make_shared<CgroupTree>();
  std::string refusal_;
  std::string unmarked_;  // a group we could use if it were marked as ours to arrange
};

}  // namespace

Result<void> CgroupHierarchy::open_parent() {
  Result<void> opened;
  for (int tries = 0; tries < kParentTries; ++tries) {
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return os_error("create cgroup " + path);
    parent = Fd{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    opened = parent ? Result<void>{} : Result<void>{os_error("open cgroup " + path)};
    if (parent && !controllers.empty()) {
      opened = write_cgroup_file(parent.get(), "cgroup.subtree_control", controllers);
    }
    if (opened) break;
  }
  return opened;
}

CgroupTree::~CgroupTree() {
  // Refused while any group is inside: then its owner, or the next belljar, removes the parent.
  for (const CgroupHierarchy& hierarchy : hierarchies) (void)::rmdir(hierarchy.path.c_str());
}

std::size_t CgroupTree::holder(CgroupPart part) const {
  for (std::size_t i = 0; i < hierarchies.size(); ++i) {
    if (hierarchies[i].parts.has(part)) return i;
  }
  return kNone;
}

std::shared_ptr<CgroupTree> open_cgroup_tree(std::string_view mountinfo, std::string_view own_cgroups) {
  return TreeBuilder{mountinfo, own_cgroups}.build();
}

}  // namespace belljar::os
