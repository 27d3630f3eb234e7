// The sections `artifacts` and `models`: what runs, sealed in what.
#include <algorithm>
#include <array>
#include <set>
#include <type_traits>

#include "base/text.h"
#include "spec/model_types.h"
#include "spec/quantity.h"
#include "spec/scenario_parts.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

constexpr std::size_t kModelsMax = 64;
constexpr std::size_t kArgumentsMax = 256;

constexpr std::array<std::string_view, 6> kAdapters{"stdio",    "openai", "mcp",
                                                    "scripted", "replay", "remote"};  // as AdapterKind
constexpr std::array<std::string_view, 1> kTiers{"native"};
constexpr std::array<std::string_view, 2> kLaterTiers{"gvisor", "microvm"};
constexpr std::array<std::string_view, 6> kDegradations{"cgroup-memory", "cgroup-processes",  "cgroup-cpu",
                                                        "landlock",      "user-notification", "user-namespace-range"};

constexpr std::string_view kImageExpected = "\"host\", a directory or a package list ending in .yaml";
constexpr std::string_view kRunExpected = "the command as a list, such as [python3, /model/serve.py]";

template <class T>
void read_image(Problems& problems, const Yaml& value, T& out) {
  if (auto image = read_path(problems, value, kImageExpected)) out.image = std::move(*image);
}

template <class T>
void read_files(Problems& problems, const Yaml& value, T& out) {
  if (auto files = read_path(problems, value, "the path of a directory")) out.files = std::move(*files);
}

template <class T>
void read_profile(Problems& problems, const Yaml& value, T& out) {
  if (auto profile = read_name(problems, value, "-_", kNameMax)) out.profile = std::move(*profile);
}

template <class T>
void read_run(Problems& problems, const Yaml& value, T& out) {
  out.run = read_texts(problems, value, kRunExpected);
  if (value.kind != Yaml::Kind::list) return;
  if (value.items.empty()) problems.add(value.mark, "an empty list", kRunExpected);
  if (value.items.size() > kArgumentsMax) {
    problems.add(value.mark, std::to_string(value.items.size()) + " arguments", "at most 256");
  }
}

template <class T>
void read_limits(Problems& problems, const Yaml& value, T& out) {
  if (!require_map(problems, value, "limits")) return;
  const std::vector<std::string_view> keys = quota_keys();
  for (const Yaml::Entry& entry : value.entries) {
    if (std::find(keys.begin(), keys.end(), entry.key) == keys.end()) {
      refuse_key(problems, entry, "limits", keys, {});
    } else if (entry.value.kind != Yaml::Kind::scalar) {
      problems.add(entry.value.mark, describe(entry.value), "a limit such as 512MiB, 120s or 32");
    } else if (Result<void> set = set_quota(out.quotas, entry.key, entry.value.scalar); !set) {
      problems.add(entry.value.mark, set.error().message());
    }
  }
}

void read_adapter(Problems& problems, const Yaml& value, ModelSpec& model) {
  const auto name = read_choice(problems, value, kAdapters, {});
  if (!name) return;
  const auto* const at = std::find(kAdapters.begin(), kAdapters.end(), *name);
  model.adapter = static_cast<AdapterKind>(at - kAdapters.begin());
}

void read_port(Problems& problems, const Yaml& value, ModelSpec& model) {
  if (const auto port = read_count(problems, value, "a port", {1, 65535})) {
    model.port = static_cast<std::uint16_t>(*port);
  }
}

void read_in_flight(Problems& problems, const Yaml& value, ModelSpec& model) {
  if (const auto count = read_count(problems, value, "a whole number", {1, 4096})) {
    model.in_flight = static_cast<std::uint32_t>(*count);
  }
}

void read_deterministic(Problems& problems, const Yaml& value, ModelSpec& model) {
  constexpr std::array<std::string_view, 2> kTruth{"false", "true"};
  if (const auto truth = read_choice(problems, value, kTruth, {})) model.deterministic = *truth == "true";
}

constexpr std::array<Field<ModelSpec>, 2> kPrice{{
    {"request", Need::optional,
     [](Problems& p, const Yaml& v, ModelSpec& model) { read_price(p, v, model.request_cost); }},
    {"token", Need::optional, [](Problems& p, const Yaml& v, ModelSpec& model) { read_price(p, v, model.token_cost); }},
}};

void read_prices(Problems& problems, const Yaml& value, ModelSpec& model) {
  read_fields<ModelSpec>(problems, value, "price", kPrice, {}, model);
}

// What an adapter needs and what it has no use for; the mark of a missing key is the model's.
void check_adapter(Problems& problems, const Yaml& yaml, const ModelSpec& model) {
  const std::string adapter = " (adapter " + std::string{adapter_name(model.adapter)} + ")";
  const auto needs = [&](std::string_view key, bool needed) {
    const Yaml* found = yaml.find(key);
    if (needed && found == nullptr) {
      problems.add(yaml.mark, "model " + quote(model.name) + " without " + quote(key) + adapter,
                   quote(key) + " to be given");
    } else if (!needed && found != nullptr) {
      problems.add(found->mark, quote(key) + " in model " + quote(model.name) + adapter, "no such key");
    }
  };
  needs("run", model.needs_sandbox());
  needs("tools", model.adapter == AdapterKind::mcp);
  needs("rules", model.adapter == AdapterKind::scripted);
  needs("recording", model.adapter == AdapterKind::replay);
  if (model.adapter != AdapterKind::openai) needs("port", false);
  const bool remote = model.adapter == AdapterKind::remote;
  needs("url", remote);
  needs("model", remote);
  for (const std::string_view key : {"credential", "ca"}) {
    if (!remote) needs(key, false);
  }
}

void read_url(Problems& problems, const Yaml& value, ModelSpec& model) {
  constexpr std::string_view kExpected = "an address such as https://api.example.com/v1";
  const auto url = read_text(problems, value, kExpected);
  if (!url) return;
  const bool fits = url->starts_with("https://") && url->size() <= 1000 &&
                    std::all_of(url->begin(), url->end(), [](char c) { return c > ' ' && c < 0x7f; }) &&
                    url->find_first_of("@?#\\") == std::string::npos;
  if (!fits) return problems.add(value.mark, describe(value), kExpected);
  model.remote.url = *url;
}

void read_remote_model(Problems& problems, const Yaml& value, ModelSpec& model) {
  constexpr std::size_t kMost = 200;
  const auto name = read_text(problems, value, "the name that the server knows the model by");
  if (!name) return;
  if (name->empty() || name->size() > kMost) return problems.add(value.mark, describe(value), "1 to 200 bytes");
  model.remote.model = *name;
}

void read_credential(Problems& problems, const Yaml& value, ModelSpec& model) {
  CredentialSpec& credential = model.remote.credential.emplace();
  credential.name = model.name;
  credential.mark = value.mark;
  read_secret_source(problems, value, credential);
}

void read_tier(Problems& problems, const Yaml& value, ModelSpec& model) {
  if (auto tier = read_choice(problems, value, kTiers, kLaterTiers)) model.tier = std::move(*tier);
}

void read_type(Problems& problems, const Yaml& value, ModelSpec& model) {
  std::vector<std::string_view> names;
  for (const ModelType& type : model_types()) names.push_back(type.name);
  if (auto type = read_choice(problems, value, names, {})) model.type = std::move(*type);
}

// What its type and its adapter bring, before its own keys are read and win.
void apply_defaults(const Yaml& value, ModelSpec& model) {
  if (value.kind != Yaml::Kind::map) return;
  const auto text_of = [&](std::string_view key) {
    const Yaml* found = value.find(key);
    return found != nullptr && found->kind == Yaml::Kind::scalar ? std::string_view{found->scalar} : std::string_view{};
  };
  std::string_view type_name = text_of("type");
  if (type_name.empty() && text_of("adapter") == "mcp") type_name = "tool-server";
  if (const ModelType* type = find_model_type(type_name)) apply_model_type(*type, model);
  if (text_of("adapter") == "openai") model.profile = "server";
  if (value.find("canaries") != nullptr) model.canaries.clear();
}

// Every item once.
void refuse_repeats(Problems& problems, const Yaml& list) {
  std::set<std::string_view> seen;
  for (const Yaml& item : list.items) {
    if (item.kind == Yaml::Kind::scalar && !seen.insert(item.scalar).second) {
      problems.add(item.mark, quote(item.scalar) + " again", "each once");
    }
  }
}

void read_model_artifacts(Problems& problems, const Yaml& value, ModelSpec& model) {
  model.artifacts = read_texts(problems, value, "a list of names from the section \"artifacts\"");
  refuse_repeats(problems, value);
}

// Absolute, normal, and more than the root.
bool is_inside_path(std::string_view path) {
  if (!path.starts_with('/') || path.size() < 2 || path.size() > 1024) return false;
  const std::string closed = std::string{path} + "/";
  return closed.find("//") == std::string::npos && closed.find("/./") == std::string::npos &&
         closed.find("/../") == std::string::npos;
}

void read_canaries(Problems& problems, const Yaml& value, ModelSpec& model) {
  constexpr std::string_view kExpected =
      "an absolute path inside the sandbox such as /work/.aws/credentials, or a variable such as $API_TOKEN";
  if (!require_list(problems, value, "a list of paths inside the sandbox and of variables")) return;
  for (const Yaml& item : value.items) {
    if (item.kind == Yaml::Kind::scalar && item.scalar.starts_with('$') &&
        is_name(std::string_view{item.scalar}.substr(1), "_", kNameMax)) {
      model.canary_variables.push_back(item.scalar.substr(1));
    } else if (item.kind != Yaml::Kind::scalar || !is_inside_path(item.scalar)) {
      problems.add(item.mark, describe(item), kExpected);
    } else {
      model.canaries.push_back({item.scalar, "", true});
    }
  }
  refuse_repeats(problems, value);
}

void read_allow_degraded(Problems& problems, const Yaml& value, ModelSpec& model) {
  if (!require_list(problems, value, "a list of " + one_of(kDegradations))) return;
  for (const Yaml& item : value.items) {
    if (auto name = read_choice(problems, item, kDegradations, {})) model.allow_degraded.push_back(std::move(*name));
  }
  refuse_repeats(problems, value);
}

constexpr std::array<Field<ArtifactSpec>, 5> kArtifact{{
    {"image", Need::optional, read_image<ArtifactSpec>},
    {"files", Need::optional, read_files<ArtifactSpec>},
    {"run", Need::required, read_run<ArtifactSpec>},
    {"profile", Need::optional, read_profile<ArtifactSpec>},
    {"limits", Need::optional, read_limits<ArtifactSpec>},
}};

constexpr std::array<Field<ModelSpec>, 23> kModel{{
    {"image", Need::optional, read_image<ModelSpec>},
    {"files", Need::optional, read_files<ModelSpec>},
    {"run", Need::optional, read_run<ModelSpec>},
    {"adapter", Need::optional, read_adapter},
    {"type", Need::optional, read_type},
    {"tier", Need::optional, read_tier},
    {"profile", Need::optional, read_profile<ModelSpec>},
    {"limits", Need::optional, read_limits<ModelSpec>},
    {"artifacts", Need::optional, read_model_artifacts},
    {"canaries", Need::optional, read_canaries},
    {"allow_degraded", Need::optional, read_allow_degraded},
    {"port", Need::optional, read_port},
    {"tools", Need::optional,
     [](Problems& p, const Yaml& v, ModelSpec& model) {
       model.tools = read_path(p, v, "the path of a list of tools").value_or("");
     }},
    {"rules", Need::optional,
     [](Problems& p, const Yaml& v, ModelSpec& model) {
       model.rules = read_path(p, v, "the path of a file of rules").value_or("");
     }},
    {"recording", Need::optional,
     [](Problems& p, const Yaml& v, ModelSpec& model) {
       model.recording = read_path(p, v, "the directory of a run").value_or("");
     }},
    {"latency", Need::optional,
     [](Problems& p, const Yaml& v, ModelSpec& model) { read_nanoseconds(p, v, model.latency_ns); }},
    {"in_flight", Need::optional, read_in_flight},
    {"deterministic", Need::optional, read_deterministic},
    {"price", Need::optional, read_prices},
    {"url", Need::optional, read_url},
    {"model", Need::optional, read_remote_model},
    {"credential", Need::optional, read_credential},
    {"ca", Need::optional,
     [](Problems& p, const Yaml& v, ModelSpec& model) {
       model.remote.ca = read_path(p, v, "the path of a file of certificates").value_or("");
     }},
}};

template <class T>
void read_named(Problems& problems, const Yaml& section, std::string_view owner, std::string_view others,
                std::span<const Field<T>> fields, std::vector<T>& out) {
  if (!require_map(problems, section, std::string{owner} + "s by name")) return;
  for (const Yaml::Entry& entry : section.entries) {
    if (!is_name(entry.key, others, kNameMax)) {
      problems.add(entry.key_mark, quote(entry.key), name_expected(others, kNameMax));
    }
    T made;
    made.name = entry.key;
    made.mark = entry.key_mark;
    if constexpr (std::is_same_v<T, ModelSpec>) apply_defaults(entry.value, made);
    read_fields<T>(problems, entry.value, std::string{owner} + " " + quote(entry.key), fields, {}, made);
    out.push_back(std::move(made));
  }
}

}  // namespace

void read_artifacts(Problems& problems, const Yaml& value, std::vector<ArtifactSpec>& artifacts) {
  read_named<ArtifactSpec>(problems, value, "artifact", kFileNameOthers, kArtifact, artifacts);
}

void read_models(Problems& problems, const Yaml& value, std::vector<ModelSpec>& models) {
  read_named<ModelSpec>(problems, value, "model", kModelNameOthers, kModel, models);
  for (std::size_t at = 0; at < models.size(); ++at) {
    if (value.entries[at].value.kind == Yaml::Kind::map) check_adapter(problems, value.entries[at].value, models[at]);
  }
  if (value.kind == Yaml::Kind::map && value.entries.empty()) problems.add(value.mark, "no model", "at least one");
  if (models.size() > kModelsMax) {
    problems.add(models[kModelsMax].mark, std::to_string(models.size()) + " models", "at most 64");
  }
  for (const ModelSpec& model : models) {
    if (model.name == "workload" || model.name == "composition") {
      problems.add(model.mark, "a model named " + quote(model.name), "another name: links use this one");
    }
  }
}

}  // namespace belljar::spec
