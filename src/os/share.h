// Share: the folders of files that come with Belljar (profiles, policies), beside the running program.
#pragma once

#include <string>

#include "base/result.h"

namespace belljar::os {

// The folder of the running program, without a final slash.
Result<std::string> program_directory();

// The folder that the environment's `variable` names; else <program>/../share/belljar/NAME; else `source`, that of the
// tree a build was made from.
Result<std::string> find_share(const std::string& name, const char* variable, const std::string& source);

}  // namespace belljar::os
