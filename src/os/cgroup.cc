#include "os/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <limits>

#include "os/cgroup_tree.h"
#include "os/error.h"
#include "os/file.h"

namespace belljar::os {

namespace {

using std::chrono::steady_clock;

// For dying tasks: milliseconds, seconds where one leaves tens of gigabytes behind.
constexpr std::chrono::seconds kPatience{15};
// For an empty group to become removable.
constexpr std::chrono::seconds kRemovalPatience{1};
constexpr std::uint64_t kCpuPeriodUs = 100'000;

// Sleeps a little longer each time, until the deadline has passed.
class Backoff {
 public:
  explicit Backoff(std::chrono::seconds patience) : deadline_{steady_clock::now() + patience} {}
  bool wait() {
    if (steady_clock::now() > deadline_) return false;
    const timespec pause{0, static_cast<long>(pause_.count())};
    (void)::nanosleep(&pause, nullptr);
    pause_ = std::min(pause_ * 2, std::chrono::nanoseconds{10'000'000});
    return true;
  }

 private:
  steady_clock::time_point deadline_;
  std::chrono::nanoseconds pause_{100'000};
};

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  return a > kMost || b > kMost - a ? kMost : a + b;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::uint64_t cpu_quota_us(double cores) {
  constexpr std::uint64_t kLeast = 1000;  // the kernel's own
  const double quota = cores * static_cast<double>(kCpuPeriodUs);
  return quota < static_cast<double>(kLeast) ? kLeast : static_cast<std::uint64_t>(quota);
}

// A pid may be handed to a stranger between the look and the signal. A pidfd taken between two looks cannot point at
// one who is listed both times and is not ours: see who is listed, hold them, look again, signal those still listed.
Result<std::size_t> signal_listed(int parent, const std::string& procs_path) {
  const std::vector<pid_t> before = parse_pids(TRY(read_cgroup_file(parent, procs_path)));
  std::vector<std::pair<pid_t, Fd>> held;
  constexpr std::size_t kHeldMax = 512;  // below any descriptor limit; the caller comes again
  for (std::size_t i = 0; i < std::min(before.size(), kHeldMax); ++i) {
    Fd pidfd{static_cast<int>(::syscall(SYS_pidfd_open, before[i], 0))};
    if (pidfd) held.emplace_back(before[i], std::move(pidfd));
  }
  std::vector<pid_t> after = parse_pids(TRY(read_cgroup_file(parent, procs_path)));
  std::sort(after.begin(), after.end());
  for (const auto& entry : held) {
    if (!std::binary_search(after.begin(), after.end(), entry.first)) continue;
    (void)::syscall(SYS_pidfd_send_signal, entry.second.get(), SIGKILL, nullptr, 0);
  }
  return before.size();
}

// Removes a group's folder and any below it, which only residue can have; gone already is no error.
Result<void> remove_folder(int parent, const std::string& name, int depth_left) {
  Backoff backoff{kRemovalPatience};
  for (;;) {
    if (::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT || errno == ENODEV) return {};
    if (errno != EBUSY && errno != ENOTEMPTY) return os_error("remove cgroup " + name);
    const Fd folder{::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!folder && errno == ENOENT) return {};
    if (!folder) return os_error("open cgroup " + name);
    for (const DirectoryEntry& below : TRY(list_directory_at(folder.get(), name))) {
      if (below.type == DT_DIR && depth_left > 0) TRY(remove_folder(folder.get(), below.name, depth_left - 1));
    }
    // A task that has just been killed counts until the scheduler has let go of it.
    if (!backoff.wait()) return os_error("remove cgroup " + name, EBUSY);
  }
}

}  // namespace

Cgroup& Cgroup::operator=(Cgroup&& other) noexcept {
  std::swap(tree_, other.tree_);
  std::swap(name_, other.name_);
  std::swap(in_, other.in_);
  std::swap(v2_, other.v2_);
  std::swap(peak_seen_, other.peak_seen_);
  return *this;
}

// Only want of memory can throw here, and then there is nothing better to do than to end.
Cgroup::~Cgroup() {  // NOLINT(bugprone-exception-escape)
  if (tree_ == nullptr || in_ == 0) return;
  // A destructor has nobody to tell; what resists is residue, which the next start removes and reports.
  const Result<void> killed = kill_all();
  const Result<std::vector<std::string>> removed = remove();
  (void)killed;
  (void)removed;
}

std::vector<std::string> Cgroup::paths() const {
  std::vector<std::string> paths;
  if (tree_ == nullptr) return paths;
  for (std::size_t i = 0; i < tree_->hierarchies.size(); ++i) {
    const CgroupHierarchy& hierarchy = tree_->hierarchies[i];
    if ((in_ & 1U << i) != 0) paths.push_back(hierarchy.label + ":" + hierarchy.shown + "/" + name_);
  }
  return paths;
}

Result<void> Cgroup::make_folders() {
  for (std::size_t i = 0; i < tree_->hierarchies.size(); ++i) {
    CgroupHierarchy& hierarchy = tree_->hierarchies[i];
    int made = ::mkdirat(hierarchy.parent.get(), name_.c_str(), 0755);
    for (int tries = 0; made != 0 && (errno == ENOENT || errno == ENODEV) && tries < kParentTries; ++tries) {
      TRY(hierarchy.open_parent());
      made = ::mkdirat(hierarchy.parent.get(), name_.c_str(), 0755);
    }
    if (made != 0 && errno == EEXIST) {
      return Error{Errc::internal, hierarchy.path + "/" + name_ +
                                       ": a group of that name exists; its counters would not start from zero"};
    }
    if (made != 0) return os_error("create " + hierarchy.path + "/" + name_);
    in_ |= 1U << i;
    if (hierarchy.version == CgroupVersion::v1) continue;
    v2_ = Fd{::openat(hierarchy.parent.get(), name_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!v2_) return os_error("open " + hierarchy.path + "/" + name_);
  }
  return {};
}

Result<void> Cgroup::set_limits(const CgroupLimits& limits, CgroupParts wanted) const {
  for (const CgroupHierarchy& hierarchy : tree_->hierarchies) {
    const bool v1 = hierarchy.version == CgroupVersion::v1;
    const int parent = hierarchy.parent.get();
    const auto wants = [&](CgroupPart part) { return wanted.has(part) && hierarchy.parts.has(part); };
    const auto set = [&](const char* file, std::uint64_t value) {
      return write_cgroup_file(parent, name_ + "/" + file, std::to_string(value));
    };
    if (wants(CgroupPart::memory)) {
      TRY(set(v1 ? "memory.limit_in_bytes" : "memory.max", limits.memory_bytes));
      // Half a sandbox is no sandbox: when one of its processes runs out of memory, all end.
      if (!v1) TRY(set("memory.oom.group", 1));
    }
    if (wants(CgroupPart::swap)) {
      // v1 counts memory and swap together, v2 swap alone.
      const std::uint64_t both = saturating_sum(limits.memory_bytes, limits.swap_bytes);
      TRY(v1 ? set("memory.memsw.limit_in_bytes", both) : set("memory.swap.max", limits.swap_bytes));
    } else if (v1 && wants(CgroupPart::memory)) {
      // Without a swap limit, pages beyond the memory limit shall not flee to swap unaccounted.
      TRY(set("memory.swappiness", 0));
    }
    if (wants(CgroupPart::processes)) TRY(set("pids.max", limits.processes));
    if (!wants(CgroupPart::cpu)) continue;
    const std::uint64_t quota = cpu_quota_us(limits.cpu_cores);
    if (v1) {
      TRY(set("cpu.cfs_quota_us", quota));  // of the default period, 100 ms
    } else {
      TRY(write_cgroup_file(parent, name_ + "/cpu.max", std::to_string(quota) + " " + std::to_string(kCpuPeriodUs)));
    }
  }
  return {};
}

// The kernel keeps bytes by the page, rounded down.
Result<std::string> Cgroup::limits_changed(const CgroupLimits& limits, CgroupParts wanted) const {
  constexpr std::uint64_t kPage = 4096;
  std::string changed;
  for (const CgroupHierarchy& hierarchy : tree_->hierarchies) {
    const bool v1 = hierarchy.version == CgroupVersion::v1;
    const auto wants = [&](CgroupPart part) { return wanted.has(part) && hierarchy.parts.has(part); };
    const auto expect = [&](const char* file, const std::string& expected) -> Result<void> {
      std::string found = TRY(read_cgroup_file(hierarchy.parent.get(), name_ + "/" + file));
      found = found.substr(0, found.find('\n'));
      if (found == expected) return {};
      changed += (changed.empty() ? "" : "; ") + std::string{file} + " is " + found + ", expected " + expected;
      return {};
    };
    const auto bytes = [](std::uint64_t value) { return std::to_string(value / kPage * kPage); };
    if (wants(CgroupPart::memory)) {
      TRY(expect(v1 ? "memory.limit_in_bytes" : "memory.max", bytes(limits.memory_bytes)));
    }
    if (wants(CgroupPart::swap)) {
      const std::uint64_t both = saturating_sum(limits.memory_bytes, limits.swap_bytes);
      TRY(v1 ? expect("memory.memsw.limit_in_bytes", bytes(both))
             : expect("memory.swap.max", bytes(limits.swap_bytes)));
    }
    if (wants(CgroupPart::processes)) TRY(expect("pids.max", std::to_string(limits.processes)));
    if (!wants(CgroupPart::cpu)) continue;
    const std::string quota = std::to_string(cpu_quota_us(limits.cpu_cores));
    TRY(v1 ? expect("cpu.cfs_quota_us", quota) : expect("cpu.max", quota + " " + std::to_string(kCpuPeriodUs)));
  }
  return changed;
}

Result<void> Cgroup::attach(pid_t pid, AttachTo where) const {
  for (std::size_t i = 0; i < tree_->hierarchies.size(); ++i) {
    const CgroupHierarchy& hierarchy = tree_->hierarchies[i];
    if ((in_ & 1U << i) == 0) continue;
    if (where == AttachTo::v1_only && hierarchy.version == CgroupVersion::v2) continue;
    TRY_CTX(write_cgroup_file(hierarchy.parent.get(), name_ + "/cgroup.procs", std::to_string(pid)),
            "attach process " + std::to_string(pid) + " to cgroup " + hierarchy.label + ":" + hierarchy.shown);
  }
  return {};
}

Result<std::vector<Fd>> Cgroup::open_entries() const {
  std::vector<Fd> entries;
  for (std::size_t i = 0; i < tree_->hierarchies.size(); ++i) {
    const CgroupHierarchy& hierarchy = tree_->hierarchies[i];
    if ((in_ & 1U << i) == 0 || hierarchy.version == CgroupVersion::v2) continue;
    entries.emplace_back(::openat(hierarchy.parent.get(), (name_ + "/tasks").c_str(), O_WRONLY | O_CLOEXEC));
    if (!entries.back()) return os_error("open " + hierarchy.path + "/" + name_ + "/tasks");
  }
  return entries;
}

Result<CgroupCounters> Cgroup::counters() {
  CgroupCounters counted;
  for (std::size_t i = 0; i < tree_->hierarchies.size(); ++i) {
    const CgroupHierarchy& hierarchy = tree_->hierarchies[i];
    if ((in_ & 1U << i) == 0) continue;
    const bool v1 = hierarchy.version == CgroupVersion::v1;
    const auto has = [&](CgroupPart part) { return hierarchy.parts.has(part); };
    const auto read = [&](const char* file) { return read_cgroup_file(hierarchy.parent.get(), name_ + "/" + file); };
    if (has(CgroupPart::memory)) {
      counted.memory_current = number(TRY(read(v1 ? "memory.usage_in_bytes" : "memory.current")));
      const Result<std::string> peak = read(v1 ? "memory.max_usage_in_bytes" : "memory.peak");
      peak_seen_ = std::max({peak_seen_, counted.memory_current, peak ? number(peak.value()) : 0});
      counted.memory_peak = peak_seen_;
      counted.oom_kills = cgroup_field(TRY(read(v1 ? "memory.oom_control" : "memory.events")), "oom_kill");
      const std::string stat = TRY(read("memory.stat"));
      const std::uint64_t faults = cgroup_field(stat, "pgfault");
      counted.page_faults_major = cgroup_field(stat, "pgmajfault");
      counted.page_faults_minor = faults - std::min(faults, counted.page_faults_major);
      if (v1) counted.swap_current = cgroup_field(stat, "swap");
    }
    if (has(CgroupPart::swap) && !v1) counted.swap_current = number(TRY(read("memory.swap.current")));
    if (has(CgroupPart::processes)) {
      counted.pids_current = number(TRY(read("pids.current")));
      counted.pids_refused = cgroup_field(TRY(read("pids.events")), "max");
    }
    if (v1 && has(CgroupPart::cpu)) counted.throttled_ns = cgroup_field(TRY(read("cpu.stat")), "throttled_time");
    if (v1 && has(CgroupPart::cpu_accounting)) counted.cpu_usage_ns = number(TRY(read("cpuacct.usage")));
    if (!v1 && has(CgroupPart::cpu_accounting)) {
      const std::string stat = TRY(read("cpu.stat"));
      counted.cpu_usage_ns = cgroup_field(stat, "usage_usec") * 1000;
      if (has(CgroupPart::cpu)) counted.throttled_ns = cgroup_field(stat, "throttled_usec") * 1000;
    }
  }
  return counted;
}

const CgroupHierarchy* Cgroup::hierarchy_of(CgroupPart part) const {
  const std::size_t holder = tree_->holder(part);
  const bool in = holder != CgroupTree::kNone && (in_ & 1U << holder) != 0;
  return in ? &tree_->hierarchies[holder] : nullptr;
}

Result<void> Cgroup::freeze() const {
  const CgroupHierarchy* hierarchy = hierarchy_of(CgroupPart::freeze);
  if (hierarchy == nullptr) return Error{Errc::unavailable, "freeze cgroup " + name_ + ": no freezer here"};
  const bool v1 = hierarchy->version == CgroupVersion::v1;
  const std::string base = name_ + "/";
  Backoff backoff{kPatience};
  do {
    // v1 gives up on a task that forks at the wrong moment until it is told again.
    TRY_CTX(write_cgroup_file(hierarchy->parent.get(), base + (v1 ? "freezer.state" : "cgroup.freeze"),
                              v1 ? "FROZEN" : "1"),
            "freeze");
    const std::string state =
        TRY(read_cgroup_file(hierarchy->parent.get(), base + (v1 ? "freezer.state" : "cgroup.events")));
    if (v1 ? state.starts_with("FROZEN") : cgroup_field(state, "frozen") == 1) return {};
  } while (backoff.wait());
  return Error{Errc::timeout, "freeze cgroup " + name_ + ": tasks still run after 15 s"};
}

Result<void> Cgroup::thaw() const {
  const CgroupHierarchy* hierarchy = hierarchy_of(CgroupPart::freeze);
  if (hierarchy == nullptr) return Error{Errc::unavailable, "thaw cgroup " + name_ + ": no freezer here"};
  const bool v1 = hierarchy->version == CgroupVersion::v1;
  return write_cgroup_file(hierarchy->parent.get(), name_ + (v1 ? "/freezer.state" : "/cgroup.freeze"),
                           v1 ? "THAWED" : "0");
}

Result<bool> Cgroup::empty() const {
  for (std::size_t i = 0; i < tree_->hierarchies.size(); ++i) {
    const CgroupHierarchy& hierarchy = tree_->hierarchies[i];
    if ((in_ & 1U << i) == 0) continue;
    const bool v2 = hierarchy.version == CgroupVersion::v2;
    const std::string text =
        TRY(read_cgroup_file(hierarchy.parent.get(), name_ + (v2 ? "/cgroup.events" : "/cgroup.procs")));
    if (v2 ? cgroup_field(text, "populated") != 0 : !text.empty()) return false;
  }
  return true;
}

// Signals everyone listed, one by one, with forks stopped so that it ends. Returns how many were listed.
Result<std::size_t> Cgroup::signal_all() const {
  if (const CgroupHierarchy* pids = hierarchy_of(CgroupPart::processes)) {
    TRY(write_cgroup_file(pids->parent.get(), name_ + "/pids.max", "0"));
  }
  std::size_t listed = 0;
  for (std::size_t i = 0; i < tree_->hierarchies.size(); ++i) {
    if ((in_ & 1U << i) == 0) continue;
    listed = std::max(listed, TRY(signal_listed(tree_->hierarchies[i].parent.get(), name_ + "/cgroup.procs")));
  }
  // A task that v1 froze dies once it thaws.
  const CgroupHierarchy* freezer = hierarchy_of(CgroupPart::freeze);
  if (freezer != nullptr && freezer->version == CgroupVersion::v1) TRY(thaw());
  return listed;
}

Result<void> Cgroup::kill_all() const {
  const CgroupHierarchy* killer = hierarchy_of(CgroupPart::kill);
  const bool by_kernel = killer != nullptr && killer->version == CgroupVersion::v2;
  // cgroup.kill reaches all that are in the v2 group; the few rounds are for them to die. Only an attach that failed
  // half-way leaves anyone else.
  constexpr int kRoundsForKernel = 8;
  Backoff backoff{kPatience};
  std::size_t left = 0;
  for (int round = 0; round == 0 || backoff.wait(); ++round) {
    if (by_kernel) TRY(write_cgroup_file(killer->parent.get(), name_ + "/cgroup.kill", "1"));
    if (TRY(empty())) return {};
    if (!by_kernel || round >= kRoundsForKernel) left = TRY(signal_all());
  }
  return Error{Errc::timeout, "kill cgroup " + name_ + ": " + std::to_string(left) + " processes left after 15 s"};
}

Result<std::vector<std::string>> Cgroup::remove() {
  constexpr int kDepthMax = 16;
  std::vector<std::string> proof;
  for (std::size_t i = 0; i < tree_->hierarchies.size(); ++i) {
    const CgroupHierarchy& hierarchy = tree_->hierarchies[i];
    if ((in_ & 1U << i) == 0) continue;
    TRY_CTX(remove_folder(hierarchy.parent.get(), name_, kDepthMax), hierarchy.label + ":" + hierarchy.shown);
    in_ &= ~(1U << i);
    proof.push_back("cgroup " + hierarchy.label + ":" + hierarchy.shown + "/" + name_ + " removed, 0 tasks");
  }
  v2_.reset();
  return proof;
}

int enter_cgroups(std::span<const int> entries) {
  for (const int entry : entries) {
    if (::write(entry, "0", 1) != 1) return errno;
  }
  return 0;
}

}  // namespace belljar::os
