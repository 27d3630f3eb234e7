// Namespaces, mounts, processes and filters: each one trial.
#include <unistd.h>

#include <array>

#include "os/host_facts.h"
#include "sandbox/doctor/checks.h"

namespace belljar::sandbox {

namespace {

using os::Trial;

struct Row {
  std::string_view id;
  std::string_view name;
  std::string_view group;
  Need need;
  Trial (*trial)();
  std::string_view cost;
  std::string_view remedy;  // empty: whatever keeps user namespaces from us
  std::string_view accept = {};
};

constexpr std::string_view kNamespaces = "namespaces";
constexpr std::string_view kFiles = "files";
constexpr std::string_view kProcesses = "processes";
constexpr std::string_view kCalls = "system calls";

constexpr auto kRows = std::to_array<Row>({
    {"namespace.user", "user namespace", kNamespaces, Need::required, os::try_user_namespace,
     "no sandbox without being root on the host: no native tier", ""},
    {"namespace.pid", "pid namespace", kNamespaces, Need::required, os::try_pid_namespace,
     "sandboxes see, and signal, each other's processes; the tree cannot be killed at once", ""},
    {"namespace.mount", "mount namespace", kNamespaces, Need::required, os::try_mount_namespace,
     "sandboxes see the host's files", ""},
    {"namespace.net", "network namespace", kNamespaces, Need::required, os::try_net_namespace,
     "sandboxes reach the host's networks", ""},
    {"namespace.ipc", "ipc namespace", kNamespaces, Need::required, os::try_ipc_namespace,
     "System V shared memory and message queues cross between sandboxes", ""},
    {"namespace.uts", "uts namespace", kNamespaces, Need::required, os::try_uts_namespace,
     "sandboxes learn the host's name", ""},
    {"namespace.cgroup", "cgroup namespace", kNamespaces, Need::required, os::try_cgroup_namespace,
     "sandboxes learn where they live in the host's control groups", ""},
    {"namespace.time", "time namespace", kNamespaces, Need::optional, os::try_time_namespace,
     "`time: own` in a scenario refuses to start; sandboxes see how long the host has been up",
     "a kernel with CONFIG_TIME_NS (5.6)"},

    {"file.tmpfs", "tmpfs with limits", kFiles, Need::required, os::try_tmpfs,
     "no writable folder with a size and inode quota", ""},
    {"file.proc", "own /proc", kFiles, Need::required, os::try_proc, "programs that read /proc/self fail",
     "in a container, run it with an unmasked /proc (--security-opt systempaths=unconfined)"},
    {"file.proc-subset", "/proc of processes alone", kFiles, Need::optional, os::try_proc_subset,
     "kernel files of /proc are covered one by one instead of absent", "Linux 5.8"},
    {"file.devpts", "own terminals", kFiles, Need::required, os::try_devpts,
     "pseudo-terminals would be shared with the host", "a kernel with CONFIG_UNIX98_PTYS"},
    {"file.overlay", "overlay in a user namespace", kFiles, Need::optional, os::try_overlay,
     "`writable_root` refuses to start; /tmp, /work and /out are writable either way",
     "modprobe overlay   (Linux 5.11)"},
    {"file.mount-api", "mounts by descriptor", kFiles, Need::required, os::try_mount_api,
     "binds would go through paths that a rename can move", "Linux 5.12"},
    {"file.pivot-root", "pivot_root", kFiles, Need::required, os::try_pivot_root,
     "the host's tree stays reachable below the sandbox's root",
     "start belljar from a real mount, not from a chroot or an initramfs"},
    {"file.openat2", "openat2", kFiles, Need::required, os::try_openat2,
     "paths of a sandbox could lead the host out of it", "Linux 5.6"},

    {"process.clone3", "clone3", kProcesses, Need::required, os::try_clone3,
     "a process and its handle cannot be had in one step",
     "Linux 5.5, or a container whose seccomp profile allows clone3"},
    {"process.pidfd", "process handles", kProcesses, Need::required, os::try_pidfd,
     "signals could hit a stranger who got the same pid", "Linux 5.6"},
    {"process.close-range", "close_range", kProcesses, Need::optional, os::try_close_range,
     "descriptors are closed one by one", "Linux 5.9"},

    {"call.seccomp", "seccomp filter", kCalls, Need::required, os::try_seccomp_filter,
     "every system call is open to a sandbox", "a kernel with CONFIG_SECCOMP_FILTER"},
    {"call.notification", "refusals as events", kCalls, Need::required, os::try_seccomp_notification,
     "refused calls get their errno, but who tried what stays unseen", "Linux 5.5, and 5.6 for pidfd_getfd",
     "user-notification"},
    {"call.sync-wake-up", "fast refusal events", kCalls, Need::optional, os::try_seccomp_sync_wake_up,
     "a refused call takes a few microseconds longer", "Linux 6.6"},
});

std::string enable_user_namespaces() {
  if (os::kernel_setting("kernel/unprivileged_userns_clone") == "0")
    return "sysctl -w kernel.unprivileged_userns_clone=1";
  if (os::kernel_setting("kernel/apparmor_restrict_unprivileged_userns").value_or("0") != "0") {
    return "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0   (or an AppArmor profile for belljar)";
  }
  if (os::kernel_setting("user/max_user_namespaces") == "0") return "sysctl -w user.max_user_namespaces=16384";
  return "a kernel with namespaces; in a container, one whose seccomp profile allows unshare and mount; no chroot";
}

HostCheck check_uid_range() {
  const Trial trial = os::try_uid_range();
  const bool root = ::geteuid() == 0;
  return {.id = "namespace.uid-range",
          .name = "own range of user ids",
          .group = std::string{kNamespaces},
          .status = trial.works() ? CheckStatus::works : CheckStatus::missing,
          .need = Need::required,
          .detail = trial.detail,
          .cost = "everything in a sandbox has one user id, which for an unprivileged user is their own",
          .remedy = root ? enable_user_namespaces()
                         : "sudo apt-get install uidmap && sudo usermod --add-subuids 100000-165535 --add-subgids "
                           "100000-165535 $USER",
          .accept = "user-namespace-range"};
}

struct LandlockLevel {
  int abi;
  std::string_view kernel;
  std::string_view cost;
};

// What each ABI added.
constexpr std::array<LandlockLevel, 6> kLandlockLevels{{
    {2, "5.19", "moving files between folders is always refused"},
    {3, "6.2", "truncating is held by mounts alone"},
    {4, "6.7", "TCP ports are held by the network namespace alone"},
    {5, "6.10", "device ioctls are held by the filter alone"},
    {6, "6.12", "abstract sockets and signals are held by namespaces alone"},
    {7, "6.15", "the kernel's audit log misses Landlock's refusals"},
}};

HostCheck check_landlock() {
  const Trial trial = os::try_landlock();
  HostCheck check{.id = "call.landlock",
                  .name = "Landlock",
                  .group = std::string{kCalls},
                  .status = trial.works() ? CheckStatus::works : CheckStatus::missing,
                  .need = Need::required,
                  .detail = trial.detail,
                  .cost = "one wall instead of two around files, ports, sockets and signals",
                  .remedy = "a kernel with CONFIG_SECURITY_LANDLOCK (5.13), booted with landlock in lsm=",
                  .accept = "landlock"};
  if (!trial.works()) return check;
  std::string lost;
  for (const LandlockLevel& level : kLandlockLevels) {
    if (level.abi <= os::landlock_abi()) continue;
    lost += (lost.empty() ? "" : "; ") + std::string{level.cost};
    check.status = CheckStatus::degraded;
    check.remedy = "Linux " + std::string{level.kernel};
  }
  if (!lost.empty()) check.cost = lost;
  return check;
}

}  // namespace

void check_walls(std::vector<HostCheck>& checks) {
  for (const Row& row : kRows) {
    const Trial trial = row.trial();
    checks.push_back({.id = std::string{row.id},
                      .name = std::string{row.name},
                      .group = std::string{row.group},
                      .status = trial.works() ? CheckStatus::works : CheckStatus::missing,
                      .need = row.need,
                      .detail = trial.detail,
                      .cost = std::string{row.cost},
                      .remedy = row.remedy.empty() ? enable_user_namespaces() : std::string{row.remedy},
                      .accept = std::string{row.accept}});
    if (row.id == "namespace.user") checks.push_back(check_uid_range());
  }
  checks.push_back(check_landlock());
}

}  // namespace belljar::sandbox
