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

void read_composition(Problems& problems, const codec::Yaml& value, Composition& composition);
void read_budgets(Problems& problems, const codec::Yaml& value, Budgets& budgets);
void read_budget(Problems& problems, const codec::Yaml& value, Budget& budget);
void read_faults(Problems& problems, const codec::Yaml& value, std::vector<FaultSpec>& faults);
void read_monitors(Problems& problems, const codec::Yaml& value, AmplificationSpec& amplification);

// Readers that sections share. Each leaves the value alone when it has complained.
void read_nanoseconds(Problems& problems, const codec::Yaml& value, std::int64_t& out);
void read_predicate(Problems& problems, const codec::Yaml& value, std::optional<Predicate>& out);
void read_price(Problems& problems, const codec::Yaml& value, std::int64_t& billionths);
codec::Json read_json_value(const codec::Yaml& value);  // plain scalars that are JSON are what JSON says

// Whether a metric compares answers with labels.
bool metric_needs_label(std::string_view metric);

// Names that the composition, the budgets and the faults speak of, and cycles that nothing ends.
void check_composition(Problems& problems, const codec::Yaml& root, const Scenario& scenario);

// What one section says about another: names that must exist, labels that gates need.
void check_together(Problems& problems, const codec::Yaml& root, const Scenario& scenario);

}  // namespace belljar::spec
