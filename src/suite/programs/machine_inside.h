// The inside of the throw-away machine: its namespaces, its pid 1, its witness and its attacker. See machine.h.
#pragma once

#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

// Of the attacker: input, output, error. Of the machine's pid 1: status to the overseer, control from it.
struct Pipes {
  int input[2] = {-1, -1};
  int output[2] = {-1, -1};
  int error[2] = {-1, -1};
  int status[2] = {-1, -1};
  int control[2] = {-1, -1};
};

[[noreturn]] void live_inside(const std::string& id, const Params& given, const Pipes& pipes);

// Loopback up, every address local to it. False with errno when the namespace refuses.
bool raise_network();

}  // namespace belljar::suite
