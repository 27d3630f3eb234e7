#include "os/bait.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "os/error.h"

namespace belljar::os {

Result<std::string> make_open_folder(std::string_view name) {
  const char* temporary = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe)
  std::string path = std::string{temporary != nullptr ? temporary : "/tmp"} + "/" + std::string{name} + "-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr || ::chmod(path.c_str(), 0755) != 0) return os_error("make the folder " + path);
  return path;
}

Result<Fd> make_open_fifo(const std::string& path) {
  // The umask has no say here: only the walls of a sandbox shall stand between.
  if (::mkfifo(path.c_str(), 0666) != 0 || ::chmod(path.c_str(), 0666) != 0) return os_error("make the FIFO " + path);
  Fd pipe{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
  if (!pipe) return os_error("open the FIFO " + path);
  return pipe;
}

}  // namespace belljar::os
