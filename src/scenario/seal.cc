#include "scenario/seal.h"

#include <algorithm>
#include <map>

namespace belljar::scenario {

namespace {

std::string log_path(const std::string& directory, const std::string& name) {
  return directory.empty() ? std::string{} : directory + "/" + name + ".log";
}

bool is_driven(const Resolved& resolved, const std::string& model) {
  const std::vector<std::string> names = resolved.loaded.driven_models();
  return std::find(names.begin(), names.end(), model) != names.end();
}

Result<void> record_sealed(const ResolvedModel& model, exchange::Journal& journal) {
  return journal.add({{"kind", "sealed-sandbox"}, {"model", model.spec.name}, {"profile", model.spec.profile}});
}

}  // namespace

Result<void> admit(const Resolved& resolved, sandbox::Engine& engine, const RunGateway* network) {
  for (const ResolvedModel& model : resolved.models) {
    if (!model.needs_sandbox()) continue;
    spec::SandboxSpec spec = model.sandbox;
    spec::Command command = model.command;
    if (network != nullptr) network->equip(model.spec.name, spec, command);
    auto trial = TRY_CTX(engine.create(spec), "admit model " + model.spec.name);
    TRY_CTX(trial->destroy(), "admit model " + model.spec.name);
  }
  return {};
}

namespace {

using Artifacts = std::map<std::string, StoredArtifact>;

Result<Artifacts> artifacts_of(const Resolved& resolved, ArtifactStore& store, const SealTools& tools) {
  Artifacts artifacts;
  for (const ResolvedArtifact& artifact : resolved.artifacts) {
    const ArtifactTools building{tools.engine, tools.journal, tools.stop,
                                 log_path(tools.log_directory, "artifact-" + artifact.spec.name)};
    artifacts[artifact.spec.name] = TRY(store.find_or_build(artifact, building));
  }
  return artifacts;
}

struct Prepared {
  const ResolvedModel* model = nullptr;
  spec::SandboxSpec sandbox;
  DriveModel driven;
};

// Asks for its sandbox, which is made while others are prepared; one more stands ready afterwards for a model that has
// to begin anew.
Result<Prepared> prepare(const ResolvedModel& model, const Artifacts& artifacts, const SealTools& tools) {
  Prepared prepared{&model, model.sandbox, {}};
  DriveModel& driven = prepared.driven;
  spec::SandboxSpec& spec = prepared.sandbox;
  driven.spec = model.spec;
  driven.command = model.command;
  driven.made_ns = tools.journal.elapsed_ns();
  if (!model.needs_sandbox()) return prepared;
  for (const std::string& name : model.spec.artifacts) {
    const auto artifact = artifacts.find(name);
    if (artifact == artifacts.end()) {
      return Error{Errc::invalid_argument, "model " + model.spec.name + ": artifact " + name + " is not in artifacts:"};
    }
    spec.files.push_back({artifact->second.path, "/artifacts/" + name});
  }
  if (tools.network != nullptr) tools.network->equip(model.spec.name, spec, driven.command);
  driven.has_gateway = spec.gateway.has_value();
  TRY_CTX(tools.engine.keep_ready(spec, 1), "seal model " + model.spec.name);
  return prepared;
}

Result<DriveModel> take(Prepared prepared, const SealTools& tools) {
  const ResolvedModel& model = *prepared.model;
  DriveModel& driven = prepared.driven;
  if (!model.needs_sandbox()) return std::move(driven);
  driven.sandbox = TRY_CTX(tools.engine.claim(prepared.sandbox), "seal model " + model.spec.name);
  driven.log_path = log_path(tools.log_directory, model.spec.name);
  TRY(record_sealed(model, tools.journal));
  return std::move(driven);
}

}  // namespace

Result<std::vector<DriveModel>> seal(const Resolved& resolved, ArtifactStore& store, const SealTools& tools) {
  const Artifacts artifacts = TRY(artifacts_of(resolved, store, tools));
  std::vector<Prepared> prepared;
  for (const ResolvedModel& model : resolved.models) {
    if (is_driven(resolved, model.spec.name)) prepared.push_back(TRY(prepare(model, artifacts, tools)));
  }
  std::vector<DriveModel> sealed;
  for (Prepared& one : prepared) sealed.push_back(TRY(take(std::move(one), tools)));
  return sealed;
}

Result<DriveModel> seal_again(const Resolved& resolved, const std::string& name, ArtifactStore& store,
                              const SealTools& tools) {
  const Artifacts artifacts = TRY(artifacts_of(resolved, store, tools));
  const auto model = std::find_if(resolved.models.begin(), resolved.models.end(),
                                  [&](const ResolvedModel& one) { return one.spec.name == name; });
  if (model == resolved.models.end()) return Error{Errc::internal, "seal again: no model " + name};
  DriveModel again = TRY(take(TRY(prepare(*model, artifacts, tools)), tools));
  // The log of the life before stays as it is.
  again.log_path.clear();
  return again;
}

}  // namespace belljar::scenario
