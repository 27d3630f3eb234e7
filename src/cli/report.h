// `belljar report RUN --format html|json|junit`: a run's report drawn again from its record.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kReport;

}  // namespace belljar::cli
