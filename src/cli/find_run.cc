#include "cli/find_run.h"

#include "os/file.h"

namespace belljar::cli {

std::string find_run(const std::string& named) {
  const std::string by_id = ".belljar/runs/" + named;
  const bool is_id = named.find('/') == std::string::npos && !os::exists(named + "/ledger") && os::exists(by_id);
  return is_id ? by_id : named;
}

Result<std::string> find_attacker() {
  const std::string self = TRY(os::absolute_path("/proc/self/exe"));
  const std::string folder = self.substr(0, self.rfind('/'));
  for (const std::string& path : {folder + "/belljar-probe", folder + "/../libexec/belljar/belljar-probe"}) {
    if (os::exists(path)) return os::absolute_path(path);
  }
  return Error{Errc::unavailable, "find belljar-probe: not beside " + self + ": build or install it"};
}

}  // namespace belljar::cli
