// Changing files outside.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

std::string readme(const Params& given) { return given.get("shared") + "/readme"; }

Outcome append_to(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, 0755);
  if (fd < 0) return denied("open " + path + " for writing");
  return of_call(::write(fd, "mine\n", 5), "write to " + path);
}

Outcome hard_link(const Params& given) {
  const std::string link = given.get("beside") + "/link";
  if (::link(readme(given).c_str(), link.c_str()) != 0) return denied("link a read-only file into a writable folder");
  return append_to(link, O_APPEND);
}

// Files that run later, on the host, for whoever opens the folder: none of them exists yet.
Outcome future_file(const Params& given) {
  const std::string shared = given.get("shared");
  (void)::mkdir((shared + "/.git").c_str(), 0777);
  (void)::mkdir((shared + "/.git/hooks").c_str(), 0777);
  return any_of({append_to(shared + "/.git/hooks/post-commit", O_CREAT), append_to(shared + "/.bashrc", O_CREAT),
                 append_to(shared + "/.envrc", O_CREAT), append_to(shared + "/AGENTS.md", O_CREAT)});
}

Outcome rename_parent(const Params& given) {
  const std::string project = given.get("shared") + "/project";
  if (::rename(project.c_str(), (given.get("shared") + "/project.old").c_str()) != 0)
    return denied("rename a protected folder");
  (void)::mkdir(project.c_str(), 0777);
  return append_to(project + "/main.txt", O_CREAT);
}

Outcome change_attributes(const Params& given) {
  const std::string path = readme(given);
  const std::array<timespec, 2> times{timespec{1, 0}, timespec{1, 0}};
  return any_of({of_call(::chmod(path.c_str(), 0777), "chmod a shared file"),
                 of_call(::chmod((given.get("shared") + "/project").c_str(), 0700), "chmod a shared folder"),
                 of_call(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0), "set times of a shared file"),
                 of_call(::setxattr(path.c_str(), "user.belljar", "x", 1, 0), "set an attribute of a shared file")});
}

Outcome truncate_shared(const Params& given) {
  const std::string path = readme(given);
  const int fd = ::open(path.c_str(), O_RDONLY | O_TRUNC | O_CLOEXEC);
  return any_of({of_call(fd, "open with truncation"), of_call(::truncate(path.c_str(), 0), "truncate")});
}

Outcome reopen_for_writing(const Params& given) {
  const int path_only = ::open(readme(given).c_str(), O_PATH | O_CLOEXEC);
  const int reading = ::open(readme(given).c_str(), O_RDONLY | O_CLOEXEC);
  return any_of({append_to("/proc/self/fd/" + std::to_string(path_only), O_APPEND),
                 append_to("/proc/self/fd/" + std::to_string(reading), O_APPEND),
                 append_to("/dev/fd/" + std::to_string(reading), O_APPEND)});
}

Outcome anonymous_file(const Params& given) {
  const int fd = ::open(given.get("shared").c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (fd < 0) return denied("open an unnamed file in a shared folder");
  const std::string from = "/proc/self/fd/" + std::to_string(fd);
  const std::string to = given.get("shared") + "/named";
  return of_call(::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW), "name it");
}

Outcome host_log(const Params& given) {
  return any_of({append_to(given.get("log"), O_TRUNC), append_to(given.get("log"), O_APPEND)});
}

Outcome remove_host_file(const Params& given) {
  return of_call(::unlink(given.get("victim").c_str()), "remove a host file");
}

Outcome remove_shared_file(const Params& given) {
  return of_call(::unlink((given.get("shared") + "/project/main.txt").c_str()), "remove a shared file");
}

Outcome swap_shared_file(const Params& given) {
  const std::string other = given.get("beside") + "/other";
  const int fd = ::open(other.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  (void)!::write(fd, "mine\n", 5);
  return of_call(::renameat2(AT_FDCWD, other.c_str(), AT_FDCWD, readme(given).c_str(), RENAME_EXCHANGE),
                 "swap a shared file");
}

// A lock that is granted says nothing by itself: it may bind a copy of the inode that is the sandbox's own. The witness
// outside tells whether the host's file is locked.
Outcome of_lock(int result, const char* what) { return result == 0 ? done(what) : denied(what); }

Outcome lock_shared_file(const Params& given) {
  const int fd = ::open(readme(given).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return denied("open a shared file");
  return of_lock(::flock(fd, LOCK_EX | LOCK_NB), "lock a shared file");
}

Outcome read_lock_shared_file(const Params& given) {
  const int fd = ::open(readme(given).c_str(), O_RDONLY | O_CLOEXEC);
  struct flock range {};
  range.l_type = F_RDLCK;
  // Closing any descriptor of the file would drop the first kind, so one descriptor takes both.
  const Outcome record = of_lock(::fcntl(fd, F_SETLK, &range), "take a record lock on a shared file");
  const Outcome open_file = of_lock(::fcntl(fd, F_OFD_SETLK, &range), "take an open-file lock on a shared file");
  return record.kind == Outcome::Kind::done ? record : open_file;
}

Outcome lease_shared_file(const Params& given) {
  const int fd = ::open(readme(given).c_str(), O_RDONLY | O_CLOEXEC);
  return of_call(::fcntl(fd, F_SETLEASE, F_RDLCK), "take a lease on a shared file");
}

constexpr Attack kAttacks[] = {
    {"FS40", hard_link},
    {"FS41", future_file},
    {"FS42", rename_parent},
    {"FS43", change_attributes},
    {"FS44", truncate_shared},
    {"FS45", reopen_for_writing},
    {"FS46", anonymous_file},
    {"FS47", host_log},
    {"FS48", remove_host_file},
    {"FS49", remove_shared_file},
    {"FS50", swap_shared_file},
    {"FS51", lock_shared_file},
    {"FS52", read_lock_shared_file},
    {"FS53", lease_shared_file},
};

}  // namespace

std::span<const Attack> fs_write_attacks() { return kAttacks; }

}  // namespace belljar::suite
