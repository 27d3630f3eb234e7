#include "sandbox/native/posture.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "base/text.h"
#include "os/error.h"
#include "os/file.h"
#include "sandbox/native/plan.h"

namespace belljar::sandbox::native {

namespace {

constexpr std::string_view kKillOnly = "0000000000000020";   // 1 << CAP_KILL
constexpr std::string_view kTraceOnly = "0000000000080000";  // 1 << CAP_SYS_PTRACE
constexpr std::string_view kKillAndTrace = "0000000000080020";
constexpr std::string_view kNoCapability = "0000000000000000";

struct Checker {
  std::string differences;

  void expect(std::string_view what, std::string_view found, std::string_view expected) {
    if (found == expected) return;
    if (!differences.empty()) differences += "; ";
    differences += std::string{what} + " is " + printable(found) + ", expected " + std::string{expected};
  }
};

// The value of a "Name:\tvalue" line.
std::string_view field(std::string_view status, std::string_view name) {
  std::size_t at = 0;
  while (at < status.size()) {
    const std::string_view line = status.substr(at, status.find('\n', at) - at);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') {
      const std::size_t start = line.find_first_not_of(" \t", name.size() + 1);
      if (start == std::string_view::npos) return "";
      const std::size_t end = line.find_last_not_of(" \t");
      return line.substr(start, end - start + 1);
    }
    at += line.size() + 1;
  }
  return "(absent)";
}

std::string four_times(std::uint32_t id) {
  const std::string one = std::to_string(id);
  return one + "\t" + one + "\t" + one + "\t" + one;
}

enum class May { nothing, grow };  // grow: have threads and filters of its own

void check_status(Checker& checker, std::string_view status, const std::string& who, std::uint32_t id,
                  std::string_view permitted, May may = May::nothing) {
  checker.expect("Uid of " + who, field(status, "Uid"), four_times(id));
  checker.expect("Gid of " + who, field(status, "Gid"), four_times(id));
  checker.expect("CapInh of " + who, field(status, "CapInh"), kNoCapability);
  checker.expect("CapPrm of " + who, field(status, "CapPrm"), permitted);
  checker.expect("CapEff of " + who, field(status, "CapEff"), permitted);
  checker.expect("CapBnd of " + who, field(status, "CapBnd"), kNoCapability);
  checker.expect("CapAmb of " + who, field(status, "CapAmb"), kNoCapability);
  checker.expect("NoNewPrivs of " + who, field(status, "NoNewPrivs"), "1");
  checker.expect("Seccomp of " + who, field(status, "Seccomp"), "2");
  if (may == May::grow) {
    if (field(status, "Seccomp_filters") == "0") checker.expect("Seccomp_filters of " + who, "0", "1 or more");
    return;
  }
  checker.expect("Seccomp_filters of " + who, field(status, "Seccomp_filters"), "1");
  checker.expect("Threads of " + who, field(status, "Threads"), "1");
}

constexpr std::array<const char*, 7> kNamespaces{"user", "pid", "mnt", "net", "ipc", "uts", "cgroup"};

// "net:[4026531840]": reading the link is cheaper than looking behind it.
Result<std::string> namespace_of(const std::string& process, const char* name) {
  const std::string path = "/proc/" + process + "/ns/" + name;
  std::array<char, 64> target{};
  const ssize_t length = ::readlink(path.c_str(), target.data(), target.size());
  if (length <= 0) return os::os_error("look at " + path);
  return std::string{target.data(), static_cast<std::size_t>(length)};
}

Result<void> check_namespaces(Checker& checker, pid_t pid) {
  for (const char* name : kNamespaces) {
    const std::string ours = TRY(namespace_of("self", name));
    const std::string theirs = TRY(namespace_of(std::to_string(pid), name));
    if (ours == theirs) checker.expect(std::string{name} + " namespace", "the host's", "its own");
  }
  return {};
}

// Before its command the program holds its three streams, the control socket, the command pipe and the listener.
Result<void> check_descriptors(Checker& checker, pid_t pid, const std::set<std::string>& kinds_expected) {
  const std::string path = "/proc/" + std::to_string(pid) + "/fd";
  std::multiset<std::string> kinds;
  for (const os::DirectoryEntry& entry : TRY(os::list_directory(path))) {
    std::array<char, 256> target{};
    const ssize_t length = ::readlink((path + "/" + entry.name).c_str(), target.data(), target.size());
    std::string kind{target.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
    kind = kind.substr(0, kind.starts_with("anon_inode:") ? std::string::npos : kind.find(':'));
    if (!kinds_expected.contains(kind)) checker.expect("descriptor " + entry.name, kind, "none");
    kinds.insert(kind);
  }
  if (kinds.size() > 6) checker.expect("the number of descriptors", std::to_string(kinds.size()), "at most 6");
  return {};
}

std::string_view word(std::string_view& line) {
  const std::string_view first = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(line.size(), first.size() + 1));
  return first;
}

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const std::string_view one = options.substr(0, options.find(','));
    if (one == wanted) return true;
    options.remove_prefix(std::min(options.size(), one.size() + 1));
  }
  return false;
}

// Mount point -> whether it may be written to.
std::map<std::string, bool, std::less<>> expected_mounts(std::string_view bytes) {
  Plan plan;
  std::memcpy(&plan, bytes.data(), sizeof plan);
  std::map<std::string, bool, std::less<>> mounts{{"/", false}};
  const auto add = [&](Slice slice) {
    for (std::uint32_t item = 0; item < slice.count; ++item) {
      PlanStep step;
      std::memcpy(&step, bytes.data() + slice.at + item * sizeof step, sizeof step);
      const std::string target = "/" + std::string{bytes.substr(step.target.at, step.target.length)};
      if (step.kind == StepKind::bind || step.kind == StepKind::folder) mounts.emplace(target, false);
      const bool own = step.kind == StepKind::tmpfs || step.kind == StepKind::devpts || step.kind == StepKind::proc;
      if (own || step.kind == StepKind::device || step.kind == StepKind::overlay) mounts[target] = true;
    }
  };
  add(plan.root_steps);
  add(plan.box_steps);
  mounts.erase("/.writable");
  return mounts;
}

// Lines of proc(5) mountinfo: id parent dev root point options [optional] - type source superoptions.
Result<void> check_mounts(Checker& checker, const Posture& expected) {
  const std::string text = TRY(os::read_file("/proc/" + std::to_string(expected.program) + "/mountinfo", 4U << 20));
  std::map<std::string, bool, std::less<>> mounts = expected_mounts(expected.plan);
  std::string_view rest = text;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    for (int skip = 0; skip < 4; ++skip) (void)word(line);
    const std::string point{word(line)};
    const std::string_view options = word(line);
    // A submount of a bound folder is bound with it; it is held to the same flags.
    const auto known =
        std::find_if(mounts.begin(), mounts.end(), [&](const auto& mount) { return mount.first == point; });
    const auto above = std::find_if(mounts.begin(), mounts.end(), [&](const auto& mount) {
      return !mount.second && mount.first != "/" && point.starts_with(mount.first + "/");
    });
    if (known == mounts.end() && above == mounts.end()) checker.expect("a mount at " + point, "there", "nothing");
    const bool writable = known != mounts.end() && known->second;
    if (!has_option(options, "nosuid")) checker.expect("mount " + point, "suid", "nosuid");
    if (!writable && !has_option(options, "ro")) checker.expect("mount " + point, "writable", "read-only");
    const bool device = point.starts_with("/dev/") && point != "/dev/shm";
    if (!device && !has_option(options, "nodev")) checker.expect("mount " + point, "with devices", "nodev");
  }
  return {};
}

Result<void> check_limits(Checker& checker, const Posture& expected) {
  const std::string text = TRY(os::read_file("/proc/" + std::to_string(expected.program) + "/limits", 65536));
  const std::size_t at = text.find("Max open files");
  std::string_view line = std::string_view{text}.substr(at, text.find('\n', at) - at);
  line.remove_prefix(std::min<std::size_t>(line.size(), 26));
  line.remove_prefix(std::min(line.size(), line.find_first_not_of(' ')));
  checker.expect("the limit of open files", line.substr(0, line.find(' ')), std::to_string(expected.open_files));
  if (text.find("Max core file size        0                    0") == std::string::npos) {
    checker.expect("the limit of core files", "not 0", "0");
  }
  return {};
}

std::string_view permitted_of_init(const Posture& expected) {
  if (expected.deterministic) return expected.separate_ids ? kKillAndTrace : kTraceOnly;
  return expected.separate_ids ? kKillOnly : kNoCapability;
}

}  // namespace

Result<std::string> check_posture(const Posture& expected, Depth depth) {
  Checker checker;
  const std::string init = "/proc/" + std::to_string(expected.init);
  const std::string program = "/proc/" + std::to_string(expected.program);
  check_status(checker, TRY(os::read_small(AT_FDCWD, init + "/status")), "pid 1", expected.init_id,
               permitted_of_init(expected));
  const std::string program_status = TRY(os::read_small(AT_FDCWD, program + "/status"));
  check_status(checker, program_status, "the program", expected.program_id, kNoCapability,
               depth == Depth::running ? May::grow : May::nothing);
  checker.expect("TracerPid of the program", field(program_status, "TracerPid"),
                 std::to_string(expected.deterministic ? expected.init : 0));
  // Without an id range setgroups is denied, and the caller's own groups stay.
  if (expected.separate_ids) checker.expect("Groups of the program", field(program_status, "Groups"), "");
  TRY(check_namespaces(checker, expected.program));
  if (expected.descriptors_readable && depth != Depth::running) {
    TRY(check_descriptors(checker, expected.program, {"pipe", "socket", "anon_inode:seccomp notify"}));
  }
  if (depth == Depth::every_start) return checker.differences;
  TRY(check_mounts(checker, expected));
  if (depth != Depth::running) TRY(check_limits(checker, expected));
  if (expected.init_readable) TRY(check_namespaces(checker, expected.init));
  return checker.differences;
}

}  // namespace belljar::sandbox::native
