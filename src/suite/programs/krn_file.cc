// The kernel's switches in /proc and /sys, and set-ups of known exploits. Switches are opened for writing and never
// written: holding one open is what the host looks for.
#include <dirent.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

Outcome hold(const std::string& path) {
  return of_call(::open(path.c_str(), O_WRONLY | O_CLOEXEC), "open " + path + " for writing");
}

Outcome core_pattern(const Params&) { return hold("/proc/sys/kernel/core_pattern"); }
Outcome modprobe_path(const Params&) {
  return any_of({hold("/proc/sys/kernel/modprobe"), hold("/proc/sys/kernel/randomize_va_space")});
}
Outcome own_switches(const Params&) {
  return any_of(
      {hold("/proc/sys/kernel/hostname"), hold("/proc/sys/net/ipv4/ip_forward"), hold("/proc/sys/kernel/shmmax")});
}
Outcome virtual_memory(const Params&) {
  return any_of(
      {hold("/proc/sys/vm/overcommit_memory"), hold("/proc/sys/vm/drop_caches"), hold("/proc/sys/fs/file-max")});
}
Outcome sysrq(const Params&) { return hold("/proc/sysrq-trigger"); }
Outcome uevent_helper(const Params&) {
  return any_of({hold("/sys/kernel/uevent_helper"), hold("/sys/power/state"),
                 hold("/sys/kernel/mm/transparent_hugepage/enabled")});
}
Outcome binary_formats(const Params&) {
  return any_of({hold("/proc/sys/fs/binfmt_misc/register"), hold("/proc/sys/fs/binfmt_misc/status")});
}

// Of the first hierarchy that is there: the group's members, its limits, its devices (CVE-2022-0492 goes on from here).
Outcome control_groups(const Params&) {
  return any_of({hold("/sys/fs/cgroup/cgroup.procs"), hold("/sys/fs/cgroup/unified/cgroup.procs"),
                 hold("/sys/fs/cgroup/memory/cgroup.procs"), hold("/sys/fs/cgroup/pids/cgroup.procs")});
}
Outcome device_control(const Params&) {
  return any_of({hold("/sys/fs/cgroup/devices/devices.allow"), hold("/sys/fs/cgroup/memory/release_agent"),
                 hold("/sys/fs/cgroup/memory/memory.limit_in_bytes"), hold("/sys/fs/cgroup/memory.max")});
}
Outcome mount_control_groups(const Params& given) {
  const std::string target = scratch_path(given, "cgroup");
  (void)::mkdir(target.c_str(), 0777);
  return any_of({of_call(::mount("cgroup2", target.c_str(), "cgroup2", 0, nullptr), "mount cgroup2"),
                 of_call(::mount("cgroup", target.c_str(), "cgroup", 0, "pids"), "mount a cgroup hierarchy")});
}

// CVE-2020-14386: a receive ring on a packet socket.
Outcome packet_ring(const Params&) {
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  tpacket_req ring{};
  ring.tp_block_size = 4096;
  ring.tp_block_nr = 1;
  ring.tp_frame_size = 2048;
  ring.tp_frame_nr = 2;
  return of_call(::setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring), "a packet receive ring");
}

// CVE-2022-0185: legacy parameters of a file system being configured.
Outcome configure_file_system(const Params&) {
  constexpr unsigned kSetString = 1;
  const long fd = ::syscall(SYS_fsopen, "tmpfs", 0);
  return of_call(::syscall(SYS_fsconfig, fd, kSetString, "size", "4k", 0), "fsconfig");
}

Outcome pick_file_system(const Params& given) {
  return of_call(::syscall(SYS_fspick, AT_FDCWD, given.get("scratch").c_str(), 0), "fspick");
}

Outcome quota_control(const Params&) {
  constexpr int kQuotaOn = 0x800002 << 8;
  return of_gate(::syscall(SYS_quotactl, kQuotaOn, "/dev/belljar-none", 0, nullptr), {ENOENT, ENOTBLK, ENODEV},
                 "quotactl");
}

Outcome file_handle_of(const Params& given) {
  alignas(file_handle) std::array<unsigned char, sizeof(file_handle) + MAX_HANDLE_SZ> buffer{};
  auto* handle = reinterpret_cast<file_handle*>(buffer.data());
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount = 0;
  return of_call(::name_to_handle_at(AT_FDCWD, given.get("shared").c_str(), handle, &mount, 0), "name_to_handle_at");
}

Outcome list_mounts(const Params&) {
  constexpr int kListMount = 458;
  struct {
    std::uint32_t size, spare;
    std::uint64_t mount, last, space;
  } request{32, 0, ~0ULL, 0, 0};
  std::array<std::uint64_t, 64> found{};
  return of_call(::syscall(kListMount, &request, found.data(), found.size(), 0), "listmount");
}

constexpr Attack kAttacks[] = {
    {"KRN50", core_pattern},         {"KRN51", modprobe_path},  {"KRN52", own_switches},
    {"KRN53", virtual_memory},       {"KRN54", sysrq},          {"KRN55", uevent_helper},
    {"KRN56", binary_formats},       {"KRN57", control_groups}, {"KRN58", device_control},
    {"KRN59", mount_control_groups}, {"KRN60", packet_ring},    {"KRN61", configure_file_system},
    {"KRN62", pick_file_system},     {"KRN63", quota_control},  {"KRN64", file_handle_of},
    {"KRN65", list_mounts},
};

}  // namespace

std::span<const Attack> krn_file_attacks() { return kAttacks; }

}  // namespace belljar::suite
