// `belljar mirror record URL... --out DIR`: pages of the real world, kept for runs that have none.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kMirror;

}  // namespace belljar::cli
