// `belljar doctor`: what this host can enforce, tried; what it costs to lack the rest, and how to get it.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kDoctor;

}  // namespace belljar::cli
