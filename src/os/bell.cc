#include "os/bell.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "os/error.h"

namespace belljar::os {

Result<Bell> Bell::make() {
  Fd fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!fd) return os_error("make an event descriptor");
  return Bell{std::move(fd)};
}

// A counter that is full or empty already says what it should.
void Bell::ring() const {
  const std::uint64_t one = 1;
  (void)!::write(fd_.get(), &one, sizeof one);
}

void Bell::silence() const {
  std::uint64_t count = 0;
  (void)!::read(fd_.get(), &count, sizeof count);
}

}  // namespace belljar::os
