// The sections `artifacts` and `models`: what runs, sealed in what.
#include <array>
#include <set>

#include "base/text.h"
#include "spec/quantity.h"
#include "spec/scenario_parts.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

constexpr std::size_t kModelsMax = 64;
constexpr std::size_t kArgumentsMax = 256;

constexpr std::array<std::string_view, 1> kAdapters{"stdio"};
constexpr std::array<std::string_view, 5> kLaterAdapters{"openai", "mcp", "remote", "replay", "scripted"};
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

void read_adapter(Problems& problems, const Yaml& value, ModelSpec&) {
  // With one adapter in this version, a known name is the default.
  (void)read_choice(problems, value, kAdapters, kLaterAdapters);
}

void read_tier(Problems& problems, const Yaml& value, ModelSpec& model) {
  if (auto tier = read_choice(problems, value, kTiers, kLaterTiers)) model.tier = std::move(*tier);
}

void read_type(Problems& problems, const Yaml& value, ModelSpec& model) {
  if (auto type = read_name(problems, value, "-", kNameMax)) model.type = std::move(*type);
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
  constexpr std::string_view kExpected = "an absolute path inside the sandbox such as /work/.aws/credentials";
  if (!require_list(problems, value, "a list of paths inside the sandbox")) return;
  for (const Yaml& item : value.items) {
    if (item.kind != Yaml::Kind::scalar || !is_inside_path(item.scalar)) {
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

constexpr std::array<Field<ModelSpec>, 11> kModel{{
    {"image", Need::optional, read_image<ModelSpec>},
    {"files", Need::optional, read_files<ModelSpec>},
    {"run", Need::required, read_run<ModelSpec>},
    {"adapter", Need::optional, read_adapter},
    {"type", Need::optional, read_type},
    {"tier", Need::optional, read_tier},
    {"profile", Need::optional, read_profile<ModelSpec>},
    {"limits", Need::optional, read_limits<ModelSpec>},
    {"artifacts", Need::optional, read_model_artifacts},
    {"canaries", Need::optional, read_canaries},
    {"allow_degraded", Need::optional, read_allow_degraded},
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
  if (value.kind == Yaml::Kind::map && value.entries.empty()) problems.add(value.mark, "no model", "at least one");
  if (models.size() > kModelsMax) {
    problems.add(models[kModelsMax].mark, std::to_string(models.size()) + " models", "at most 64");
  }
  for (const ModelSpec& model : models) {
    if (model.name == "workload")
      problems.add(model.mark, "a model named \"workload\"", "another name: links use this one");
  }
}

}  // namespace belljar::spec
