#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cstdio>

#include "suite/programs/machine.h"
#include "suite/programs/observe.h"
#include "suite/programs/witness.h"

namespace belljar::suite {

namespace {

// Wide open on purpose: what keeps an attacker out must be the sandbox, not the mode bits of a folder.
void make_folder(const std::string& path) {
  (void)::mkdir(path.c_str(), 0777);
  (void)::chmod(path.c_str(), 0777);
}

void make_file(const std::string& path, const std::string& content) {
  (void)write_text(path, content);
  (void)::chmod(path.c_str(), 0666);
}

void copy_self(const std::string& path, mode_t mode) {
  const int from = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  const int to = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
  std::array<char, 65536> buffer{};
  ssize_t got = 0;
  while (from >= 0 && to >= 0 && (got = ::read(from, buffer.data(), buffer.size())) > 0) {
    if (::write(to, buffer.data(), static_cast<std::size_t>(got)) != got) break;
  }
  (void)::close(from);
  (void)::close(to);
  (void)::chmod(path.c_str(), mode);
}

void grant_capability(const std::string& path) {
  vfs_cap_data rights{};
  rights.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  rights.data[0].permitted = 1U << CAP_SETUID;
  (void)::setxattr(path.c_str(), "security.capability", &rights, XATTR_CAPS_SZ_2, 0);
}

}  // namespace

int prepare(const std::string& directory, const Params& given) {
  (void)::umask(0);
  (void)::chmod(directory.c_str(), 0755);
  make_file(directory + "/secret", given.get("token") + "\n");
  for (const char* folder : {"/shared", "/shared/project", "/open", "/beside", "/scratch", "/out", "/work"}) {
    make_folder(directory + folder);
  }
  make_file(directory + "/shared/readme", "shared with the sandbox, to be read only\n");
  make_file(directory + "/shared/project/main.txt", "a protected file\n");
  make_file(directory + "/open/log", "a record of the host\n");
  make_file(directory + "/open/victim", "a file of the host\n");
  (void)::mkfifo((directory + "/shared/pipe").c_str(), 0666);
  if (!given.get("binaries").empty()) {
    copy_self(directory + "/shared/setuid", 04755);
    copy_self(directory + "/shared/capped", 0755);
    grant_capability(directory + "/shared/capped");
    copy_self(directory + "/open/runtime", 0777);
  }
  // Old enough that reading it would move its access time.
  const std::array<timespec, 2> times{timespec{1'000'000'000, 0}, timespec{1'000'000'000, 0}};
  (void)::utimensat(AT_FDCWD, (directory + "/shared/readme").c_str(), times.data(), 0);
  return 0;
}

int linger() {
  (void)::alarm(20);
  while (true) (void)::pause();
}

int gained() {
  const std::string status = read_text("/proc/self/status");
  const std::size_t caps = status.find("CapEff:");
  tell("gained euid=" + std::to_string(::geteuid()) + " " + status.substr(caps, status.find('\n', caps) - caps) + "\n");
  // The host looks from outside; the one who started us ends us.
  (void)::alarm(20);
  while (true) (void)::pause();
}

}  // namespace belljar::suite
