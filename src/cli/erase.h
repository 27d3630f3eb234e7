// `belljar erase RUN`: takes bodies of messages out of a record for good, under the owner's signature; every proof
// stands.
#pragma once

#include "cli/command.h"

namespace belljar::cli {

extern const Command kErase;

}  // namespace belljar::cli
