// Observation: what the host saw of one attack, and what it concludes. The control and the sealed run are judged by the
// same function, so that an oracle which sees nothing in the control proves nothing about the sandbox.
//
//   Observation seen = TRY(run_control(...));
//   if (effect(probe.oracle, seen)) ...
//
// Plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spec/sandbox_report.h"
#include "suite/probe/probe.h"

namespace belljar::suite {

struct Observation {
  std::string output;                 // of the attacker, and what was gathered from it afterwards
  std::vector<std::string> facts;     // "fd /dev/kvm", "procs 300"
  std::vector<std::string> events;    // lines of the witness
  std::vector<std::string> calls;     // "ARCH NR RESULT"
  std::vector<std::string> failures;  // why the surroundings could not be made
  bool survivors = false;
  bool ended = false;     // by itself or killed, rather than given up on
  std::string killed_by;  // "SIGSYS", "memory"; empty when it ended by itself
  std::string tree_before;
  std::string tree_after;
  std::string canary;
  std::vector<std::string> values;  // NAME=VALUE of the host
  std::vector<spec::Violation> violations;
  std::vector<std::string> degraded;
};

// What the attacker said: "ESCAPED", "DENIED(EPERM)", "" and the rest of the line.
struct Claim {
  std::string word;
  std::string detail;
};
Claim last_claim(const Probe& probe, const Observation& seen);

// True when the host saw the attack work.
bool effect(const Oracle& oracle, const Observation& seen);

// Reads what belljar-probe prints of its throw-away machine and its inspections into `into`.
void read_sightings(std::string_view text, Observation& into);

}  // namespace belljar::suite
