// `belljar contract check|diff|import|export`: contract files on their own, without a run.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kContract;

}  // namespace belljar::cli
