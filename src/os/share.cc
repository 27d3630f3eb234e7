#include "os/share.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

#include "os/error.h"
#include "os/file.h"

namespace belljar::os {

Result<std::string> program_directory() {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t length = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
  if (length <= 0) return os_error("find the running program (is /proc mounted?)");
  const std::string path{buffer.data(), static_cast<std::size_t>(length)};
  return path.substr(0, path.find_last_of('/'));
}

Result<std::string> find_share(const std::string& name, const char* variable, const std::string& source) {
  const char* chosen = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  if (chosen != nullptr) return std::string{chosen};
  const std::string here = TRY(program_directory());
  for (const std::string& path : {here + "/../share/belljar/" + name, source}) {
    if (exists(path)) return path;
  }
  return Error{Errc::unavailable,
               "find the " + name + ": no share/belljar/" + name + " near " + here + "; set " + variable};
}

}  // namespace belljar::os
