// Control groups on every layout Linux has: v1 hierarchies, the v2 tree, or both at once (hybrid). CgroupHost finds
// out what this host lets us do; Cgroup is the group of one sandbox, spread over as many hierarchies as it takes.
//
//   CgroupHost host = TRY(CgroupHost::detect());
//   if (!host.can(CgroupPart::memory)) return host.refusal(kCgroupQuotas);   // why, and the command that enables it
//   Cgroup group = TRY(host.create("s-1234-7", limits, kCgroupQuotas));
//   TRY(group.attach(pid));                               // or clone into v2_fd() and write "0" to open_entries()
//   CgroupCounters used = TRY(group.counters());
//   TRY(group.kill_all());
//   std::vector<std::string> proof = TRY(group.remove());  // "cgroup memory:/belljar/s-1234-7 removed, 0 tasks"
//
// Every group lives below a parent named "belljar", made on demand and removed by the last owner who finds it empty;
// nothing outside it is touched, but for two acts v2 demands: controllers are enabled on the way down to the parent,
// and a delegated group's own processes step aside into a leaf named "belljar-host".
// A fresh group starts from zero: a name that exists already is refused, never reused, so counters are those of one
// sandbox. Kernel memory counts. Quotas asked for and not available are an error, never a shrug.
//
// A CgroupHost and the groups made from it belong to one thread (they share the parents' descriptors). The groups may
// outlive the host.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace belljar::os {

enum class CgroupLayout { v1, v2, hybrid, none };  // none: nothing here is ours to use
std::string_view cgroup_layout_name(CgroupLayout layout);

enum class CgroupPart : std::uint8_t { memory, swap, processes, cpu, cpu_accounting, freeze, kill };
inline constexpr std::array kCgroupPartsAll{CgroupPart::memory, CgroupPart::swap,           CgroupPart::processes,
                                            CgroupPart::cpu,    CgroupPart::cpu_accounting, CgroupPart::freeze,
                                            CgroupPart::kill};
std::string_view cgroup_part_name(CgroupPart part);

class CgroupParts {
 public:
  constexpr CgroupParts() = default;
  constexpr CgroupParts(std::initializer_list<CgroupPart> parts) {
    for (const CgroupPart part : parts) set(part);
  }
  constexpr bool has(CgroupPart part) const { return (bits_ & bit(part)) != 0; }
  constexpr void set(CgroupPart part) { bits_ |= bit(part); }
  constexpr CgroupParts without(CgroupPart part) const {
    CgroupParts less = *this;
    less.bits_ &= ~bit(part);
    return less;
  }
  constexpr bool operator==(const CgroupParts&) const = default;

 private:
  static constexpr std::uint32_t bit(CgroupPart part) { return 1U << static_cast<unsigned>(part); }
  std::uint32_t bits_ = 0;
};

// What a sandbox asks for. The other parts are used wherever they exist.
inline constexpr CgroupParts kCgroupQuotas{CgroupPart::memory, CgroupPart::swap, CgroupPart::processes,
                                           CgroupPart::cpu};

struct CgroupLimits {
  std::uint64_t memory_bytes = 0;
  std::uint64_t swap_bytes = 0;  // on top of memory
  double cpu_cores = 1;
  std::uint32_t processes = 0;  // tasks: threads count
};

// Since the group was made. A counter whose part is missing on this host stays 0.
struct CgroupCounters {
  std::uint64_t memory_current = 0;
  std::uint64_t memory_peak = 0;  // kernels before 5.19 on v2 keep none: then the highest value counters() has seen
  std::uint64_t swap_current = 0;
  std::uint64_t oom_kills = 0;  // kills for want of memory; v2, ending the whole group, counts its first victim twice
  std::uint64_t page_faults_minor = 0;
  std::uint64_t page_faults_major = 0;
  std::uint64_t pids_current = 0;
  std::uint64_t pids_refused = 0;  // forks refused at the limit
  std::uint64_t cpu_usage_ns = 0;
  std::uint64_t throttled_ns = 0;
};

struct CgroupMissing {
  CgroupPart part{};
  std::string reason;  // "the pids controller is mounted nowhere"
  std::string remedy;  // what to run or to set
};

enum class AttachTo { all, v1_only };  // v1_only: the process was cloned into v2_fd() already

class Cgroup;
struct CgroupHierarchy;
struct CgroupTree;  // the hierarchies in use and their open "belljar" folders

class CgroupHost {
 public:
  static Result<CgroupHost> detect();
  // The same from given texts, so that a test can hide a hierarchy: /proc/self/mountinfo and /proc/self/cgroup.
  static Result<CgroupHost> detect_from(std::string_view mountinfo, std::string_view own_cgroups);

  CgroupLayout layout() const;
  bool can(CgroupPart part) const;
  std::string how(CgroupPart part) const;  // "memory.limit_in_bytes in memory:/belljar"; empty where missing
  const std::vector<CgroupMissing>& missing() const;
  // One Errc::unavailable for all of `wanted` that is missing here. Call it only when something is.
  Error refusal(CgroupParts wanted) const;

  // Name: letters, digits, '-', '_'; at most 64. Limits of parts not in `wanted` are not set.
  Result<Cgroup> create(const std::string& name, const CgroupLimits& limits, CgroupParts wanted = kCgroupQuotas) const;

  // Every group below our parents, in any hierarchy, whoever made it.
  Result<std::vector<std::string>> list() const;
  // The folders that hold our parents, for a process that outlives this one by the moment it takes to clear up: it may
  // rmdir "belljar/NAME" and "belljar" below each.
  Result<std::vector<Fd>> open_roots() const;
  // Kills what is inside and removes it. The caller knows that no living engine owns the name.
  Result<std::vector<std::string>> remove_residue(const std::string& name) const;

 private:
  explicit CgroupHost(std::shared_ptr<CgroupTree> tree) : tree_{std::move(tree)} {}
  // Shared with the groups: each needs the parents' descriptors until it is removed.
  std::shared_ptr<CgroupTree> tree_;
};

class Cgroup {
 public:
  Cgroup() = default;  // no group
  Cgroup(Cgroup&& other) noexcept = default;
  Cgroup& operator=(Cgroup&& other) noexcept;
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  ~Cgroup();  // kills and removes what remove() has not

  explicit operator bool() const { return tree_ != nullptr; }
  const std::string& name() const { return name_; }
  std::vector<std::string> paths() const;  // "memory:/belljar/s-1234-7", one per hierarchy

  Result<void> attach(pid_t pid, AttachTo where = AttachTo::all) const;
  // For CLONE_INTO_CGROUP; -1 when v2 has no part here.
  int v2_fd() const { return v2_.get(); }
  // The v1 side of a cloned child: it writes "0" to each of these before it runs anything, while it has one thread.
  // Cheaper than attach() (no global lock) and without a moment outside the limits. See enter_cgroups().
  Result<std::vector<Fd>> open_entries() const;

  Result<CgroupCounters> counters();
  // Reads the limits back. Empty: as create() set them; otherwise "memory.max is 2147483648, expected 536870912; ...".
  Result<std::string> limits_changed(const CgroupLimits& limits, CgroupParts wanted = kCgroupQuotas) const;

  Result<void> freeze() const;  // returns once every task stands still
  Result<void> thaw() const;
  // Returns once the group is empty, whatever those inside do; Errc::timeout names who is left.
  Result<void> kill_all() const;
  Result<bool> empty() const;
  // Removes the group from every hierarchy; the kernel refuses while one task is inside, so success is the proof.
  Result<std::vector<std::string>> remove();

 private:
  friend class CgroupHost;
  Cgroup(std::shared_ptr<CgroupTree> tree, std::string name) : tree_{std::move(tree)}, name_{std::move(name)} {}

  Result<void> make_folders();
  Result<void> set_limits(const CgroupLimits& limits, CgroupParts wanted) const;
  const CgroupHierarchy* hierarchy_of(CgroupPart part) const;  // null where we are in none that does it
  Result<std::size_t> signal_all() const;

  std::shared_ptr<CgroupTree> tree_;
  std::string name_;
  std::uint32_t in_ = 0;  // bit i: our folder exists in hierarchy i of the tree
  Fd v2_;
  std::uint64_t peak_seen_ = 0;
};

// Async-signal-safe, for between clone and exec: joins the calling, single-threaded process to the groups behind the
// descriptors of open_entries(). Returns 0 or an errno.
int enter_cgroups(std::span<const int> entries);

}  // namespace belljar::os
