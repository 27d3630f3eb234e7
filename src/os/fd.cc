#include "os/fd.h"

#include <unistd.h>

#include <cerrno>

#include "base/check.h"

namespace belljar::os {

void Fd::reset() {
  const int fd = release();
  if (fd < 0) return;
  const int result = ::close(fd);
  CHECK(result == 0 || errno != EBADF, "a descriptor is closed once, by its owner");
}

}  // namespace belljar::os
