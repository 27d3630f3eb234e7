// Locations: where Belljar's own parts lie, beside the running program in a build folder or under its prefix.
#pragma once

#include <string>

#include "base/result.h"

namespace belljar::sandbox::native {

// <dir>/belljar-init, or <dir>/../libexec/belljar/belljar-init; <dir> holds the running program.
Result<std::string> find_init_program();
// $BELLJAR_PROFILES, <dir>/../share/belljar/profiles, or the source tree a build was made from.
Result<std::string> find_profiles();

}  // namespace belljar::sandbox::native
