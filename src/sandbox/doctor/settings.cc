// Settings of the host that make a wall thicker or thinner. None is required: a sandbox's own walls hold without them.
#include <array>
#include <charconv>

#include "base/text.h"
#include "os/host_facts.h"
#include "sandbox/doctor/checks.h"

namespace belljar::sandbox {

namespace {

constexpr const char* kGroup = "host settings";

struct Row {
  std::string_view id;
  std::string_view name;
  std::string_view path;
  long least;
  long most;
  bool fine_when_absent;
  std::string_view cost;
  std::string_view remedy;
};

constexpr long kAny = 1'000'000;

constexpr std::array<Row, 10> kRows{{
    {"host.ptrace-scope", "ptrace scope (Yama)", "kernel/yama/ptrace_scope", 1, kAny, false,
     "outside sandboxes, one program of a user can read another's memory", "sysctl -w kernel.yama.ptrace_scope=1"},
    {"host.io-uring", "io_uring", "kernel/io_uring_disabled", 1, kAny, false,
     "the filter alone keeps sandboxes from io_uring", "sysctl -w kernel.io_uring_disabled=2"},
    {"host.bpf", "unprivileged bpf", "kernel/unprivileged_bpf_disabled", 1, kAny, false,
     "the filter alone keeps sandboxes from bpf", "sysctl -w kernel.unprivileged_bpf_disabled=1"},
    {"host.userfaultfd", "userfaultfd", "vm/unprivileged_userfaultfd", 0, 0, true,
     "the filter alone keeps sandboxes from userfaultfd", "sysctl -w vm.unprivileged_userfaultfd=0"},
    {"host.perf", "perf events", "kernel/perf_event_paranoid", 2, kAny, true,
     "the filter alone keeps sandboxes from perf events", "sysctl -w kernel.perf_event_paranoid=3"},
    {"host.dmesg", "kernel log", "kernel/dmesg_restrict", 1, kAny, false,
     "the filter alone keeps the kernel log from sandboxes", "sysctl -w kernel.dmesg_restrict=1"},
    {"host.kernel-pointers", "kernel pointers", "kernel/kptr_restrict", 1, kAny, false,
     "what leaks a kernel address leaks a true one", "sysctl -w kernel.kptr_restrict=1"},
    {"host.tiocsti", "forged terminal input", "dev/tty/legacy_tiocsti", 0, 0, false,
     "on a shared terminal, input can be forged; sandboxes have none", "sysctl -w dev.tty.legacy_tiocsti=0"},
    {"host.userns-clone", "user namespaces (sysctl)", "kernel/unprivileged_userns_clone", 1, kAny, true,
     "only root can make sandboxes", "sysctl -w kernel.unprivileged_userns_clone=1"},
    {"host.apparmor-userns", "user namespaces (AppArmor)", "kernel/apparmor_restrict_unprivileged_userns", 0, 0, true,
     "only root, or a profile, can make sandboxes", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
}};

HostCheck setting_check(const Row& row) {
  HostCheck check{.id = std::string{row.id},
                  .name = std::string{row.name},
                  .group = kGroup,
                  .status = CheckStatus::works,
                  .need = Need::optional,
                  .detail = "",
                  .cost = std::string{row.cost},
                  .remedy = std::string{row.remedy},
                  .accept = ""};
  const std::optional<std::string> text = os::kernel_setting(row.path);
  long value = 0;
  if (text) (void)std::from_chars(text->data(), text->data() + text->size(), value);
  const bool good = text ? value >= row.least && value <= row.most : row.fine_when_absent;
  if (!good) check.status = CheckStatus::degraded;
  if (!text) check.remedy = "a kernel that has this setting";
  const std::string setting{row.path.substr(row.path.rfind('/') + 1)};
  check.detail = setting + (text ? " = " + printable(*text, 60) : std::string{": this kernel has no such setting"});
  return check;
}

HostCheck core_pattern_check() {
  const std::string pattern = os::kernel_setting("kernel/core_pattern").value_or("");
  const bool pipes = pattern.starts_with('|');
  return {.id = "host.core-pattern",
          .name = "core dumps",
          .group = kGroup,
          .status = pipes ? CheckStatus::degraded : CheckStatus::works,
          .need = Need::optional,
          .detail = pipes ? "core_pattern hands them to a program: " + printable(pattern, 80)
                          : "core_pattern is a plain file name",
          .cost = "the memory of a crash that is not caught goes to a host program that runs as root",
          .remedy = "sysctl -w kernel.core_pattern=core",
          .accept = ""};
}

HostCheck pressure_check() {
  const bool there = os::has_pressure_stall_information();
  return {.id = "host.pressure",
          .name = "pressure figures",
          .group = kGroup,
          .status = there ? CheckStatus::works : CheckStatus::missing,
          .need = Need::optional,
          .detail = there ? "/proc/pressure" : "/proc/pressure is not there",
          .cost = "reports cannot say how long the host itself was short of memory or processors",
          .remedy = "boot with psi=1",
          .accept = ""};
}

HostCheck swap_check() {
  const Result<os::SwapFact> swap = os::read_swap();
  const bool known = static_cast<bool>(swap);
  const std::uint64_t bytes = known ? swap.value().total_bytes : 0;
  return {.id = "host.swap",
          .name = "swap",
          .group = kGroup,
          .status = known ? CheckStatus::works : CheckStatus::missing,
          .need = Need::optional,
          .detail = !known       ? swap.error().message()
                    : bytes == 0 ? std::string{"none"}
                                 : human_bytes(bytes) + "; what a sandbox may use of it is a quota",
          .cost = "how much swap there is stays unknown",
          .remedy = "mount -t proc proc /proc",
          .accept = ""};
}

}  // namespace

void check_settings(std::vector<HostCheck>& checks) {
  for (const Row& row : kRows) checks.push_back(setting_check(row));
  checks.push_back(core_pattern_check());
  checks.push_back(pressure_check());
  checks.push_back(swap_check());
}

}  // namespace belljar::sandbox
