// find_run(): the folder of a run as people name it: a path, or the id of a run below this folder's .belljar/runs.
// find_attacker(): belljar-probe, beside our own program or in the libexec folder of its prefix.
#pragma once

#include <string>

#include "base/result.h"

namespace belljar::cli {

std::string find_run(const std::string& named);
Result<std::string> find_attacker();

}  // namespace belljar::cli
