// `belljar pool`: keeps sandboxes ready, which `belljar exec` of the same user then starts programs in.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kPool;

}  // namespace belljar::cli
