#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <string>

#include "os/host_facts.h"
#include "os/host_facts_trial.h"

// <sys/mount.h> and <linux/mount.h> of Debian 12 exclude each other; the old calls are made by number.
namespace belljar::os {

namespace {

constexpr unsigned long kNosuid = 2;
constexpr unsigned long kNodev = 4;
constexpr unsigned long kNoexec = 8;
constexpr unsigned long kRecursive = 16384;
constexpr unsigned long kSlave = 1UL << 19;
constexpr int kDetach = 2;

int old_mount(const char* source, const char* target, const char* type, unsigned long flags, const char* options) {
  return static_cast<int>(::syscall(SYS_mount, source, target, type, flags, options));
}

Trial with_scratch(int flags, const std::function<Trial()>& work) {
  return try_in_child([flags, &work]() -> Trial {
    if (Trial entered = enter_namespaces(CLONE_NEWNS | flags); !entered.works()) return entered;
    if (Trial mounted = mount_scratch(); !mounted.works()) return mounted;
    return work();
  });
}

std::string scratch(const char* name) { return std::string{kScratch} + "/" + name; }

Trial make_scratch_folders(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (::mkdir(scratch(name).c_str(), 0755) != 0) return trial_failed(std::string{"mkdir "} + name);
  }
  return {};
}

Trial try_proc_with(const char* options, const char* detail) {
  return with_scratch(CLONE_NEWPID, [options, detail]() -> Trial {
    if (Trial made = make_scratch_folders({"proc"}); !made.works()) return made;
    const int error = in_grandchild([options] {
      const std::string target = scratch("proc");
      if (old_mount("proc", target.c_str(), "proc", kNosuid | kNodev | kNoexec, options) != 0) return errno;
      if (::access((target + "/1/status").c_str(), F_OK) != 0) return errno;
      const bool shows_more = ::access((target + "/kcore").c_str(), F_OK) == 0;
      return std::string_view{options}.find("subset=pid") != std::string_view::npos && shows_more ? EOPNOTSUPP : 0;
    });
    return error == 0 ? Trial{0, detail} : trial_failed(std::string{"mount proc "} + options, error);
  });
}

}  // namespace

Trial mount_scratch() {
  if (old_mount(nullptr, "/", nullptr, kRecursive | kSlave, nullptr) != 0) return trial_failed("make / a slave mount");
  if (old_mount("tmpfs", kScratch, "tmpfs", kNosuid | kNodev, "size=1m,nr_inodes=64,mode=755") != 0) {
    return trial_failed("mount tmpfs");
  }
  return {};
}

Trial try_tmpfs() {
  return with_scratch(0, []() -> Trial {
    const Fd file{::open(scratch("big").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    if (!file) return trial_failed("create a file in tmpfs");
    if (::fallocate(file.get(), 0, 0, 2 << 20) == 0 || errno != ENOSPC) return trial_failed("hold tmpfs to its size");
    for (int i = 0; i < 64; ++i) {
      const Fd one{::open(scratch(std::to_string(i).c_str()).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
      if (!one && errno == ENOSPC) return {0, "size and inode limits hold"};
    }
    return trial_failed("hold tmpfs to its inodes", EIO);
  });
}

Trial try_overlay() {
  return with_scratch(0, []() -> Trial {
    if (Trial made = make_scratch_folders({"lower", "upper", "work", "both"}); !made.works()) return made;
    const std::string options =
        "lowerdir=" + scratch("lower") + ",upperdir=" + scratch("upper") + ",workdir=" + scratch("work") + ",userxattr";
    if (old_mount("overlay", scratch("both").c_str(), "overlay", kNosuid | kNodev, options.c_str()) != 0) {
      return trial_failed("mount overlay");
    }
    if (::mkdir(scratch("both/x").c_str(), 0755) != 0) return trial_failed("write to the overlay");
    if (::access(scratch("upper/x").c_str(), F_OK) != 0) return trial_failed("find the change in the upper folder");
    return {0, "writable view of a read-only tree, upper in tmpfs"};
  });
}

Trial try_proc() { return try_proc_with("", "shows the processes of its own pid namespace"); }
Trial try_proc_subset() { return try_proc_with("subset=pid,hidepid=invisible", "processes alone, others' hidden"); }

Trial try_devpts() {
  return with_scratch(0, []() -> Trial {
    if (Trial made = make_scratch_folders({"pts"}); !made.works()) return made;
    if (old_mount("devpts", scratch("pts").c_str(), "devpts", kNosuid | kNoexec,
                  "newinstance,ptmxmode=0666,mode=0620") != 0) {
      return trial_failed("mount devpts");
    }
    const Fd terminal{::open(scratch("pts/ptmx").c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
    return terminal ? Trial{0, "own terminals, numbered from 0"} : trial_failed("open ptmx");
  });
}

Trial try_mount_api() {
  return with_scratch(0, []() -> Trial {
    if (Trial made = make_scratch_folders({"from", "bind"}); !made.works()) return made;
    const Fd tree{static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, scratch("from").c_str(),
                                             OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE))};
    if (!tree) return trial_failed("open_tree");
    mount_attr attributes{};
    attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
    if (::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) !=
        0) {
      return trial_failed("mount_setattr");
    }
    if (::syscall(SYS_move_mount, tree.get(), "", AT_FDCWD, scratch("bind").c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0) {
      return trial_failed("move_mount");
    }
    if (::mkdir(scratch("bind/x").c_str(), 0755) == 0 || errno != EROFS) return trial_failed("find the bind read-only");
    return {0, "read-only recursive binds without a path in between"};
  });
}

Trial try_pivot_root() {
  return with_scratch(0, []() -> Trial {
    if (Trial made = make_scratch_folders({"root"}); !made.works()) return made;
    const std::string root = scratch("root");
    if (old_mount("tmpfs", root.c_str(), "tmpfs", kNosuid | kNodev, "size=64k") != 0)
      return trial_failed("mount tmpfs");
    if (::chdir(root.c_str()) != 0) return trial_failed("chdir");
    if (::syscall(SYS_pivot_root, ".", ".") != 0) return trial_failed("pivot_root");
    if (::syscall(SYS_umount2, ".", kDetach) != 0) return trial_failed("unmount the old root");
    if (::access("/usr", F_OK) == 0) return trial_failed("leave the old root behind", EIO);
    return {0, "the host's tree is out of reach"};
  });
}

Trial try_openat2() {
  return try_in_child([]() -> Trial {
    const Fd folder{::open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!folder) return trial_failed("open /proc/self");
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const Fd up{static_cast<int>(::syscall(SYS_openat2, folder.get(), "../self", &how, sizeof how))};
    if (up || errno != EXDEV) return trial_failed("be refused a path that climbs", up ? EIO : errno);
    const Fd magic{static_cast<int>(::syscall(SYS_openat2, folder.get(), "root", &how, sizeof how))};
    if (magic || (errno != ELOOP && errno != EXDEV))
      return trial_failed("be refused a magic link", magic ? EIO : errno);
    return {0, "paths that climb or jump are refused"};
  });
}

}  // namespace belljar::os
