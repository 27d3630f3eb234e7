// Scenario parts: how each section of a scenario file is read. For scenario.cc alone.
#pragma once

#include "spec/fields.h"
#include "spec/scenario.h"

namespace belljar::spec {

// The names in these files also name directories, cgroups and lines of a report.
constexpr std::string_view kModelNameOthers = "-";
constexpr std::string_view kFileNameOthers = "._-";
constexpr std::size_t kNameMax = 63;

void read_artifacts(Problems& problems, const codec::Yaml& value, std::vector<ArtifactSpec>& artifacts);
void read_models(Problems& problems, const codec::Yaml& value, std::vector<ModelSpec>& models);
void read_links(Problems& problems, const codec::Yaml& value, std::vector<LinkSpec>& links);
void read_workload(Problems& problems, const codec::Yaml& value, WorkloadSpec& workload);
void read_gates(Problems& problems, const codec::Yaml& value, std::vector<GateSpec>& gates);
void read_on_breach(Problems& problems, const codec::Yaml& value, BreachSpec& on_breach);

// Whether a metric compares answers with labels.
bool metric_needs_label(std::string_view metric);

// What one section says about another: names that must exist, labels that gates need.
void check_together(Problems& problems, const codec::Yaml& root, const Scenario& scenario);

}  // namespace belljar::spec
