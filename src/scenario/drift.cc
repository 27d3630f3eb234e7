#include "scenario/drift.h"

#include <map>

#include "base/text.h"
#include "codec/crypto.h"
#include "os/file.h"
#include "policy/compare.h"
#include "scenario/diff.h"
#include "scenario/recording.h"

namespace belljar::scenario {

namespace {

constexpr std::uint64_t kManifestBytesMax = 16U << 20;

Result<codec::Json> loaded_manifest(const std::string& run, const std::map<std::string, Digest>& files) {
  const std::string text = TRY(os::read_file(run + "/manifest.json", kManifestBytesMax));
  const auto vouched = files.find("manifest.json");
  if (vouched == files.end() || vouched->second != codec::sha256(text)) {
    return Error{Errc::corrupt,
                 printable(run) + "/manifest.json: not what the record was signed with: `belljar verify` tells more"};
  }
  return TRY_CTX(codec::parse_json(text), "manifest.json");
}

void compare_policies(const std::optional<policy::Policy>& loaded, const std::optional<policy::Policy>& desired,
                      std::vector<Drift>& found) {
  if (!loaded || !desired) return;
  for (const policy::Difference& one : policy::compare(*loaded, *desired)) {
    found.push_back({"policy." + one.rule_after, std::string{policy::change_name(one.change)} + ": " + one.example});
  }
}

}  // namespace

Result<InputDrift> drift_of_inputs(const std::string& run_directory, const ResolveOptions& options, Entropy& entropy) {
  const Recording recording = TRY(Recording::read(run_directory, std::uint64_t{0}));
  KeptInputs kept = TRY(read_kept_inputs(run_directory, recording.files()));
  const codec::Json manifest = TRY(loaded_manifest(run_directory, recording.files()));
  const std::string named = kept.texts.front().path;
  const std::string scenario = kept.directory + "/" + named.substr(named.find_last_of('/') + 1);
  Loaded desired = TRY_CTX(load(scenario, kept.seed), "read the inputs of the run as they are now");
  const Loaded loaded = TRY(load_kept(std::move(kept), std::nullopt, ModelFiles::unused));
  InputDrift drift;
  compare_policies(loaded.policy, desired.policy, drift.found);
  drift.resolved = TRY(resolve(std::move(desired), options, entropy));
  for (const ManifestChange& change : manifest_changes(manifest, drift.resolved.manifest)) {
    drift.found.push_back({change.where, "was " + change.one + ", is " + change.two});
  }
  return drift;
}

}  // namespace belljar::scenario
