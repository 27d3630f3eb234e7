#include "sandbox/native/locations.h"

#include <unistd.h>

#include "os/file.h"
#include "os/share.h"

namespace belljar::sandbox::native {

namespace {

// A build folder keeps a folder of that name beside its tests.
bool is_program(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0 && !os::is_directory(path).value();
}

}  // namespace

Result<std::string> find_own_program(const std::string& name) {
  const std::string here = TRY(os::program_directory());
  for (const std::string& path : {here + "/" + name, here + "/../libexec/belljar/" + name, here + "/bin/" + name}) {
    if (is_program(path)) return path;
  }
  return Error{Errc::unavailable, "find " + name + ": it is not beside " + here + "/; build or install Belljar again"};
}

Result<std::string> runtime_directory() {
  if (::geteuid() != 0) return os::state_directory();
  const std::string path = os::exists("/run") ? "/run/belljar" : "/var/lib/belljar";
  TRY(os::make_directories(path, 0700));
  return path;
}

Result<std::string> find_profiles() { return os::find_share("profiles", "BELLJAR_PROFILES", BELLJAR_SOURCE_PROFILES); }

}  // namespace belljar::sandbox::native
