#include <sys/syscall.h>

#include <cerrno>

#include "suite/probe/catalogue.h"
#include "suite/probe/oracles.h"

namespace belljar::suite {

namespace {

constexpr Probe kReading[] = {
    {"FS01", "host-secret-read", "Opens a readable file of the host by its path.", "mount namespace", canary_read()},
    {"FS02", "dotdot", "Climbs to it with .. from the root and from a shared folder.", "mount namespace, pivot_root",
     canary_read()},
    {"FS03", "symlink-out", "Makes a symbolic link to it and opens that.", "mount namespace", canary_read()},
    {"FS04", "symlink-for-collector", "Leaves a symbolic link to it as a result for the host to gather.",
     "gathering through descriptors, no links followed", canary_read(), kCollect},
    {"FS05", "folder-for-collector", "Leaves a linked folder in a result's path.", "gathering stays below /out",
     canary_read(), kCollectFolder},
    {"FS06", "fifo-for-collector", "Leaves a FIFO as a result, which blocks whoever opens it.",
     "gathering takes regular files alone", noticed("collector-blocked"), kCollect},
    {"FS07", "process-root", "Goes through /proc/PID/root of a neighbour, of pid 1 and of itself.",
     "pid namespace, own /proc", canary_read()},
    {"FS08", "process-descriptors", "Goes through /proc/PID/fd and cwd of a neighbour.", "pid namespace, own /proc",
     canary_read()},
    {"FS09", "leaked-folder", "Opens beneath every descriptor it was started with (CVE-2024-21626).",
     "no inherited descriptors", canary_read()},
    {"FS10", "handle-shocker", "Opens a host file by its handle.", "system calls: open_by_handle_at", canary_read(),
     kNeedsRoot},
    {"FS11", "device-scan", "Opens any of the devices a real /dev has.", "minimal /dev", reaches("foreign_devices", 1)},
    {"FS12", "kvm-device", "Opens /dev/kvm.", "minimal /dev", holds("dev 10:232"), kNeedsRoot},
    {"FS13", "fuse-device", "Opens /dev/fuse.", "minimal /dev", holds("dev 10:229"), kNeedsRoot},
    {"FS14", "tun-device", "Opens /dev/net/tun.", "minimal /dev", holds("dev 10:200"), kNeedsRoot},
    {"FS15", "vsock-device", "Opens /dev/vsock.", "minimal /dev", reaches("foreign_devices", 1), kNeedsRoot},
    {"FS16", "disk", "Opens a disk of the host.", "minimal /dev", reaches("foreign_devices", 1), kNeedsRoot},
    {"FS17", "make-device", "Makes the node of the kernel's log and opens it.", "system calls: mknod, nodev",
     holds("dev 1:11"), kNeedsRoot},
    {"FS20", "remount-rw", "Remounts a read-only bind writable and writes.", "system calls: mount", tree_changed(),
     kReadOnlyBind},
    {"FS21", "mount-setattr", "Clears the read-only attribute of a bind and writes.", "system calls: mount_setattr",
     tree_changed(), kReadOnlyBind},
    {"FS22", "fsopen", "Opens a new file system.", "system calls: fsopen", answered(SYS_fsopen)},
    {"FS23", "open-tree", "Clones a mount.", "system calls: open_tree", answered(SYS_open_tree)},
    {"FS24", "move-mount", "Moves a mount.", "system calls: move_mount", answered(SYS_move_mount)},
    {"FS25", "mount-tmpfs", "Mounts a tmpfs.", "system calls: mount", answered(SYS_mount)},
    {"FS26", "mount-proc", "Mounts a whole /proc.", "system calls: mount", answered(SYS_mount)},
    {"FS27", "bind-over", "Binds one folder over another.", "system calls: mount", answered(SYS_mount)},
    {"FS28", "unmount", "Unmounts a folder to see what lies beneath.", "system calls: umount2", answered(SYS_umount2)},
    {"FS29", "pivot-root", "Changes the root.", "system calls: pivot_root", answered(SYS_pivot_root, EINVAL, EBUSY)},
    {"FS30", "chroot-break", "Enters a chroot, to leave it by a saved folder.", "system calls: chroot",
     answered(SYS_chroot)},
    {"FS31", "overlay-userns", "Mounts an overlay as root of a user namespace (CVE-2021-3493, CVE-2023-0386).",
     "system calls: unshare, mount", answered(SYS_mount)},
    {"FS32", "fuse-mount", "Mounts a file system of its own making.", "system calls: mount", answered(SYS_mount),
     kNeedsRoot},
};

constexpr Probe kWriting[] = {
    {"FS40", "hardlink-out", "Links a read-only file into a writable folder and writes there.",
     "separate read-only mount", tree_changed()},
    {"FS41", "future-file", "Creates files that run later for whoever opens the folder: hooks, rc files.",
     "read-only bind", tree_changed()},
    {"FS42", "rename-parent", "Renames a protected file's folder and makes its own in its place.", "read-only bind",
     tree_changed()},
    {"FS43", "change-attributes", "Changes mode, times and attributes of a shared file.", "read-only bind",
     tree_changed()},
    {"FS44", "truncate", "Truncates a shared file by open and by truncate.", "read-only bind", tree_changed()},
    {"FS45", "reopen-for-writing", "Reopens a read-only descriptor for writing through /proc/self/fd.",
     "read-only bind, Landlock", tree_changed()},
    {"FS46", "unnamed-file", "Creates an unnamed file in a shared folder and names it.", "read-only bind",
     tree_changed()},
    {"FS47", "host-log", "Truncates and appends to a record of the host.", "mount namespace", tree_changed()},
    {"FS48", "remove-host-file", "Removes a file of the host.", "mount namespace", tree_changed()},
    {"FS49", "remove-shared-file", "Removes a shared file.", "read-only bind", tree_changed()},
    {"FS50", "swap-shared-file", "Swaps a shared file for one of its own.", "read-only bind", tree_changed()},
    {"FS51", "lock", "Locks a shared file, so that the host waits.",
     "shared folders are layers with inodes of their own", noticed("lock")},
    {"FS52", "record-lock", "Takes read locks on a shared file, so that writers on the host wait.",
     "shared folders are layers with inodes of their own", noticed("lock")},
    {"FS53", "lease", "Takes a lease on a shared file, so that the host waits.", "system calls: fcntl",
     noticed("lock")},
};

}  // namespace

std::span<const Probe> fs_probes() { return kReading; }
std::span<const Probe> fs_write_probes() { return kWriting; }

}  // namespace belljar::suite
