#include "scenario/canaries.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.h"

namespace belljar::scenario {

std::string make_canary_key(Entropy& entropy) {
  std::array<std::byte, 32> key{};
  entropy.fill(key);
  return to_hex({reinterpret_cast<const char*>(key.data()), key.size()});
}

void draw_canary_key(Loaded& loaded, Entropy& entropy) {
  const auto has_canaries = [](const spec::ModelSpec& model) {
    return !model.canaries.empty() || !model.canary_variables.empty();
  };
  const auto& models = loaded.scenario.models;
  const bool any = !loaded.service_canaries.empty() || std::any_of(models.begin(), models.end(), has_canaries);
  if (!loaded.canary_key.empty() || !any) return;
  loaded.canary_key = make_canary_key(entropy);
  loaded.texts.push_back({std::string{kCanaryKeyInput}, loaded.canary_key});
}

content::Canary canary_of(const Loaded& loaded, std::string_view model, std::string_view place) {
  return content::make_canary(loaded.canary_key, std::string{model} + ":" + std::string{place});
}

std::vector<content::Canary> run_canaries(const Loaded& loaded) {
  std::vector<content::Canary> canaries;
  for (const spec::ModelSpec& model : loaded.scenario.models) {
    for (const spec::PlantedFile& file : model.canaries) canaries.push_back(canary_of(loaded, model.name, file.inside));
    for (const std::string& name : model.canary_variables)
      canaries.push_back(canary_of(loaded, model.name, "$" + name));
  }
  for (const std::string& place : loaded.service_canaries) {
    canaries.push_back(content::make_canary(loaded.canary_key, place));
  }
  return canaries;
}

}  // namespace belljar::scenario
