// The sections `links` and `workload`: what is asked of whom; and what the sections of a file say about each other.
#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "spec/quantity.h"
#include "spec/scenario_parts.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

void read_rate(Problems& problems, const Yaml& value, LinkSpec& link) {
  constexpr std::string_view kExpected = "requests per second such as 20/s";
  const std::string& text = value.scalar;
  if (value.kind == Yaml::Kind::scalar && text.ends_with("/s")) {
    const Result<double> rate = parse_decimal(text.substr(0, text.size() - 2), kExpected);
    if (rate && rate.value() > 0 && rate.value() <= 1e9) {
      link.rate = rate.value();
      return;
    }
  }
  problems.add(value.mark, describe(value), kExpected);
}

void read_data(Problems& problems, const Yaml& value, LinkSpec& link) {
  if (!require_list(problems, value, "a list of data domains such as [patient.record]")) return;
  for (const Yaml& item : value.items) {
    if (auto domain = read_name(problems, item, "-_.", 128)) link.data.push_back(std::move(*domain));
  }
}

constexpr std::array<Field<LinkSpec>, 12> kLink{{
    {"from", Need::optional,
     [](Problems& p, const Yaml& v, LinkSpec& link) {
       link.from = read_text(p, v, "\"workload\" or the name of a model").value_or("");
     }},
    {"to", Need::required,
     [](Problems& p, const Yaml& v, LinkSpec& link) { link.to = read_text(p, v, "the name of a model").value_or(""); }},
    {"contract", Need::optional,
     [](Problems& p, const Yaml& v, LinkSpec& link) {
       link.contract = read_path(p, v, "the path of a contract file").value_or("");
     }},
    {"map", Need::optional, [](Problems&, const Yaml& v, LinkSpec& link) { link.map = read_json_value(v); }},
    {"when", Need::optional, [](Problems& p, const Yaml& v, LinkSpec& link) { read_predicate(p, v, link.when); }},
    {"latency", Need::optional,
     [](Problems& p, const Yaml& v, LinkSpec& link) { read_nanoseconds(p, v, link.latency_ns); }},
    {"rate", Need::optional, read_rate},
    {"ceiling", Need::optional,
     [](Problems& p, const Yaml& v, LinkSpec& link) { read_nanoseconds(p, v, link.ceiling_ns); }},
    {"rounds", Need::optional,
     [](Problems& p, const Yaml& v, LinkSpec& link) {
       link.rounds = read_count(p, v, "a whole number", {1, 1'000'000'000});
     }},
    {"data", Need::optional, read_data},
    {"budget", Need::optional, [](Problems& p, const Yaml& v, LinkSpec& link) { read_budget(p, v, link.budget); }},
    {"calls", Need::optional,
     [](Problems& p, const Yaml& v, LinkSpec& link) {
       constexpr std::array<std::string_view, 2> kTruth{"true", "false"};
       if (const auto truth = read_choice(p, v, kTruth, {})) link.calls = *truth == "true";
     }},
}};

void read_cases(Problems& problems, const Yaml& value, WorkloadSpec& workload) {
  constexpr std::string_view kExpected = "the path of a .csv or .jsonl file";
  std::optional<std::string> path = read_path(problems, value, kExpected);
  if (!path) return;
  if (!path->ends_with(".csv") && !path->ends_with(".jsonl")) return problems.add(value.mark, quote(*path), kExpected);
  workload.cases = std::move(*path);
}

void read_cases_max(Problems& problems, const Yaml& value, WorkloadSpec& workload) {
  workload.cases_max = read_count(problems, value, "a whole number", {1, 1'000'000'000});
}

void read_compare(Problems& problems, const Yaml& value, WorkloadSpec& workload) {
  constexpr std::array<std::string_view, 3> kNames{"exact", "normalised", "caseless"};  // as Compare
  const auto name = read_choice(problems, value, kNames, {});
  if (!name) return;
  workload.compare = static_cast<Compare>(std::find(kNames.begin(), kNames.end(), *name) - kNames.begin());
}

constexpr std::array<Field<WorkloadSpec>, 6> kWorkload{{
    {"cases", Need::required, read_cases},
    {"label", Need::optional,
     [](Problems& p, const Yaml& v, WorkloadSpec& w) {
       w.label = read_text(p, v, "the name of a column").value_or("");
     }},
    {"answer", Need::optional,
     [](Problems& p, const Yaml& v, WorkloadSpec& w) {
       w.answer = read_text(p, v, "the name of a member").value_or("");
     }},
    {"compare", Need::optional, read_compare},
    {"positive", Need::optional,
     [](Problems& p, const Yaml& v, WorkloadSpec& w) { w.positive = read_text(p, v, "a label").value_or(""); }},
    {"cases_max", Need::optional, read_cases_max},
}};

std::vector<std::string_view> names_of(const auto& named) {
  std::vector<std::string_view> names;
  for (const auto& one : named) names.push_back(one.name);
  return names;
}

std::string known_names(std::string_view what, std::string_view wrong, const std::vector<std::string_view>& names) {
  if (names.empty()) return std::string{what} + ", of which this scenario has none";
  const std::string_view near = nearest(wrong, names);
  return std::string{what} + ": " + printable(near.empty() ? one_of(names) : near, 300);
}

// Values of sections are known to stand where the checks below look: the readers took them from there.
void check_links(Problems& problems, const Yaml& links, const Scenario& scenario) {
  const std::vector<std::string_view> models = names_of(scenario.models);
  const auto is_model = [&](std::string_view name) {
    return std::find(models.begin(), models.end(), name) != models.end();
  };
  std::set<std::pair<std::string_view, std::string_view>> linked;
  for (const Yaml& item : links.items) {
    const Yaml* from = item.find("from");
    const bool named = from != nullptr && from->kind == Yaml::Kind::scalar && !from->scalar.empty();
    const std::string_view source = named ? std::string_view{from->scalar} : std::string_view{"workload"};
    if (source != "workload" && !is_model(source)) {
      problems.add(from->mark, quote(source), "workload or " + known_names("the name of a model", source, models));
    }
    const Yaml* to = item.find("to");
    if (to == nullptr || to->kind != Yaml::Kind::scalar || to->scalar.empty()) continue;
    if (!is_model(to->scalar)) {
      problems.add(to->mark, quote(to->scalar), known_names("the name of a model", to->scalar, models));
    } else if (!linked.insert({source, to->scalar}).second) {
      problems.add(to->mark, "a second link from " + std::string{source} + " to " + quote(to->scalar), "one");
    }
  }
}

// A tool server is asked by models that call it, through its tools and nothing else.
void check_tool_servers(Problems& problems, const Scenario& scenario) {
  for (const ModelSpec& model : scenario.models) {
    if (model.adapter != AdapterKind::mcp) continue;
    bool called = false;
    for (const LinkSpec& link : scenario.links) {
      called = called || (link.to == model.name && link.calls);
      if ((link.to == model.name && !link.calls) || link.from == model.name) {
        problems.add(link.mark, "a link from " + printable(link.from) + " to " + printable(link.to),
                     "only links with \"calls: true\" to " + quote(model.name) + ", which is a tool server");
      }
    }
    if (called) continue;
    problems.add(model.mark, "a tool server " + quote(model.name) + " that nobody calls",
                 "a link to it with \"calls: true\"");
  }
}

// Which question a call belongs to is known only where the caller works on one at a time.
void check_calls(Problems& problems, const Scenario& scenario) {
  for (const LinkSpec& link : scenario.links) {
    if (!link.calls) continue;
    const ModelSpec* caller = scenario.model(link.from);
    if (link.from == "workload") problems.add(link.mark, "calls from workload", "the name of a model that calls");
    if (link.map || link.when || link.rounds) {
      problems.add(link.mark, "\"calls\" beside \"map\", \"when\" or \"rounds\"",
                   "none of them: the model itself says what it asks, and when; a budget bounds how often");
    }
    if (caller != nullptr && caller->in_flight != 1) {
      problems.add(caller->mark, "in_flight: " + std::to_string(caller->in_flight) + " of a model that calls others",
                   "1: which case a call belongs to would not be known");
    }
  }
}

void check_model_artifacts(Problems& problems, const Yaml& models, const Scenario& scenario) {
  const std::vector<std::string_view> artifacts = names_of(scenario.artifacts);
  for (const Yaml::Entry& model : models.entries) {
    const Yaml* wanted = model.value.find("artifacts");
    if (wanted == nullptr) continue;
    for (const Yaml& item : wanted->items) {
      const bool known = std::find(artifacts.begin(), artifacts.end(), item.scalar) != artifacts.end();
      if (item.kind != Yaml::Kind::scalar || item.scalar.empty() || known) continue;
      problems.add(item.mark, quote(item.scalar), known_names("the name of an artifact", item.scalar, artifacts));
    }
  }
}

}  // namespace

void read_links(Problems& problems, const Yaml& value, std::vector<LinkSpec>& links) {
  if (!require_list(problems, value, "a list such as [{from: workload, to: classifier}]")) return;
  for (const Yaml& item : value.items) {
    LinkSpec link;
    link.mark = item.mark;
    read_fields<LinkSpec>(problems, item, "a link", kLink, {}, link);
    links.push_back(std::move(link));
  }
}

void read_workload(Problems& problems, const Yaml& value, WorkloadSpec& workload) {
  workload.mark = value.mark;
  read_fields<WorkloadSpec>(problems, value, "a workload", kWorkload, {}, workload);
}

void check_together(Problems& problems, const Yaml& root, const Scenario& scenario) {
  if (const Yaml* links = root.find("links")) check_links(problems, *links, scenario);
  if (const Yaml* models = root.find("models")) check_model_artifacts(problems, *models, scenario);
  check_calls(problems, scenario);
  check_tool_servers(problems, scenario);
  check_composition(problems, root, scenario);
  const Yaml* workload = root.find("workload");
  if (workload == nullptr || workload->find("label") != nullptr) return;
  for (const GateSpec& gate : scenario.gates) {
    if (!metric_needs_label(gate.metric)) continue;
    problems.add(gate.mark, "a gate on " + gate.metric + " and a workload without \"label\"",
                 "\"label\" in the workload: the column that holds the right answers");
  }
}

}  // namespace belljar::spec
