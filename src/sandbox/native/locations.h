// Locations: where Belljar's own parts lie, beside the running program in a build folder or under its prefix.
#pragma once

#include <string>

#include "base/result.h"

namespace belljar::sandbox::native {

// A program of ours, such as belljar-init: <dir>/NAME, or <dir>/../libexec/belljar/NAME; <dir> holds the running
// program.
Result<std::string> find_own_program(const std::string& name);
// $BELLJAR_PROFILES, <dir>/../share/belljar/profiles, or the source tree a build was made from.
Result<std::string> find_profiles();
// Of this user alone, for locks and sockets: /run/belljar for root, otherwise where state is kept. Created with 0700.
Result<std::string> runtime_directory();

}  // namespace belljar::sandbox::native
