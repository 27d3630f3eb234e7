#include "govern/again.h"

#include <algorithm>

#include "base/text.h"
#include "base/version.h"
#include "codec/crypto.h"
#include "govern/conductor.h"
#include "os/durable.h"
#include "os/file.h"
#include "scenario/remote_port.h"

namespace belljar::govern {

namespace {

using codec::Json;

constexpr std::uint64_t kManifestBytesMax = 64U << 20;
constexpr std::uint64_t kScenarioBytesMax = 1U << 20;

// The recorded manifest, the entry of one model replaced by what that model is now.
void replace_model(Json& manifest, const std::string& model, const Json& now) {
  for (auto& member : manifest.as_object()) {
    if (member.first != "models" || !member.second.is_array()) continue;
    for (Json& entry : member.second.as_array()) {
      const Json* name = entry.find("name");
      if (name != nullptr && name->is_string() && name->as_string() == model) entry = now;
    }
  }
}

// A folder beside the run's own that is free: what is left of the killed run stays there.
Result<std::string> set_aside(const std::string& run) {
  std::string trimmed = run;
  while (trimmed.size() > 1 && trimmed.back() == '/') trimmed.pop_back();
  for (int number = 1; number < 1000; ++number) {
    const std::string aside = trimmed + ".interrupted-" + std::to_string(number);
    if (os::exists(aside)) continue;
    TRY_CTX(os::rename_folder(trimmed, aside), "resume " + trimmed);
    return aside;
  }
  return Error{Errc::exhausted, "resume " + trimmed + ": interrupted a thousand times: remove some of what it left"};
}

scenario::ModelFiles files_for(AgainKind kind) {
  return kind == AgainKind::fork || kind == AgainKind::resume ? scenario::ModelFiles::needed
                                                              : scenario::ModelFiles::unused;
}

Result<scenario::Loaded> load_again(const Again& again, const scenario::Recording& recording) {
  std::optional<scenario::InputText> changed;
  if (!again.scenario.empty()) {
    changed = scenario::InputText{again.scenario, TRY(os::read_file(again.scenario, kScenarioBytesMax))};
  }
  return scenario::load_kept(TRY(scenario::read_kept_inputs(again.run, recording.files())), changed,
                             files_for(again.kind));
}

Result<void> check_model(const Again& again, const scenario::Loaded& loaded) {
  if (again.kind != AgainKind::live || loaded.scenario.model(again.model) != nullptr) return {};
  return Error{Errc::invalid_argument, "--live " + printable(again.model) + ": the scenario has no such model"};
}

// What a model asked others is repeated from the record only while the model itself is absent: one that is alive asks
// by itself, and nothing can put it back to the middle of its work.
Result<void> check_calls(const Again& again, const scenario::Loaded& loaded) {
  for (const spec::LinkSpec& link : loaded.scenario.links) {
    const bool alive = again.kind == AgainKind::live ? link.from == again.model : again.kind != AgainKind::replay;
    if (!link.calls || !alive) continue;
    return Error{Errc::invalid_argument, "go on with " + printable(again.run) + ": " + link.from + " calls " + link.to +
                                             " while it works, and its work cannot be taken up in the middle; replay " +
                                             "the run, or run it anew"};
  }
  return {};
}

}  // namespace

bool Conductor::is_alive(const std::string& model) const {
  if (again_ == nullptr) return true;
  if (again_->kind == AgainKind::live) return model == again_->model;
  return again_->kind != AgainKind::replay;
}

Result<void> Conductor::resolve_again(const std::string& profiles) {
  const std::string text = TRY(os::read_file(again_->run + "/manifest.json", kManifestBytesMax));
  Json manifest = TRY_CTX(codec::parse_json(text, {.bytes_max = kManifestBytesMax}), again_->run + "/manifest.json");
  const spec::Scenario whole = scenario();
  resolved_.models.clear();
  if (again_->kind == AgainKind::live) {
    // Only what lives has to be there.
    scenario::Resolved one;
    scenario::Loaded loaded = resolved_.loaded;
    std::erase_if(loaded.scenario.models, [&](const spec::ModelSpec& model) { return model.name != again_->model; });
    std::erase_if(loaded.scenario.artifacts, [&](const spec::ArtifactSpec& artifact) {
      const auto& wanted = loaded.scenario.models.front().artifacts;
      return std::find(wanted.begin(), wanted.end(), artifact.name) == wanted.end();
    });
    one = TRY(scenario::resolve(std::move(loaded), {std::string{kVersion}, profiles}, tools_.entropy));
    replace_model(manifest, again_->model, one.manifest.find("models")->as_array().front());
    resolved_.artifacts = std::move(one.artifacts);
    resolved_.models = std::move(one.models);
  }
  for (const spec::ModelSpec& model : whole.models) {
    if (is_alive(model.name)) continue;
    resolved_.models.push_back({model, {}, {}, true});
  }
  resolved_.manifest = std::move(manifest);
  resolved_.manifest_digest = codec::sha256(codec::canonical_json(resolved_.manifest));
  return {};
}

Result<std::unique_ptr<scenario::Port>> Conductor::make_live_port(scenario::PortParts parts) const {
  if (parts.model.adapter != spec::AdapterKind::remote) return scenario::make_port(std::move(parts));
  return scenario::make_remote_port(std::move(parts), {resolved_.loaded.policy, {}});
}

Result<std::unique_ptr<scenario::Port>> Conductor::make_port(scenario::PortParts parts) {
  if (again_ == nullptr) return make_live_port(std::move(parts));
  const std::string model = parts.model.name;
  if (!is_alive(model)) {
    return scenario::make_recorded_port(model, scenario::RecordedUse::replay, *recording_, nullptr, difference_);
  }
  const auto use = again_->kind == AgainKind::live ? scenario::RecordedUse::compare : scenario::RecordedUse::resume;
  auto live = TRY(make_live_port(std::move(parts)));
  return scenario::make_recorded_port(model, use, *recording_, std::move(live), difference_);
}

Result<Repeated> conduct_again(const Again& again, const ConductOptions& options, const ConductTools& tools) {
  Again from = again;
  const std::string run = make_run_id(tools.clock, tools.entropy);
  tools.progress.begin(again.run, run);
  tools.progress.step(StepName::load);
  const auto prepare = [&]() -> Result<scenario::Recording> {
    const bool cut = again.kind == AgainKind::fork;
    scenario::Recording recording =
        TRY(scenario::Recording::read(again.run, cut ? again.until : std::optional<std::uint64_t>{}));
    if (again.kind == AgainKind::resume && recording.complete()) {
      return Error{Errc::invalid_argument, printable(again.run) + ": this run has ended: there is nothing to resume"};
    }
    return recording;
  };
  auto recording = prepare();
  auto loaded = recording ? load_again(again, recording.value()) : Result<scenario::Loaded>{recording.error()};
  Result<void> ready = loaded ? check_model(again, loaded.value()) : Result<void>{loaded.error()};
  if (ready) ready = check_calls(again, loaded.value());
  std::string directory = options.directory.empty() ? ".belljar/runs/" + run : options.directory;
  if (ready && again.kind == AgainKind::resume) {
    directory = again.run;
    auto aside = set_aside(again.run);
    ready = aside ? Result<void>{} : Result<void>{aside.error()};
    if (aside) from.run = aside.value();
  }
  if (!ready) {
    tools.progress.end(Ending::failed);
    return ready.error();
  }
  Conductor conductor{std::move(loaded).value(), run, directory, tools};
  conductor.repeat(from, recording.value());
  if (const auto opened = conductor.open_record(); !opened) {
    tools.progress.end(Ending::failed);
    return Error{opened.error()}.context("begin the record of the run");
  }
  Repeated repeated;
  repeated.verdict = conductor.conduct();
  repeated.recorded_digest = recording.value().transcript_digest();
  repeated.recorded_contained = recording.value().contained();
  repeated.difference = conductor.difference();
  return repeated;
}

}  // namespace belljar::govern
