#include "os/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "os/error.h"
#include "os/fd.h"
#include "os/file.h"

namespace belljar::os {

Result<std::string> read_secret_file(const std::string& path, std::uint64_t bytes_max) {
  const std::string name = printable(path, 4096);
  // Non-blocking, so that a pipe of that name holds nobody up.
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.get() < 0) return os_error("open " + name, errno);
  struct stat is {};
  if (::fstat(file.get(), &is) != 0) return os_error("look at " + name, errno);
  if (!S_ISREG(is.st_mode)) return Error{Errc::invalid_argument, name + " is no file"};
  if (is.st_uid != ::geteuid() && is.st_uid != 0) {
    return Error{Errc::denied, name + " belongs to another user, who may read and change it"};
  }
  if ((is.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return Error{Errc::denied, "others may read " + name + ": take that away with `chmod 600 " + name + "`"};
  }
  return read_all(file.get(), bytes_max, path);
}

}  // namespace belljar::os
