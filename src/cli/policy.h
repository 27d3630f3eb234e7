// `belljar policy check|test|explain|diff|drift`: policies on their own, and whether a run still is as its files say.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kPolicy;

}  // namespace belljar::cli
