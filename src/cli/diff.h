// `belljar diff RUN RUN`: two runs message by message; the first that differs, and what went in that is not the same.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kDiff;

}  // namespace belljar::cli
