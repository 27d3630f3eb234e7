// `belljar exec`: one program, sealed; stdio passes through; its exit code is ours.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kExec;

}  // namespace belljar::cli
