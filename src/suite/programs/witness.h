// witness(): the process outside. It listens wherever a neighbour of the sandbox would listen, holds a secret in its
// memory, environment and descriptors, owns a terminal, and writes to DIR/witness.log what reached it. When DIR/ask
// appears it looks at everything that could have changed behind its back, writes that down, then "checked".
//
// DIR/ready holds NAME=VALUE lines (pid, ports, addresses) that an attacker is told. Ends when DIR/stop appears, when
// DIR is gone, or after 40 seconds.
#pragma once

#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

int witness(const std::string& directory, const Params& given);
// Plants secret, shared/, open/ and, with binaries=1, programs with rights of their own.
int prepare(const std::string& directory, const Params& given);

}  // namespace belljar::suite
