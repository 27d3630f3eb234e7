// What this host lets us do, found by doing it: each trial forks a short-lived child that makes one namespace, one
// mount, one filter, and says how it went. Nothing of a trial outlives it.
//
//   Trial overlay = try_overlay();
//   if (!overlay.works()) print(overlay.detail);     // "mount overlay: EPERM"
//
// Single-threaded callers only (children are forked). A trial takes 1 to 20 ms; one that hangs is killed after 5 s.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "os/cgroup.h"

namespace belljar::os {

struct Trial {
  int error = 0;       // an errno
  std::string detail;  // what was seen, or which step failed and how
  bool works() const { return error == 0; }
};

// Runs `work` in a child of its own and hands its answer over. A child that dies or hangs is a failed trial.
Trial try_in_child(const std::function<Trial()>& work, std::chrono::milliseconds timeout = std::chrono::seconds{5});

// --- namespaces, each inside a fresh user namespace ---
Trial try_user_namespace();  // and that it gives power over namespaces made below it
Trial try_uid_range();       // many ids in one user namespace: as root by map, else by newuidmap and /etc/subuid
Trial try_pid_namespace();
Trial try_mount_namespace();
Trial try_net_namespace();  // and that its loopback comes up
Trial try_ipc_namespace();
Trial try_uts_namespace();
Trial try_cgroup_namespace();
Trial try_time_namespace();  // and that its clock is its own

// --- mounts, inside user and mount namespaces ---
Trial try_tmpfs();  // with size and inode limits that hold
Trial try_overlay();
Trial try_proc();         // in its own pid namespace
Trial try_proc_subset();  // showing processes alone
Trial try_devpts();       // a new instance
Trial try_mount_api();    // open_tree, mount_setattr, move_mount: a read-only bind
Trial try_pivot_root();
Trial try_openat2();  // RESOLVE_BENEATH refuses to climb

// --- processes ---
Trial try_pidfd();  // open, signal, wait, and pidfd_getfd
Trial try_clone3();
Trial try_close_range();

// --- filters ---
Trial try_seccomp_filter();
Trial try_seccomp_notification();  // a call is held, seen and answered
Trial try_seccomp_sync_wake_up();
Trial try_landlock();  // a file outside the ruleset cannot be opened
int landlock_abi();    // 0: none

// --- networks and virtual machines ---
Trial try_nftables();
Trial try_veth();
Trial try_kvm();  // a virtual machine runs a few instructions; the detail says how fast

// Every part this host can hold, tried on a group of our own; parts it cannot are left out. Memory without the kernel's
// share is EOPNOTSUPP.
std::map<CgroupPart, Trial> try_cgroups(const CgroupHost& host);
// clone3() straight into a group.
Trial try_clone_into_cgroup(const CgroupHost& host);

// --- facts that are read ---
std::string kernel_release();
// The trimmed text of /proc/sys/<path>; nothing where this kernel has no such setting.
std::optional<std::string> kernel_setting(std::string_view path);
struct SwapFact {
  std::uint64_t total_bytes = 0;
};
Result<SwapFact> read_swap();
bool has_pressure_stall_information();
// The first line a program prints for `--version`; Errc::unavailable where it is not installed.
Result<std::string> program_version(const std::string& program);

}  // namespace belljar::os
