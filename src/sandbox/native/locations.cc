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

Result<std::string> find_share(const std::string& name, const char* variable, const std::string& source) {
  const char* chosen = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  if (chosen != nullptr) return std::string{chosen};
  const std::string here = TRY(own_directory());
  for (const std::string& path : {here + "/../share/belljar/" + name, source}) {
    if (os::exists(path)) return path;
  }
  return Error{Errc::unavailable,
               "find the " + name + ": no share/belljar/" + name + " near " + here + "; set " + variable};
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

Result<std::string> find_profiles() { return find_share("profiles", "BELLJAR_PROFILES", BELLJAR_SOURCE_PROFILES); }

Result<std::string> find_policy(const std::string& name_or_path) {
  const bool is_path = name_or_path.find('/') != std::string::npos || name_or_path.ends_with(".yaml");
  if (is_path) return name_or_path;
  return TRY(find_share("policies", "BELLJAR_POLICIES", BELLJAR_SOURCE_POLICIES)) + "/" + name_or_path + ".yaml";
}

}  // namespace belljar::sandbox::native
