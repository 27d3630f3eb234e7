// Artifacts: files made inside a sandbox before the run, a trained model for one, and kept by the digest of their
// content under the digest of everything that decides it.
//
//   ArtifactStore store = TRY(ArtifactStore::open());
//   StoredArtifact artifact = TRY(store.find_or_build(resolved, tools));   // a second run finds it
//
//     <cache>/artifacts/inputs/<hex>     "sha256:..." of the content these inputs gave
//     <cache>/artifacts/content/<hex>    the bytes, checked against their name at each use
//
// What a sandbox left under /out is data: read through descriptors, bounded by its disk quota, never run by the host.
// Single-threaded.
#pragma once

#include <optional>
#include <string>

#include "base/digest.h"
#include "base/result.h"
#include "exchange/journal.h"
#include "os/stop_signals.h"
#include "sandbox/engine.h"
#include "scenario/resolve.h"

namespace belljar::scenario {

struct StoredArtifact {
  std::string path;  // absolute, of the content
  Digest digest;
  bool reused = false;
};

struct ArtifactTools {
  sandbox::Engine& engine;
  exchange::Journal& journal;
  os::StopSignals* stop = nullptr;
  std::string log_path;  // of the build; empty: none is kept
};

class ArtifactStore {
 public:
  static Result<ArtifactStore> open();                     // in os::cache_directory()
  static Result<ArtifactStore> in(std::string directory);  // for tests

  // The error names the artifact, how its program ended and the last lines it wrote.
  Result<StoredArtifact> find_or_build(const ResolvedArtifact& artifact, const ArtifactTools& tools);

 private:
  explicit ArtifactStore(std::string directory) : directory_{std::move(directory)} {}

  Result<std::optional<StoredArtifact>> find(const Digest& inputs) const;
  Result<StoredArtifact> keep(const Digest& inputs, const std::string& content) const;

  std::string directory_;
};

}  // namespace belljar::scenario
