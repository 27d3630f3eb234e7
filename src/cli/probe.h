// `belljar probe`: the escape and abuse suite against this host.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kProbe;

}  // namespace belljar::cli
