// Resolve: the second step. Every input of the run gets its absolute path and its digest; together they are the
// manifest, whose digest names what was run.
//
//   Resolved resolved = TRY(resolve(std::move(loaded), {"0.1.0", profiles}, entropy));
//   TRY(os::write_file_atomic(dir + "/manifest.json", codec::to_json_pretty(resolved.manifest), 0644));
//
// Equal inputs give equal manifests: no time, no path of this host and no run id in it. May build images, which takes a
// minute; runs nothing of a model. Single-threaded callers only.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/entropy.h"
#include "base/result.h"
#include "codec/json.h"
#include "scenario/load.h"
#include "spec/sandbox_spec.h"

namespace belljar::scenario {

struct ResolveOptions {
  std::string engine_version;
  std::string profile_directory;
};

struct ResolvedArtifact {
  spec::ArtifactSpec spec;
  spec::SandboxSpec sandbox;
  spec::Command command;
  Digest inputs;  // of everything that decides its content
};

struct ResolvedModel {
  spec::ModelSpec spec;
  spec::SandboxSpec sandbox;  // artifacts are bound in by `seal`, once they exist
  spec::Command command;
  bool recorded = false;  // a recording speaks for it: no sandbox is made

  bool needs_sandbox() const { return spec.needs_sandbox() && !recorded; }
};

struct Resolved {
  Loaded loaded;
  std::vector<ResolvedArtifact> artifacts;
  std::vector<ResolvedModel> models;
  codec::Json manifest;
  Digest manifest_digest;  // of the canonical form
};

Result<Resolved> resolve(Loaded loaded, const ResolveOptions& options, Entropy& entropy);

}  // namespace belljar::scenario
