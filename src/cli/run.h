// `belljar run SCENARIO...`: scenarios to verdicts.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kRun;

}  // namespace belljar::cli
