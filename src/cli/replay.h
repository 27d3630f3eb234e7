// belljar replay: a run again from its record. 0: the same digest; 1: not the same.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kReplay;

}  // namespace belljar::cli
