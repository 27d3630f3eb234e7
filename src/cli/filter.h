// `belljar filter scan FILE...`: what the content filters find in files, for people who write rules.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kFilter;

}  // namespace belljar::cli
