#include "sandbox/native/engine_number.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "os/error.h"
#include "sandbox/native/locations.h"

namespace belljar::sandbox::native {

namespace {

constexpr std::uint32_t kEngines = 256;

struct flock byte_lock(std::uint32_t number) {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = number;
  lock.l_len = 1;
  return lock;
}

}  // namespace

Result<EngineNumber> EngineNumber::take() {
  const std::string path = TRY(runtime_directory()) + "/engines";
  os::Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!file) return os::os_error("open " + path);
  for (std::uint32_t number = 0; number < kEngines; ++number) {
    struct flock lock = byte_lock(number);
    if (::fcntl(file.get(), F_OFD_SETLK, &lock) == 0) return EngineNumber{std::move(file), number};
  }
  return Error{Errc::exhausted, "start an engine: 256 are running on this host already (" + path + ")"};
}

bool EngineNumber::is_held_by_another(std::uint32_t number) const {
  struct flock lock = byte_lock(number);
  return ::fcntl(file_.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

}  // namespace belljar::sandbox::native
