// Changing the view: mounts, roots and the calls that make them.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

Outcome write_shared(const Params& given) {
  const int fd = ::open((given.get("shared") + "/readme").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (fd < 0) return denied("open a shared file for writing");
  if (::write(fd, "overwritten\n", 12) != 12) return denied("write to a shared file");
  return escaped("wrote to a shared file");
}

Outcome remount(const Params& given) {
  if (::mount(nullptr, given.get("shared").c_str(), nullptr, MS_REMOUNT | MS_BIND, nullptr) != 0) {
    return denied("remount a read-only bind");
  }
  return write_shared(given);
}

Outcome clear_read_only(const Params& given) {
  mount_attr attributes{};
  attributes.attr_clr = MOUNT_ATTR_RDONLY;
  const std::string shared = given.get("shared");
  if (::syscall(SYS_mount_setattr, AT_FDCWD, shared.c_str(), 0, &attributes, sizeof attributes) != 0) {
    return denied("mount_setattr");
  }
  return write_shared(given);
}

Outcome new_file_system(const Params&) { return of_call(::syscall(SYS_fsopen, "tmpfs", 0), "fsopen tmpfs"); }

Outcome clone_tree(const Params& given) {
  return of_call(::syscall(SYS_open_tree, AT_FDCWD, given.get("shared").c_str(), OPEN_TREE_CLONE), "open_tree clone");
}

Outcome move_mount_away(const Params& given) {
  const std::string target = scratch_path(given, "moved");
  (void)::mkdir(target.c_str(), 0777);
  const long tree = ::syscall(SYS_open_tree, AT_FDCWD, given.get("shared").c_str(), OPEN_TREE_CLONE);
  return of_call(::syscall(SYS_move_mount, tree, "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH), "move_mount");
}

Outcome mount_tmpfs(const Params& given) {
  return of_call(::mount("tmpfs", given.get("scratch").c_str(), "tmpfs", 0, nullptr), "mount a tmpfs");
}

Outcome mount_proc(const Params& given) {
  const std::string target = scratch_path(given, "proc");
  (void)::mkdir(target.c_str(), 0777);
  return of_call(::mount("proc", target.c_str(), "proc", 0, nullptr), "mount a whole /proc");
}

Outcome bind_over(const Params& given) {
  return of_call(::mount("/proc", given.get("shared").c_str(), nullptr, MS_BIND, nullptr),
                 "bind one folder over another");
}

Outcome unmount(const Params& given) {
  return of_call(::umount2(given.get("scratch").c_str(), MNT_DETACH), "unmount a folder");
}

Outcome pivot(const Params&) { return of_gate(::syscall(SYS_pivot_root, ".", "."), {EINVAL, EBUSY}, "pivot_root"); }

Outcome chroot_break(const Params& given) {
  const int root = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::string cage = scratch_path(given, "cage");
  (void)::mkdir(cage.c_str(), 0777);
  if (::chroot(cage.c_str()) != 0) return denied("chroot");
  if (::fchdir(root) != 0) return denied("leave a chroot by a saved folder");
  return escaped("left a chroot by a saved folder");
}

// CVE-2021-3493, CVE-2023-0386: an overlay mounted as root of a user namespace.
Outcome overlay_in_user_namespace(const Params& given) {
  const std::string map = "0 " + std::to_string(::geteuid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return denied("unshare user and mount namespaces");
  for (const char* file : {"/proc/self/uid_map", "/proc/self/setgroups", "/proc/self/gid_map"}) {
    const int mapping = ::open(file, O_WRONLY | O_CLOEXEC);
    const std::string line = std::string_view{file}.ends_with("groups") ? "deny" : map;
    (void)!::write(mapping, line.data(), line.size());
  }
  for (const char* name : {"upper", "work", "merged"}) (void)::mkdir(scratch_path(given, name).c_str(), 0777);
  const std::string options = "userxattr,lowerdir=" + given.get("shared") +
                              ",upperdir=" + scratch_path(given, "upper") + ",workdir=" + scratch_path(given, "work");
  return of_call(::mount("overlay", scratch_path(given, "merged").c_str(), "overlay", 0, options.c_str()),
                 "mount an overlay");
}

Outcome mount_fuse(const Params& given) {
  const int fd = ::open("/dev/fuse", O_RDWR | O_CLOEXEC);
  const std::string target = scratch_path(given, "fuse");
  (void)::mkdir(target.c_str(), 0777);
  const std::string options = "fd=" + std::to_string(fd) + ",rootmode=40000,user_id=0,group_id=0";
  return of_call(::mount("fuse", target.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()), "mount FUSE");
}

constexpr Attack kAttacks[] = {
    {"FS20", remount},    {"FS21", clear_read_only}, {"FS22", new_file_system},
    {"FS23", clone_tree}, {"FS24", move_mount_away}, {"FS25", mount_tmpfs},
    {"FS26", mount_proc}, {"FS27", bind_over},       {"FS28", unmount},
    {"FS29", pivot},      {"FS30", chroot_break},    {"FS31", overlay_in_user_namespace},
    {"FS32", mount_fuse},
};

}  // namespace

std::span<const Attack> fs_mount_attacks() { return kAttacks; }

}  // namespace belljar::suite
