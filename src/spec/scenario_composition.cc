// The sections `composition`, `budgets` and `monitors`, and the readers that they share with links and faults.
#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "codec/json_pointer.h"
#include "spec/quantity.h"
#include "spec/scenario_parts.h"

namespace belljar::spec {

namespace {

using codec::Json;
using codec::Yaml;

constexpr std::uint64_t kCountMost = 1'000'000'000'000;
constexpr std::array<std::string_view, 4> kJoinings{"last", "vote", "judge", "debate"};  // as Joining

void read_joining(Problems& problems, const Yaml& value, Composition& composition) {
  const auto name = read_choice(problems, value, kJoinings, {});
  if (!name) return;
  composition.joining = static_cast<Joining>(std::find(kJoinings.begin(), kJoinings.end(), *name) - kJoinings.begin());
}

constexpr std::array<Field<Composition>, 7> kComposition{{
    {"answer", Need::optional, read_joining},
    {"of", Need::optional,
     [](Problems& p, const Yaml& v, Composition& c) { c.of = read_texts(p, v, "a list of names of models"); }},
    {"judge", Need::optional,
     [](Problems& p, const Yaml& v, Composition& c) { c.judge = read_text(p, v, "the name of a model").value_or(""); }},
    {"member", Need::optional,
     [](Problems& p, const Yaml& v, Composition& c) {
       c.member = read_text(p, v, "the name of a member").value_or("");
     }},
    {"quorum", Need::optional,
     [](Problems& p, const Yaml& v, Composition& c) {
       c.quorum = static_cast<std::size_t>(read_count(p, v, "a whole number", {1, 64}).value_or(1));
     }},
    {"rounds", Need::optional,
     [](Problems& p, const Yaml& v, Composition& c) {
       c.rounds = read_count(p, v, "a whole number", {1, kCountMost});
     }},
    {"until", Need::optional, [](Problems& p, const Yaml& v, Composition& c) { read_predicate(p, v, c.until); }},
}};

void read_bytes_budget(Problems& problems, const Yaml& value, Budget& budget) {
  const Result<std::uint64_t> bytes = parse_bytes(value.scalar);
  if (value.kind == Yaml::Kind::scalar && bytes) {
    budget.bytes = bytes.value();
  } else {
    problems.add(value.mark, describe(value), kBytesExpected);
  }
}

void read_cost_budget(Problems& problems, const Yaml& value, Budget& budget) {
  std::int64_t cost = -1;
  read_price(problems, value, cost);
  if (cost >= 0) budget.cost = cost;
}

constexpr std::array<Field<Budget>, 4> kBudget{{
    {"messages", Need::optional,
     [](Problems& p, const Yaml& v, Budget& b) {
       b.messages = read_count(p, v, "a whole number", {0, kCountMost});
     }},
    {"tokens", Need::optional,
     [](Problems& p, const Yaml& v, Budget& b) {
       b.tokens = read_count(p, v, "a whole number", {0, kCountMost});
     }},
    {"bytes", Need::optional, read_bytes_budget},
    {"cost", Need::optional, read_cost_budget},
}};

void read_model_budgets(Problems& problems, const Yaml& value, Budgets& budgets) {
  if (!require_map(problems, value, "the budgets of models")) return;
  for (const Yaml::Entry& entry : value.entries) read_budget(problems, entry.value, budgets.models[entry.key]);
}

constexpr std::array<Field<Budgets>, 3> kBudgets{{
    {"run", Need::optional, [](Problems& p, const Yaml& v, Budgets& b) { read_budget(p, v, b.run); }},
    {"case", Need::optional, [](Problems& p, const Yaml& v, Budgets& b) { read_budget(p, v, b.root); }},
    {"models", Need::optional, read_model_budgets},
}};

void read_gain(Problems& problems, const Yaml& value, AmplificationSpec& amplification) {
  constexpr std::string_view kExpected = "a number above 0 such as 1.2";
  const Result<double> gain = parse_decimal(value.scalar, kExpected);
  if (value.kind == Yaml::Kind::scalar && gain && gain.value() > 0 && gain.value() < 1e9) {
    amplification.gain = gain.value();
  } else {
    problems.add(value.mark, describe(value), kExpected);
  }
}

constexpr std::array<Field<AmplificationSpec>, 2> kAmplification{{
    {"gain", Need::optional, read_gain},
    {"rounds", Need::optional,
     [](Problems& p, const Yaml& v, AmplificationSpec& a) {
       a.rounds = read_count(p, v, "a whole number", {1, 1000}).value_or(a.rounds);
     }},
}};

constexpr std::array<Field<AmplificationSpec>, 1> kMonitors{
    {{"amplification", Need::optional, [](Problems& p, const Yaml& v, AmplificationSpec& a) {
        read_fields<AmplificationSpec>(p, v, "amplification", kAmplification, {}, a);
      }}}};

// A predicate as written: whether `equals` is there decides.
struct PredicateDraft {
  Predicate predicate;
};

void read_at(Problems& problems, const Yaml& value, PredicateDraft& draft) {
  constexpr std::string_view kExpected = "a JSON Pointer such as /label";
  if (value.kind == Yaml::Kind::scalar && codec::is_pointer(value.scalar)) {
    draft.predicate.at = value.scalar;
  } else {
    problems.add(value.mark, describe(value), kExpected);
  }
}

constexpr std::array<Field<PredicateDraft>, 2> kPredicate{{
    {"at", Need::required, read_at},
    {"equals", Need::optional,
     [](Problems&, const Yaml& v, PredicateDraft& draft) { draft.predicate.equals = read_json_value(v); }},
}};

bool has_model(const Scenario& scenario, std::string_view name) { return scenario.model(name) != nullptr; }

// Whether `to` can be reached from `from` by links of which nothing says how often a case takes them.
bool endless(const Scenario& scenario, std::string_view from, std::string_view to, std::set<std::string_view>& seen) {
  for (const LinkSpec& link : scenario.links) {
    if (link.from != from || link.rounds) continue;
    if (link.to == to) return true;
    if (seen.insert(link.to).second && endless(scenario, link.to, to, seen)) return true;
  }
  return false;
}

void check_ends(Problems& problems, const Scenario& scenario) {
  const Budget& root = scenario.budgets.root;
  const bool bounded = scenario.composition.rounds || root.messages || root.tokens || root.bytes || root.cost ||
                       scenario.budgets.run.messages || scenario.composition.joining == Joining::debate;
  if (bounded) return;
  for (const LinkSpec& link : scenario.links) {
    std::set<std::string_view> seen;
    if (link.from == "workload" || link.rounds || !endless(scenario, link.to, link.from, seen)) {
      if (link.from != link.to || link.rounds) continue;
    }
    problems.add(link.mark, "a loop through " + quote(link.from) + " and " + quote(link.to) + " that nothing ends",
                 "\"rounds\" on a link of it or in the composition, or a budget of the run or the case");
    return;
  }
}

void check_joining(Problems& problems, const Scenario& scenario) {
  const Composition& composition = scenario.composition;
  const bool joins = composition.joining != Joining::last;
  // A vote of one is that model's answer, whoever speaks after it.
  const std::size_t fewest = composition.joining == Joining::vote ? 1 : 2;
  if (joins && composition.of.size() < fewest) {
    problems.add(composition.mark,
                 "a " + std::string{joining_name(composition.joining)} + " of " +
                     std::to_string(composition.of.size()) + " models",
                 "\"of\" to name " + std::to_string(fewest) + " or more");
  }
  for (const std::string& name : composition.of) {
    if (!has_model(scenario, name)) problems.add(composition.mark, "of: " + quote(name), "the name of a model");
  }
  if (composition.quorum > composition.of.size() && joins) {
    problems.add(composition.mark, "a quorum of " + std::to_string(composition.quorum), "at most as many as \"of\"");
  }
  const bool judged = composition.joining == Joining::judge;
  const bool judge_linked = std::any_of(scenario.links.begin(), scenario.links.end(), [&](const LinkSpec& l) {
    return l.to == composition.judge && l.from != "workload";
  });
  if (judged && !judge_linked) {
    problems.add(composition.mark, "judge: " + quote(composition.judge) + " without a link from a model to it",
                 "such a link: its map makes the question");
  }
}

}  // namespace

Json read_json_value(const Yaml& value) {
  switch (value.kind) {
    case Yaml::Kind::null:
      return {};
    case Yaml::Kind::scalar: {
      if (value.quoted) return value.scalar;
      Result<Json> parsed = codec::parse_json(value.scalar, {.bytes_max = 64, .depth_max = 1});
      if (parsed && !parsed.value().is_array() && !parsed.value().is_object()) return std::move(parsed).value();
      return value.scalar;
    }
    case Yaml::Kind::list: {
      Json::Array array;
      for (const Yaml& item : value.items) array.push_back(read_json_value(item));
      return array;
    }
    case Yaml::Kind::map:
      break;
  }
  Json::Object object;
  for (const Yaml::Entry& entry : value.entries) object.emplace_back(entry.key, read_json_value(entry.value));
  return object;
}

void read_nanoseconds(Problems& problems, const Yaml& value, std::int64_t& out) {
  constexpr std::uint64_t kMost = 24ULL * 3600 * 1'000'000'000;
  const Result<std::uint64_t> duration = parse_quantity(value.scalar, kDurationUnits, kDurationExpected);
  if (value.kind == Yaml::Kind::scalar && duration && duration.value() <= kMost) {
    out = static_cast<std::int64_t>(duration.value());
  } else {
    problems.add(value.mark, describe(value), kDurationExpected);
  }
}

void read_predicate(Problems& problems, const Yaml& value, std::optional<Predicate>& out) {
  PredicateDraft draft;
  read_fields<PredicateDraft>(problems, value, "a condition", kPredicate, {}, draft);
  out = std::move(draft.predicate);
}

void read_price(Problems& problems, const Yaml& value, std::int64_t& billionths) {
  constexpr std::string_view kExpected = "an amount such as 0.05, to the billionth";
  constexpr std::array<Unit, 1> kAmount{{{"", 1'000'000'000}}};
  const Result<std::uint64_t> amount = parse_quantity(value.scalar, kAmount, kExpected);
  if (value.kind == Yaml::Kind::scalar && amount && amount.value() < (1ULL << 62)) {
    billionths = static_cast<std::int64_t>(amount.value());
  } else {
    problems.add(value.mark, describe(value), kExpected);
  }
}

void read_budget(Problems& problems, const Yaml& value, Budget& budget) {
  read_fields<Budget>(problems, value, "a budget", kBudget, {}, budget);
}

void read_composition(Problems& problems, const Yaml& value, Composition& composition) {
  composition.given = true;
  composition.mark = value.mark;
  read_fields<Composition>(problems, value, "a composition", kComposition, {}, composition);
}

void read_budgets(Problems& problems, const Yaml& value, Budgets& budgets) {
  read_fields<Budgets>(problems, value, "budgets", kBudgets, {}, budgets);
}

void read_monitors(Problems& problems, const Yaml& value, AmplificationSpec& amplification) {
  read_fields<AmplificationSpec>(problems, value, "monitors", kMonitors, {}, amplification);
}

void check_composition(Problems& problems, const Yaml& root, const Scenario& scenario) {
  if (root.find("links") == nullptr && scenario.composition.given) {
    problems.add(scenario.composition.mark, "a composition without links", "\"links\" that say who asks whom");
  }
  check_joining(problems, scenario);
  check_ends(problems, scenario);
  const Yaml* budgets = root.find("budgets");
  const Yaml* models = budgets != nullptr ? budgets->find("models") : nullptr;
  if (models != nullptr) {
    for (const Yaml::Entry& entry : models->entries) {
      if (!has_model(scenario, entry.key)) problems.add(entry.key_mark, quote(entry.key), "the name of a model");
    }
  }
  for (const FaultSpec& fault : scenario.faults) {
    for (const std::string* name : {&fault.model, &fault.from, &fault.to}) {
      if (name->empty() || *name == "workload" || has_model(scenario, *name)) continue;
      problems.add(fault.mark, "a fault of " + quote(*name), "the name of a model");
    }
  }
}

}  // namespace belljar::spec
