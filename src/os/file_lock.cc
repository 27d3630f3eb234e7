#include "os/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include "os/error.h"

namespace belljar::os {

Result<FileLock> FileLock::take(const std::string& path, const std::function<void()>& waiting) {
  Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)};
  if (!file) return os_error("open " + path);
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return FileLock{std::move(file)};
  if (errno != EWOULDBLOCK) return os_error("lock " + path);
  waiting();
  while (::flock(file.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return os_error("lock " + path);
  }
  return FileLock{std::move(file)};
}

}  // namespace belljar::os
