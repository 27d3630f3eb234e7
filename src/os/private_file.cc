#include "os/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/error.h"
#include "os/fd.h"
#include "os/file.h"

namespace belljar::os {

Result<std::string> read_private_file(const std::string& path, std::uint64_t bytes_max) {
  // Non-blocking, so that a named pipe in its place cannot hold us.
  const Fd fd{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
  if (!fd) return os_error("open " + path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return os_error("look at " + path);
  const bool is_ours = S_ISREG(info.st_mode) && (info.st_uid == ::geteuid() || info.st_uid == 0) &&
                       (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!is_ours) {
    return Error{Errc::denied, "read " + path + ": not a regular file that its owner alone can write: remove it"};
  }
  return read_all(fd.get(), bytes_max, path);
}

}  // namespace belljar::os
