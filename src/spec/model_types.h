// Model types: what a scenario need not say about a model once it has said `type:`. Limits, profile and planted
// credentials that suit the kind; whatever the scenario sets itself wins. The table is docs/model_types.md.
//
//   const ModelType* type = find_model_type("language-model");
//   apply_model_type(*type, model);        // before the model's own keys are read
//
// Plain values; pure.
#pragma once

#include <span>
#include <string_view>

#include "spec/scenario.h"

namespace belljar::spec {

struct ModelType {
  std::string_view name;
  std::string_view profile;
  Quotas quotas;
  bool canaries = false;  // credentials are planted where an agent would look, and a touch is a finding
};

std::span<const ModelType> model_types();
const ModelType* find_model_type(std::string_view name);

void apply_model_type(const ModelType& type, ModelSpec& model);

}  // namespace belljar::spec
