// World: the host an attack is made against: a folder of canaries in /tmp and the witness process, both thrown away.
//
//   World world = TRY(World::make(program, entropy, probe));
//   TRY(world.start_witness());                       // for a sealed run; the control starts its own
//   ... attack ...
//   world.look(pid, seen);                            // witness, inspection, fingerprint
//
// Move-only; the destructor stops the witness and removes the folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "base/result.h"
#include "suite/probe/observation.h"
#include "suite/probe/probe.h"

namespace belljar::suite {

// A variable of this process that must not reach any sandbox; whoever runs the suite sets it to something unguessable.
constexpr const char* kHostVariable = "BELLJAR_PROBE_CANARY";

class World {
 public:
  static Result<World> make(const std::string& program, Entropy& entropy, const Probe& probe);
  World(World&& other) noexcept;
  World& operator=(World&&) = delete;
  World(const World&) = delete;
  ~World();

  const std::string& directory() const { return directory_; }
  const std::string& canary() const { return canary_; }

  Result<void> start_witness(const Probe& probe);
  // NAME=VALUE lines the witness published for attackers.
  Result<std::vector<std::string>> ready() const;

  // Runs belljar-probe with these words and returns what it printed.
  Result<std::string> probe_program(const std::vector<std::string>& words) const;

  // What can be seen while the attacker still holds what it gained: descendants of `root`, and the witness.
  Result<void> look(Observation& seen) const;
  // The host's files as they are; nothing for probes whose oracle looks elsewhere.
  Result<void> remember_tree(const Probe& probe, std::string& into) const;
  // Values of the host that must not be told, the tracer's log.
  void read_records(Observation& seen) const;

 private:
  World(std::string program, std::string directory, std::string canary)
      : program_{std::move(program)}, directory_{std::move(directory)}, canary_{std::move(canary)} {}

  std::string program_;
  std::string directory_;
  std::string canary_;
};

}  // namespace belljar::suite
