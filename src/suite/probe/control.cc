#include "suite/probe/stage.h"
#include "suite/probe/world.h"

namespace belljar::suite {

namespace {

std::vector<std::string> machine_words(const Probe& probe, const std::string& directory) {
  std::vector<std::string> words{"machine", std::string{probe.id}, "dir=" + directory};
  const auto add = [&](Stage stage, const char* word) {
    if (probe.has(stage)) words.emplace_back(word);
  };
  add(kReadOnlyBind, "readonly=1");
  add(kUnprivileged, "drop=1");
  add(kDaemons, "plant=1");
  add(kRuntime, "runtime=1");
  add(kCollect, "collect=result");
  add(kCollectFolder, "collect=folder/secret");
  add(kTwice, "rounds=2");
  add(kInProcess, "inprocess=1");
  add(kDeep, "deep=1");
  if (probe.has(kMarked)) words.push_back("marker=" + directory + "-survivor");
  if (probe.oracle.sight == Sight::answer || probe.oracle.sight == Sight::answer32) words.emplace_back("gate=1");
  return words;
}

}  // namespace

Result<Observation> run_control(const Surroundings& around, const Probe& probe, Entropy& entropy) {
  const World world = TRY(World::make(around.program, entropy, probe));
  Observation seen;
  TRY(world.remember_tree(probe, seen.tree_before));
  const std::string text = TRY_CTX(world.probe_program(machine_words(probe, world.directory())), "run the control");
  read_sightings(text, seen);
  TRY(world.remember_tree(probe, seen.tree_after));
  world.read_records(seen);
  // The throw-away machine keeps a careless record: names as they are.
  for (const std::string& fact : std::vector<std::string>{seen.facts}) {
    if (fact == "control_bytes_in_name 1") seen.facts.emplace_back("control_bytes_in_record 1");
  }
  return seen;
}

}  // namespace belljar::suite
