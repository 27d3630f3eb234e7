#include "sandbox/native/init/root.h"

#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <cstring>

namespace belljar::sandbox::native {

namespace {

// Where the root grows before the launcher steps into it. Any folder does, because the mount namespace is private and
// the folder's own content stays reachable for the binds through descriptors taken by open_tree.
constexpr const char* kAnchor = "/usr";
constexpr const char* kHostProc = ".host-proc";
constexpr const char* kScratch = ".writable";
constexpr const char* kEmpty = ".empty";

int open_tree(const char* path, unsigned flags) {
  return static_cast<int>(::syscall(SYS_open_tree, AT_FDCWD, path, flags));
}

int move_mount(int from, const char* to) {
  return static_cast<int>(::syscall(SYS_move_mount, from, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH));
}

int set_attributes(int tree, std::uint64_t set, std::uint64_t propagation) {
  mount_attr attributes{};
  attributes.attr_set = set;
  attributes.propagation = propagation;
  return static_cast<int>(
      ::syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes));
}

std::size_t put_text(char* into, const char* text) {
  const std::size_t length = std::strlen(text);
  std::memcpy(into, text, length + 1);
  return length;
}

std::size_t put_descriptor(char* into, int fd) {
  std::size_t at = put_text(into, "/proc/self/fd/");
  char digits[12];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + fd % 10);
    fd /= 10;
  } while (fd != 0);
  while (count > 0) into[at++] = digits[--count];
  into[at] = '\0';
  return at;
}

// A host folder as a read-only layer of its own: its inodes are not the host's, so a lock taken inside binds nobody
// outside, and a socket that lies there leads nowhere. (An overlay without a writable layer needs two lower ones.)
Outcome layer(const PlanView& view, const PlanStep& step, int folder, std::uint32_t item) {
  const int empty = ::open(kEmpty, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (empty < 0) return failed(Step::build_root, errno, item);
  char options[192];
  std::size_t at = put_text(options, "lowerdir=");
  if (step.cover.length > 0) {
    if (step.cover.length > 64) return failed(Step::build_root, ENAMETOOLONG, item);
    at += put_text(options + at, view.text(step.cover));
    options[at++] = ':';
  }
  at += put_descriptor(options + at, folder);
  options[at++] = ':';
  (void)put_descriptor(options + at, empty);
  const unsigned long flags = MS_RDONLY | MS_NOSUID | MS_NODEV;
  if (::mount("overlay", view.text(step.target), "overlay", flags, options) != 0) {
    return failed(Step::build_root, errno, item);
  }
  (void)::close(empty);
  (void)::close(folder);
  return done();
}

// A copy of what stands at `source`, made harmless before it is visible anywhere.
Outcome bind(const PlanView& view, const PlanStep& step, int tree, std::uint32_t item) {
  std::uint64_t set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (step.kind == StepKind::device) set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  if (set_attributes(tree, set, MS_PRIVATE) != 0) return failed(Step::build_root, errno, item);
  if (move_mount(tree, view.text(step.target)) != 0) return failed(Step::build_root, errno, item);
  (void)::close(tree);
  return done();
}

Outcome write_file(const PlanView& view, const PlanStep& step, unsigned owner, Step stage, std::uint32_t item) {
  const int fd = ::open(view.text(step.target), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, step.mode);
  if (fd < 0) return failed(stage, errno, item);
  const ssize_t put = ::write(fd, view.text(step.source), step.source.length);
  const int error = errno;
  if (step.own != 0 && ::fchown(fd, owner, owner) != 0) return failed(stage, errno, item);
  (void)::close(fd);
  return put == static_cast<ssize_t>(step.source.length) ? done() : failed(stage, put < 0 ? error : ENOSPC, item);
}

Outcome make_directory(const PlanView& view, const PlanStep& step, unsigned owner, Step stage, std::uint32_t item) {
  if (::mkdir(view.text(step.target), step.mode) != 0 && errno != EEXIST) return failed(stage, errno, item);
  if (step.own != 0 && ::chown(view.text(step.target), owner, owner) != 0) return failed(stage, errno, item);
  return done();
}

Outcome mount_new(const PlanView& view, const PlanStep& step, const char* type, unsigned owner, std::uint32_t item) {
  const char* target = view.text(step.target);
  if (::mount(type, target, type, step.mount_flags, view.text(step.source)) != 0) {
    return failed(Step::mounts, errno, item);
  }
  if (step.own != 0 && ::chown(target, owner, owner) != 0) return failed(Step::mounts, errno, item);
  return done();
}

// "lowerdir=/usr,upperdir=/.writable/usr/up,workdir=/.writable/usr/work"
Outcome mount_overlay(const PlanView& view, const PlanStep& step, std::uint32_t item) {
  const char* options = view.text(step.source);  // ready-made; the folders are made by the plan's directory steps
  if (::mount("overlay", view.text(step.target), "overlay", step.mount_flags, options) != 0) {
    return failed(Step::mounts, errno, item);
  }
  return done();
}

Outcome root_step(const PlanView& view, const PlanStep& step, const int* trees, std::uint32_t item) {
  switch (step.kind) {
    case StepKind::directory:
      return make_directory(view, step, 0, Step::build_root, item);
    case StepKind::file:
      return write_file(view, step, 0, Step::build_root, item);
    case StepKind::symlink:
      if (::symlink(view.text(step.source), view.text(step.target)) != 0) return failed(Step::build_root, errno, item);
      return done();
    case StepKind::folder:
      return layer(view, step, trees[item], item);
    case StepKind::bind:
    case StepKind::device:
      return bind(view, step, trees[item], item);
    default:
      return failed(Step::build_root, EINVAL, item);
  }
}

constexpr std::uint32_t kRootStepsMax = 512;

// Sources are opened while the host is still in sight, before the anchor covers any of it.
Outcome open_sources(const PlanView& view, int* trees) {
  const Plan& plan = view.plan();
  if (plan.root_steps.count > kRootStepsMax) return failed(Step::build_root, E2BIG);
  const auto* steps = view.slice<PlanStep>(plan.root_steps);
  for (std::uint32_t item = 0; item < plan.root_steps.count; ++item) {
    if (steps[item].kind == StepKind::folder) {
      trees[item] = ::open(view.text(steps[item].source), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (trees[item] < 0) return failed(Step::build_root, errno, item);
    }
    if (steps[item].kind != StepKind::bind && steps[item].kind != StepKind::device) continue;
    trees[item] = open_tree(view.text(steps[item].source),
                            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW);
    if (trees[item] < 0) return failed(Step::build_root, errno, item);
  }
  return done();
}

}  // namespace

Outcome build_shared_root(const PlanView& view) {
  const Plan& plan = view.plan();
  // Nothing done here may travel back to the host.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed(Step::private_mounts);
  static int trees[kRootStepsMax];
  if (Outcome outcome = open_sources(view, trees); !outcome.ok()) return outcome;
  int host_proc = -1;
  if (plan.rootless != 0) {
    // The kernel lets an unprivileged namespace mount a proc only while a whole one is in sight.
    host_proc = open_tree("/proc", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (host_proc < 0) return failed(Step::build_root);
  }
  if (::mount("tmpfs", kAnchor, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,nr_inodes=2048,mode=0755") != 0) {
    return failed(Step::build_root);
  }
  if (::chdir(kAnchor) != 0 || ::mkdir(kEmpty, 0700) != 0) return failed(Step::build_root);
  const auto* steps = view.slice<PlanStep>(plan.root_steps);
  for (std::uint32_t item = 0; item < plan.root_steps.count; ++item) {
    if (Outcome outcome = root_step(view, steps[item], trees, item); !outcome.ok()) return outcome;
  }
  if (host_proc >= 0) {
    if (::mkdir(kHostProc, 0700) != 0 || move_mount(host_proc, kHostProc) != 0) return failed(Step::build_root);
    (void)::close(host_proc);
  }
  // Step in and let go of the host: pivot_root(".", ".") stacks the old root on the new one, and the detach drops it.
  if (pivot_root(".", ".") != 0) return failed(Step::enter_root);
  if (::umount2(".", MNT_DETACH) != 0) return failed(Step::enter_root);
  if (::chdir("/") != 0) return failed(Step::enter_root);
  // From here on the shared part of the root cannot change, not even by us.
  if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) != 0) {
    return failed(Step::enter_root);
  }
  return done();
}

Outcome mount_own_parts(const PlanView& view, unsigned owner) {
  const Plan& plan = view.plan();
  const auto* steps = view.slice<PlanStep>(plan.box_steps);
  bool scratch = false;
  for (std::uint32_t item = 0; item < plan.box_steps.count; ++item) {
    const PlanStep& step = steps[item];
    Outcome outcome;
    switch (step.kind) {
      case StepKind::tmpfs:
        outcome = mount_new(view, step, "tmpfs", owner, item);
        break;
      case StepKind::proc:
        outcome = mount_new(view, step, "proc", owner, item);
        break;
      case StepKind::devpts:
        outcome = mount_new(view, step, "devpts", owner, item);
        break;
      case StepKind::directory:
        outcome = make_directory(view, step, owner, Step::own_files, item);
        break;
      case StepKind::file:
        outcome = write_file(view, step, owner, Step::own_files, item);
        break;
      case StepKind::overlay:
        scratch = true;
        outcome = mount_overlay(view, step, item);
        break;
      default:
        outcome = failed(Step::mounts, EINVAL, item);
    }
    if (!outcome.ok()) return outcome;
  }
  // The overlays hold the scratch file system; nobody else needs to see it.
  if (scratch && ::umount2(kScratch, MNT_DETACH) != 0) return failed(Step::mounts);
  if (plan.rootless != 0 && ::umount2(kHostProc, MNT_DETACH) != 0) return failed(Step::mounts);
  return done();
}

}  // namespace belljar::sandbox::native
