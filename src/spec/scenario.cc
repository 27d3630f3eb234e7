// What a scenario file may hold, section by section; scenario_parts.h reads the sections.
#include "spec/scenario.h"

#include <array>

#include "base/text.h"
#include "spec/filters_read.h"
#include "spec/scenario_parts.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

void read_version(Problems& problems, const Yaml& value, Scenario&) {
  if (value.kind == Yaml::Kind::scalar && !value.quoted && value.scalar == "1") return;
  problems.add(value.mark, describe(value), "1, the only format this version reads");
}

// Records hold the seed as a JSON integer, which is exact up to 2^63 - 1.
void read_seed(Problems& problems, const Yaml& value, Scenario& scenario) {
  constexpr auto kMost = static_cast<std::uint64_t>(INT64_MAX);
  if (const auto seed = read_count(problems, value, "a whole number", {0, kMost})) scenario.seed = *seed;
}

void read_policy(Problems& problems, const Yaml& value, Scenario& scenario) {
  scenario.policy = read_path(problems, value, "the path of a policy, or the name of a ready one").value_or("");
  scenario.policy_mark = value.mark;
}

void read_services(Problems& problems, const Yaml& value, Scenario& scenario) {
  scenario.services_mark = value.mark;
  const std::vector<Yaml> one{value};
  for (const Yaml& item : value.kind == Yaml::Kind::list ? value.items : one) {
    if (auto path = read_path(problems, item, "the path of a file of services, or a list of them")) {
      scenario.services.push_back(std::move(*path));
    }
  }
}

void read_clock(Problems& problems, const Yaml& value, Scenario& scenario) {
  constexpr std::array<std::string_view, 2> kClocks{"wall", "logical"};
  const auto name = read_choice(problems, value, kClocks, {});
  if (name) scenario.clock = *name == "logical" ? ClockKind::logical : ClockKind::wall;
}

constexpr std::array<Field<Scenario>, 18> kSections{{
    {"belljar", Need::required, read_version},
    {"name", Need::required,
     [](Problems& p, const Yaml& v, Scenario& s) { s.name = read_name(p, v, kFileNameOthers, 100).value_or(""); }},
    {"seed", Need::optional, read_seed},
    {"policy", Need::optional, read_policy},
    {"services", Need::optional, read_services},
    {"credentials", Need::optional,
     [](Problems& p, const Yaml& v, Scenario& s) { read_credentials(p, v, s.credentials); }},
    {"artifacts", Need::optional, [](Problems& p, const Yaml& v, Scenario& s) { read_artifacts(p, v, s.artifacts); }},
    {"models", Need::required, [](Problems& p, const Yaml& v, Scenario& s) { read_models(p, v, s.models); }},
    {"links", Need::optional, [](Problems& p, const Yaml& v, Scenario& s) { read_links(p, v, s.links); }},
    {"workload", Need::required, [](Problems& p, const Yaml& v, Scenario& s) { read_workload(p, v, s.workload); }},
    {"gates", Need::optional, [](Problems& p, const Yaml& v, Scenario& s) { read_gates(p, v, s.gates); }},
    {"on_breach", Need::optional, [](Problems& p, const Yaml& v, Scenario& s) { read_on_breach(p, v, s.on_breach); }},
    {"clock", Need::optional, read_clock},
    {"composition", Need::optional,
     [](Problems& p, const Yaml& v, Scenario& s) { read_composition(p, v, s.composition); }},
    {"budgets", Need::optional, [](Problems& p, const Yaml& v, Scenario& s) { read_budgets(p, v, s.budgets); }},
    {"faults", Need::optional, [](Problems& p, const Yaml& v, Scenario& s) { read_faults(p, v, s.faults); }},
    {"filters", Need::optional,
     [](Problems& p, const Yaml& v, Scenario& s) { read_filters(p, v, s.filters.emplace()); }},
    {"monitors", Need::optional, [](Problems& p, const Yaml& v, Scenario& s) { read_monitors(p, v, s.amplification); }},
}};

constexpr std::array<Later, 2> kLaterSections{{
    {"suites", "gates on one workload"},
    {"simulators", "a sealed network"},
}};

}  // namespace

std::string_view adapter_name(AdapterKind adapter) {
  constexpr std::array<std::string_view, 6> kNames{"stdio", "openai", "mcp", "scripted", "replay", "remote"};
  return kNames[static_cast<std::size_t>(adapter)];
}

const ModelSpec* Scenario::model(std::string_view wanted) const {
  const auto found = std::find_if(models.begin(), models.end(), [&](const ModelSpec& m) { return m.name == wanted; });
  return found == models.end() ? nullptr : &*found;
}

bool Scenario::asks_each() const {
  return !composition.given &&
         std::all_of(links.begin(), links.end(), [](const LinkSpec& link) { return link.from == "workload"; });
}

Result<Scenario> parse_scenario(std::string_view text, std::string_view file) {
  const std::string name = printable(file, 4096);
  const Yaml root = TRY(codec::parse_yaml(text, name));
  Problems problems{name};
  Scenario scenario;
  scenario.file = file;
  read_fields<Scenario>(problems, root, "a scenario", kSections, kLaterSections, scenario);
  check_together(problems, root, scenario);
  TRY(problems.result());
  return scenario;
}

}  // namespace belljar::spec
