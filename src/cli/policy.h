// `belljar policy check|test|explain|diff`: policies on their own, without a sandbox.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kPolicy;

}  // namespace belljar::cli
