// machine(): the positive control. The same attack with nothing in its way, inside a machine that is thrown away: own
// user (when not root), mount, pid, network, ipc, uts and cgroup namespaces; every address in the world is local to its
// network, so no packet can leave; writable places are a tmpfs; the witness lives in the same namespaces, so that
// reaching it is what reaching the host would be. Prints what was seen, for the host to judge:
//
//   | line of the attack's output
//   fact NAME VALUE       seen LINE OF THE WITNESS      call ARCH NR RESULT      end exited 0
//   failed REASON         when the machine could not be set up
#pragma once

#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

int machine(const std::string& id, const Params& given);
// Runs an attack inside this very process (defined beside main).
Outcome run_in_process(const std::string& id, const Params& given);
// A program that outlives whoever started it; and one that tells and holds the rights its file gave it.
int linger();
int gained();

}  // namespace belljar::suite
