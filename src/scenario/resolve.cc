#include "scenario/resolve.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <thread>

#include "base/text.h"
#include "boundary/service_file.h"
#include "codec/crypto.h"
#include "content/canary.h"
#include "os/file.h"
#include "sandbox/image/image.h"
#include "sandbox/image/tree.h"
#include "scenario/canaries.h"
#include "scenario/remote_port.h"

namespace belljar::scenario {

namespace {

using codec::Json;

constexpr std::uint64_t kProfileBytesMax = 1U << 20;

Json texts(const std::vector<std::string>& items) {
  Json::Array array;
  for (const std::string& item : items) array.emplace_back(item);
  return Json{std::move(array)};
}

Json text_input(const TextInput& input) {
  return Json{Json::Object{{"file", input.path}, {"digest", input.digest.text()}}};
}

Json text_inputs(const std::vector<TextInput>& inputs) {
  Json::Array array;
  for (const TextInput& input : inputs) array.push_back(text_input(input));
  return Json{std::move(array)};
}

// The host has its own profiles; one that cannot be read here cannot be enforced either.
Result<std::string> profile_digest(const std::string& name, const ResolveOptions& options) {
  const std::string path = options.profile_directory + "/" + name + ".yaml";
  return codec::sha256(TRY_CTX(os::read_file(path, kProfileBytesMax), "profile " + printable(name))).text();
}

struct SandboxParts {
  std::string image;
  std::string files;
  std::string files_inside;
  std::string profile;
  spec::Quotas quotas;
};

struct MadeSandbox {
  spec::SandboxSpec spec;
  Json described;  // for the manifest
};

// By path, so that two manifests tell which file changed; of a large folder the digest has to do.
constexpr std::uint64_t kListedFilesMax = 256;

Json listed(const sandbox::TreeContent& content) {
  Json::Object files;
  std::string_view rest = content.manifest;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    const std::size_t arrow = line.find(" -> ");
    const std::string_view named = line.substr(0, arrow);
    const std::size_t name = named.rfind(' ') + 1;  // quoted: it holds no space
    std::string is{named.substr(0, name - 1)};
    if (arrow != std::string_view::npos) is += line.substr(arrow);
    files.emplace_back(std::string{named.substr(name)}, std::move(is));
  }
  return Json{std::move(files)};
}

Result<MadeSandbox> make_sandbox(const std::string& name, const SandboxParts& parts, const std::string& directory,
                                 const ResolveOptions& options) {
  MadeSandbox made;
  made.spec.name = name;
  made.spec.image = TRY(sandbox::resolve_image(parts.image, directory));
  made.spec.profile = parts.profile;
  made.spec.quotas = parts.quotas;
  Json image{Json::Object{{"reference", parts.image}}};
  if (!made.spec.image.digest.empty()) image.set("digest", made.spec.image.digest);
  made.described.set("image", std::move(image));
  if (!parts.files.empty()) {
    const std::string path = TRY(os::absolute_path(path_from(directory, parts.files)));
    const sandbox::TreeContent content = TRY(sandbox::read_tree(path));
    made.spec.files.push_back({path, parts.files_inside});
    Json files{Json::Object{{"path", parts.files},
                            {"digest", content.digest.text()},
                            {"entries", content.entries},
                            {"bytes", content.bytes}}};
    if (content.entries <= kListedFilesMax) files.set("content", listed(content));
    made.described.set("files", std::move(files));
  }
  std::string profile = TRY(profile_digest(parts.profile, options));
  made.described.set("profile", Json{Json::Object{{"name", parts.profile}, {"digest", std::move(profile)}}});
  made.described.set("limits", spec::quotas_json(parts.quotas));
  return made;
}

// Letters, digits and dashes, as a sandbox's name must be.
std::string sandbox_name(std::string_view prefix, std::string_view name) {
  std::string made{prefix};
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    made += plain ? c : '-';
  }
  return made;
}

Result<Json> resolve_artifact(const spec::ArtifactSpec& spec, const ResolveOptions& options, Resolved& into) {
  MadeSandbox made = TRY_CTX(
      make_sandbox(sandbox_name("artifact-", spec.name), {spec.image, spec.files, "/files", spec.profile, spec.quotas},
                   into.loaded.directory, options),
      "artifact " + spec.name);
  Json described{Json::Object{{"name", spec.name}, {"run", texts(spec.run)}}};
  for (auto& member : made.described.as_object()) described.set(member.first, member.second);
  Json inputs = described;
  inputs.set("engine", options.engine_version);
  const Digest digest = codec::sha256(codec::canonical_json(inputs));
  described.set("inputs", digest.text());
  into.artifacts.push_back({spec, std::move(made.spec), {spec.run, spec::default_environment(), "/work"}, digest});
  return described;
}

// A model that the host itself speaks for: nothing of it runs.
Result<Json> resolve_hosted(const spec::ModelSpec& spec, Resolved& into) {
  Json described{Json::Object{{"name", spec.name}, {"type", spec.type}, {"adapter", spec::adapter_name(spec.adapter)}}};
  if (!spec.rules.empty()) {
    const std::string text =
        TRY_CTX(os::read_file(path_from(into.loaded.directory, spec.rules), kProfileBytesMax), "model " + spec.name);
    described.set("rules", text_input({spec.rules, codec::sha256(text)}));
  }
  if (!spec.recording.empty()) described.set("recording", spec.recording);
  if (spec.adapter == spec::AdapterKind::remote) {
    // What is behind that name today nobody here can say.
    described.set("provider", TRY(remote_place(spec)).host);
    described.set("model", spec.remote.model);
    described.set("sealed", false);
    described.set("digested", false);
  }
  into.models.push_back({spec, {}, {}, false});
  return described;
}

// Every model of a run draws its own bytes, and another run of the same seed the same.
std::uint64_t seed_of_model(std::uint64_t seed, const std::string& model) {
  const Digest digest = codec::sha256("deterministic\n" + std::to_string(seed) + "\n" + model);
  std::uint64_t made = 0;
  std::memcpy(&made, digest.bytes.data(), sizeof made);
  return made;
}

Result<Json> resolve_model(const spec::ModelSpec& spec, const ResolveOptions& options, Resolved& into) {
  if (!spec.needs_sandbox()) return resolve_hosted(spec, into);
  MadeSandbox made =
      TRY_CTX(make_sandbox(sandbox_name("", spec.name), {spec.image, spec.files, "/model", spec.profile, spec.quotas},
                           into.loaded.directory, options),
              "model " + spec.name);
  made.spec.allow_degraded = spec.allow_degraded;
  if (spec.adapter == spec::AdapterKind::openai) {
    made.spec.serve_port = spec.port;
    made.described.set("port", std::uint32_t{spec.port});
  }
  Json described{Json::Object{{"name", spec.name},
                              {"type", spec.type},
                              {"tier", spec.tier},
                              {"adapter", spec::adapter_name(spec.adapter)},
                              {"run", texts(spec.run)}}};
  for (auto& member : made.described.as_object()) described.set(member.first, member.second);
  if (!spec.tools.empty()) described.set("tools", spec.tools);
  if (spec.deterministic) {
    made.spec.deterministic = spec::Deterministic{seed_of_model(into.loaded.scenario.seed, spec.name)};
    described.set("deterministic", true);
  }
  if (!spec.artifacts.empty()) described.set("artifacts", texts(spec.artifacts));
  if (!spec.allow_degraded.empty()) described.set("allow_degraded", texts(spec.allow_degraded));
  Json::Array canaries;
  const auto plant = [&](const std::string& place) {
    canaries.emplace_back(place);
    return canary_of(into.loaded, spec.name, place);
  };
  for (const spec::PlantedFile& file : spec.canaries) {
    made.spec.planted.push_back({file.inside, content::canary_file(file.inside, plant(file.inside)), true});
  }
  std::vector<std::string> environment = spec::default_environment();
  for (const std::string& name : spec.canary_variables) {
    environment.push_back(name + "=" + content::canary_variable(name, plant("$" + name)));
  }
  if (!canaries.empty()) described.set("canaries", Json{std::move(canaries)});
  into.models.push_back({spec, std::move(made.spec), {spec.run, std::move(environment), "/work"}, false});
  return described;
}

// The files and folders that a service is made from, as its file writes them.
std::vector<std::string> files_of(const boundary::ServiceSpec& spec) {
  std::vector<std::string> files = spec.sql;
  for (const std::string* one : {&spec.openapi, &spec.files, &spec.rules}) {
    if (!one->empty()) files.push_back(*one);
  }
  return files;
}

// Seed rows, documents, recordings: what stands in a file that services name is as much of the run as the file.
Result<Json> service_inputs(const Loaded& loaded) {
  constexpr std::uint64_t kFileBytesMax = 256ULL << 20;
  Json::Array inputs;
  for (const TextInput& input : loaded.services) {
    Json described = text_input(input);
    const std::string path = path_from(loaded.directory, input.path);
    const auto text = std::find_if(loaded.texts.begin(), loaded.texts.end(),
                                   [&](const InputText& one) { return one.path == input.path; });
    if (text == loaded.texts.end()) return Error{Errc::internal, "services " + input.path + ": not among the inputs"};
    const boundary::ServiceFile file = TRY(boundary::parse_services(text->content, input.path));
    Json::Object named;
    for (const boundary::ServiceSpec& service : file.services) {
      for (const std::string& name : files_of(service)) {
        const std::string at = path_from(path.substr(0, path.find_last_of('/')), name);
        const std::string doing = "service " + service.name;
        if (TRY_CTX(os::is_directory(at), doing)) {
          named.emplace_back(name, TRY_CTX(sandbox::read_tree(at), doing).digest.text());
        } else {
          named.emplace_back(name, codec::sha256(TRY_CTX(os::read_file(at, kFileBytesMax), doing)).text());
        }
      }
    }
    if (!named.empty()) described.set("files", Json{std::move(named)});
    inputs.push_back(std::move(described));
  }
  return Json{std::move(inputs)};
}

// By name alone: even a digest would tell who guesses a secret that he is right.
Json credential_names(const std::vector<spec::CredentialSpec>& credentials) {
  Json::Array names;
  for (const spec::CredentialSpec& credential : credentials) names.emplace_back(credential.name);
  return Json{std::move(names)};
}

Json host_facts() {
  Json host{Json::Object{{"system", "Linux"}, {"machine", "x86_64"}}};
  const auto release = os::read_file("/proc/sys/kernel/osrelease", 4096);
  if (release) host.set("kernel", printable(release.value().substr(0, release.value().find('\n'))));
  host.set("processors", std::uint64_t{std::thread::hardware_concurrency()});
  return host;
}

std::string base_name(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

}  // namespace

Result<Resolved> resolve(Loaded loaded, const ResolveOptions& options, Entropy& entropy) {
  Resolved resolved;
  resolved.loaded = std::move(loaded);
  draw_canary_key(resolved.loaded, entropy);
  const spec::Scenario& scenario = resolved.loaded.scenario;
  Json::Array artifacts;
  for (const spec::ArtifactSpec& artifact : scenario.artifacts) {
    artifacts.push_back(TRY(resolve_artifact(artifact, options, resolved)));
  }
  Json::Array models;
  for (const spec::ModelSpec& model : scenario.models) {
    models.push_back(TRY(resolve_model(model, options, resolved)));
  }
  Json cases = text_input(resolved.loaded.cases_source);
  cases.set("count", std::uint64_t{resolved.loaded.cases.size()});
  Json source = text_input({base_name(resolved.loaded.source.path), resolved.loaded.source.digest});
  source.set("name", scenario.name);
  Json& manifest = resolved.manifest;
  manifest.set("belljar", options.engine_version);
  manifest.set("scenario", std::move(source));
  manifest.set("seed", scenario.seed);
  manifest.set("cases", std::move(cases));
  manifest.set("contracts", text_inputs(resolved.loaded.contracts));
  if (!resolved.loaded.filter_files.empty()) manifest.set("filters", text_inputs(resolved.loaded.filter_files));
  if (!resolved.loaded.policy_files.empty()) manifest.set("policy", text_inputs(resolved.loaded.policy_files));
  if (!resolved.loaded.services.empty()) manifest.set("services", TRY(service_inputs(resolved.loaded)));
  if (!resolved.loaded.service_canaries.empty()) {
    manifest.set("service_canaries", texts(resolved.loaded.service_canaries));
  }
  if (!scenario.credentials.empty()) manifest.set("credentials", credential_names(scenario.credentials));
  if (!resolved.loaded.tool_files.empty()) manifest.set("tools", text_inputs(resolved.loaded.tool_files));
  if (!resolved.loaded.argument_files.empty()) manifest.set("arguments", text_inputs(resolved.loaded.argument_files));
  manifest.set("artifacts", Json{std::move(artifacts)});
  manifest.set("models", Json{std::move(models)});
  manifest.set("host", host_facts());
  resolved.manifest_digest = codec::sha256(codec::canonical_json(manifest));
  return resolved;
}

}  // namespace belljar::scenario
