#include "spec/model_types.h"

#include <algorithm>
#include <array>

namespace belljar::spec {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kMiB = 1ULL << 20;

// What differs from the defaults of Quotas, which suit a small classifier.
constexpr Quotas quotas(std::uint64_t memory_mib, std::uint32_t processes, milliseconds wall) {
  Quotas made;
  made.memory_bytes = memory_mib * kMiB;
  made.processes = processes;
  made.wall = wall;
  made.cpu_time = 2 * wall;
  return made;
}

constexpr Quotas vision() {
  Quotas made = quotas(2048, 64, milliseconds{300'000});
  made.file_bytes = 256 * kMiB;
  made.disk_bytes = 256 * kMiB;
  return made;
}

constexpr Quotas agent() {
  Quotas made = quotas(1024, 128, milliseconds{600'000});
  made.disk_bytes = 256 * kMiB;
  made.inodes = 16384;
  return made;
}

constexpr std::array<ModelType, 8> kTypes{{
    {"classifier", "interpreter", {}, false},
    {"regressor", "interpreter", {}, false},
    {"recommender", "interpreter", quotas(1024, 64, milliseconds{120'000}), false},
    {"vision", "interpreter", vision(), false},
    {"embedding", "interpreter", quotas(1024, 64, milliseconds{300'000}), false},
    {"language-model", "interpreter", quotas(2048, 64, milliseconds{600'000}), false},
    {"agent", "agent", agent(), true},
    {"tool-server", "agent", quotas(512, 64, milliseconds{600'000}), false},
}};

constexpr std::array<std::string_view, 2> kCanaries{"/work/.aws/credentials", "/work/.ssh/id_ed25519"};

}  // namespace

std::span<const ModelType> model_types() { return kTypes; }

const ModelType* find_model_type(std::string_view name) {
  const auto* const found =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const ModelType& type) { return type.name == name; });
  return found == kTypes.end() ? nullptr : found;
}

void apply_model_type(const ModelType& type, ModelSpec& model) {
  model.type = type.name;
  model.profile = type.profile;
  model.quotas = type.quotas;
  if (!type.canaries) return;
  for (const std::string_view path : kCanaries) model.canaries.push_back({std::string{path}, "", true});
}

}  // namespace belljar::spec
