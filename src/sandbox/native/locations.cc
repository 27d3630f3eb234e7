#include "sandbox/native/locations.h"

#include <unistd.h>

#include <array>
#include <climits>
#include <cstdlib>

#include "os/error.h"
#include "os/file.h"

namespace belljar::sandbox::native {

namespace {

Result<std::string> own_directory() {
  std::array<char, PATH_MAX> buffer{};
  const ssize_t length = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
  if (length <= 0) return os::os_error("find the running program (is /proc mounted?)");
  const std::string path{buffer.data(), static_cast<std::size_t>(length)};
  return path.substr(0, path.find_last_of('/'));
}

// A build folder keeps a folder of that name beside its tests.
bool is_program(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0 && !os::is_directory(path).value();
}

}  // namespace

Result<std::string> find_init_program() {
  const std::string here = TRY(own_directory());
  for (const std::string& path :
       {here + "/belljar-init", here + "/../libexec/belljar/belljar-init", here + "/bin/belljar-init"}) {
    if (is_program(path)) return path;
  }
  return Error{Errc::unavailable, "find belljar-init: it is not beside " + here + "/; build or install Belljar again"};
}

Result<std::string> find_profiles() {
  const char* chosen = std::getenv("BELLJAR_PROFILES");  // NOLINT(concurrency-mt-unsafe)
  if (chosen != nullptr) return std::string{chosen};
  const std::string here = TRY(own_directory());
  for (const std::string& path : {here + "/../share/belljar/profiles", std::string{BELLJAR_SOURCE_PROFILES}}) {
    if (os::exists(path)) return path;
  }
  return Error{Errc::unavailable,
               "find the profiles: no share/belljar/profiles near " + here + "; set BELLJAR_PROFILES"};
}

}  // namespace belljar::sandbox::native
