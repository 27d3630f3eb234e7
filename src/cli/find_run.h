// find_run(): the folder of a run as people name it: a path, or the id of a run below this folder's .belljar/runs.
#pragma once

#include <string>

namespace belljar::cli {

std::string find_run(const std::string& named);

}  // namespace belljar::cli
