// Launch: the fork server. One launcher holds one shared root; each CreateRequest clones one sandbox from it.
#pragma once

#include "sandbox/native/init/box.h"

namespace belljar::sandbox::native {

// Reads the plan and the start message, builds the shared root, serves until the engine's end of the socket closes,
// then kills and removes every sandbox it made. The exit code of belljar-init.
int launch();

}  // namespace belljar::sandbox::native
