// `belljar verify RUN`: says whether a run's record is as it was written, and where it is not.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kVerify;

}  // namespace belljar::cli
