#include "cli/find_run.h"

#include "os/file.h"

namespace belljar::cli {

std::string find_run(const std::string& named) {
  const std::string by_id = ".belljar/runs/" + named;
  const bool is_id = named.find('/') == std::string::npos && !os::exists(named + "/ledger") && os::exists(by_id);
  return is_id ? by_id : named;
}

}  // namespace belljar::cli
