#include "policy/compare.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "spec/host_name.h"

namespace belljar::policy {

namespace {

using spec::Condition;
using spec::PolicyRule;

// A text that the pattern matches: each star becomes something that no file is likely to name.
std::string instance(std::string pattern) {
  for (const std::string_view star : {"**", "*"}) {
    for (std::size_t at = pattern.find(star); at != std::string::npos; at = pattern.find(star)) {
      pattern.replace(at, star.size(), star.size() == 2 ? "anything" : "any");
    }
  }
  return pattern;
}

const std::vector<std::string>& patterns(const spec::Selectors& what, Action action) {
  switch (action) {
    case Action::connect:
      return what.hosts;
    case Action::call:
      return what.tools;
    case Action::send:
      return what.models;
    case Action::use_data:
      return what.data;
    case Action::read:
    case Action::write:
      return what.paths;
  }
  return what.hosts;
}

using Values = std::map<std::string, std::set<spec::Literal>>;

// What the files ask of one action, and a value beside each.
struct Vocabulary {
  std::set<std::string> subjects{"anybody"};
  std::set<std::string> resources;
  Values values;  // by attribute

  void text(const std::string& attribute, const std::vector<std::string>& list) {
    for (const std::string& one : list) values[attribute].insert(instance(one));
  }

  void condition(const Condition& condition) {
    for (const Condition& part : condition.parts) this->condition(part);
    for (const spec::Literal& value : condition.values) {
      if (const auto* word = std::get_if<std::string>(&value)) {
        add(condition.attribute, instance(*word));
      } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
        for (const std::int64_t step : {-1, 0, 1}) {
          if (*number + step >= 0) values[condition.attribute].insert(*number + step);
        }
      }
    }
  }

  void add(const std::string& attribute, std::string word) {
    if (attribute == "subject") {
      subjects.insert(std::move(word));
    } else if (attribute == "resource") {
      resources.insert(std::move(word));
    } else {
      values[attribute].insert(std::move(word));
    }
  }

  void rule(const PolicyRule& rule, Action action) {
    if (std::find(rule.actions.begin(), rule.actions.end(), action) == rule.actions.end()) return;
    for (const auto& list : rule.who) {
      for (const std::string& one : list) subjects.insert(instance(one));
    }
    for (const spec::Selectors& what : rule.what) {
      for (const std::string& one : patterns(what, action)) resources.insert(instance(one));
      if (action == Action::call) {
        for (const std::string& one : what.models) resources.insert(instance(one));
      }
      if (action != Action::connect) continue;
      for (const std::uint16_t port : what.ports) values["port"].insert(std::int64_t{port});
      text("scheme", what.schemes);
      text("method", what.methods);
      text("path", what.paths);
    }
    for (const Condition& one : rule.when) condition(one);
  }
};

// A usual value of each attribute, so that requests are whole; a second one where the files ask for the first.
void add_usual(Vocabulary& words, Action action) {
  if (action == Action::connect) {
    words.resources.insert("other.example");
    words.values["port"].insert(std::int64_t{443});
    words.values["scheme"].insert("https");
    words.values["method"].insert({"GET", "POST"});
    words.values["path"].insert("/");
    words.values["host_kind"].insert("name");
  }
  if (action == Action::call) words.resources.insert({"other/tool", "other-model"});
  if (action == Action::send) words.resources.insert("other-model");
  if (action == Action::use_data) words.resources.insert("other.data");
  if (action == Action::read || action == Action::write) words.resources.insert("/other");
  if (action == Action::send || action == Action::use_data) words.values["direction"].insert("request");
  if (action == Action::send || action == Action::connect || action == Action::call) {
    words.values["bytes"].insert(std::int64_t{0});
  }
  if (action == Action::send) words.values["tokens"].insert(std::int64_t{0});
  if (action == Action::call) words.values["stream"].insert({false, true});
}

// Counts through every combination, the first attribute fastest.
template <class Use>
void each_combination(const Vocabulary& words, Asked& asked, const Use& use) {
  std::vector<std::set<spec::Literal>::const_iterator> at;
  for (const auto& [name, values] : words.values) {
    asked.attributes.emplace_back(name, *values.begin());
    at.push_back(values.begin());
  }
  for (;;) {
    if (!use(asked)) return;
    std::size_t which = 0;
    for (const auto& [name, values] : words.values) {
      if (++at[which] == values.end()) at[which] = values.begin();
      asked.attributes[which].second = *at[which];
      if (at[which] != values.begin()) break;
      ++which;
    }
    if (which == words.values.size()) return;
  }
}

std::optional<Change> change_between(const Decision& before, const Decision& after) {
  const bool was = before.answer == Answer::allow;
  const bool is = after.answer == Answer::allow;
  if (was != is) return is ? Change::allowed : Change::denied;
  if (is) return *before.terms == *after.terms ? std::nullopt : std::optional{Change::terms};
  const auto measure = [](const Decision& one) { return one.measure != nullptr ? *one.measure : spec::Measure{}; };
  const bool same = before.consequence == after.consequence && measure(before) == measure(after);
  return same ? std::nullopt : std::optional{Change::consequence};
}

}  // namespace

std::string_view change_name(Change change) {
  constexpr std::array<std::string_view, 4> kNames{"becomes allowed", "becomes denied", "has other terms",
                                                   "has another consequence"};
  return kNames[static_cast<std::size_t>(change)];
}

std::vector<Asked> make_requests(const std::vector<const spec::PolicySpec*>& specs, Action action, std::size_t most) {
  Vocabulary words;
  for (const spec::PolicySpec* spec : specs) {
    for (const PolicyRule& rule : spec->rules) words.rule(rule, action);
  }
  add_usual(words, action);
  std::vector<Asked> requests;
  const std::size_t pairs = words.subjects.size() * words.resources.size();
  const std::size_t each = std::max<std::size_t>(1, most / pairs);
  for (const std::string& resource : words.resources) {
    for (const std::string& subject : words.subjects) {
      std::size_t left = each;
      Asked asked{subject, action, resource, {}, false};
      each_combination(words, asked, [&](const Asked& one) {
        requests.push_back(one);
        return --left > 0;
      });
      if (requests.size() >= most) return requests;
    }
  }
  return requests;
}

std::vector<Difference> compare(const Policy& before, const Policy& after) {
  using Key = std::tuple<Change, Action, std::string_view, std::string_view>;
  std::map<Key, Difference> found;
  for (std::size_t at = 0; at < spec::kActions; ++at) {
    const auto action = static_cast<Action>(at);
    for (const Asked& asked : make_requests({&before.spec(), &after.spec()}, action)) {
      const Decision was = decide(before, asked);
      const Decision is = decide(after, asked);
      const std::optional<Change> change = change_between(was, is);
      if (!change) continue;
      Difference& difference = found[{*change, action, was.rule, is.rule}];
      if (difference.requests++ > 0) continue;
      difference.change = *change;
      difference.rule_before = was.rule;
      difference.rule_after = is.rule;
      difference.example = asked_text(asked);
    }
  }
  std::vector<Difference> differences;
  for (auto& [key, difference] : found) differences.push_back(std::move(difference));
  return differences;
}

}  // namespace belljar::policy
