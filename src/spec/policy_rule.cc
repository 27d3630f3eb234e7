// One rule of a policy's file.

#include <algorithm>
#include <array>
#include <utility>

#include "spec/condition.h"
#include "spec/policy_parts.h"
#include "spec/quantity.h"

namespace belljar::spec {

namespace {

using codec::Mark;
using codec::Yaml;

constexpr std::size_t kReasonMax = 500;

// `own`: what this file says; `parent`: the permit it narrows, known before its terms are read.
struct RuleDraft {
  PolicyRule own;
  const PolicySpec* policy = nullptr;
  const PolicyRule* parent = nullptr;
  std::vector<std::pair<Mark, Condition>> conditions;
  std::optional<Mark> then;
  const Yaml* terms = nullptr;
};

void read_id(Problems& problems, const Yaml& value, RuleDraft& draft) {
  if (auto id = read_name(problems, value, "-_./", 64)) draft.own.id = *id;
}

void read_actions(Problems& problems, const Yaml& value, RuleDraft& draft) {
  const auto add = [&](const Yaml& one) {
    const auto action = read_action(problems, one);
    auto& actions = draft.own.actions;
    if (action && std::find(actions.begin(), actions.end(), *action) == actions.end()) actions.push_back(*action);
  };
  if (value.kind != Yaml::Kind::list) return add(value);
  for (const Yaml& item : value.items) add(item);
  if (value.items.empty()) problems.add(value.mark, "an empty list", "at least one action");
}

void read_who(Problems& problems, const Yaml& value, RuleDraft& draft) {
  std::vector<std::string> who = read_texts(problems, value, "a list of models' names, * for any characters");
  if (value.kind == Yaml::Kind::list && value.items.empty())
    problems.add(value.mark, "an empty list", "a name, or no \"who\"");
  if (!who.empty()) draft.own.who.push_back(std::move(who));
}

void read_what(Problems& problems, const Yaml& value, RuleDraft& draft) {
  Selectors what;
  read_selectors(problems, value, what);
  draft.own.what.push_back(std::move(what));
}

// A place within a scalar on one line; the scalar's own where it may be folded.
Mark within(const Yaml& value, std::size_t at) {
  const bool one_line = value.scalar.find('\n') == std::string::npos;
  return {value.mark.line, value.mark.column + (one_line ? static_cast<int>(at) + (value.quoted ? 1 : 0) : 0)};
}

void read_when(Problems& problems, const Yaml& value, RuleDraft& draft) {
  const auto add = [&](const Yaml& one) {
    const auto text = read_text(problems, one, "a condition such as bytes <= 64KiB");
    if (!text) return;
    ConditionError error;
    auto condition = parse_condition(*text, error);
    if (!condition) return problems.add(within(one, error.at), error.message);
    draft.conditions.emplace_back(one.mark, *condition);
    draft.own.when.push_back(std::move(*condition));
  };
  if (value.kind != Yaml::Kind::list) return add(value);
  for (const Yaml& item : value.items) add(item);
}

void read_reason(Problems& problems, const Yaml& value, RuleDraft& draft) {
  const auto reason = read_text(problems, value, "why, in words");
  if (!reason) return;
  if (reason->size() > kReasonMax) problems.add(value.mark, std::to_string(reason->size()) + " bytes", "at most 500");
  draft.own.reason = *reason;
}

void read_then(Problems& problems, const Yaml& value, RuleDraft& draft) {
  draft.then = value.mark;
  if (const auto consequence = read_consequence(problems, value, draft.own.measure)) draft.own.then = *consequence;
}

void read_narrows(Problems& problems, const Yaml& value, RuleDraft& draft) {
  if (auto id = read_name(problems, value, "-_./", 64)) draft.own.narrows = *id;
}

void read_rule_terms(Problems& problems, const Yaml& value, RuleDraft& draft) {
  draft.terms = &value;
  read_terms(problems, value, draft.own.file, draft.own.terms);
}

constexpr std::array<Field<RuleDraft>, 10> kRule{{{"permit", Need::optional, read_id},
                                                  {"forbid", Need::optional, read_id},
                                                  {"action", Need::optional, read_actions},
                                                  {"narrows", Need::optional, read_narrows},
                                                  {"who", Need::optional, read_who},
                                                  {"what", Need::optional, read_what},
                                                  {"when", Need::optional, read_when},
                                                  {"reason", Need::optional, read_reason},
                                                  {"then", Need::optional, read_then},
                                                  {"terms", Need::optional, read_rule_terms}}};

// The permit of the parent that this rule takes the place of.
const PolicyRule* find_parent(const PolicySpec* policy, const Yaml& value) {
  const Yaml* narrows = value.find("narrows");
  if (policy == nullptr || narrows == nullptr) return nullptr;
  const auto found = std::find_if(policy->rules.begin(), policy->rules.end(), [&](const PolicyRule& rule) {
    return rule.id == narrows->scalar && rule.effect == Effect::permit;
  });
  return found == policy->rules.end() ? nullptr : &*found;
}

void check_effect(Problems& problems, const Yaml& value, RuleDraft& draft) {
  const bool permit = value.find("permit") != nullptr;
  if (permit == (value.find("forbid") != nullptr)) {
    problems.add(value.mark, permit ? "\"permit\" and \"forbid\" in one rule" : "a rule of neither kind",
                 "\"permit: ID\" or \"forbid: ID\"");
  }
  draft.own.effect = permit ? Effect::permit : Effect::forbid;
  if (permit && draft.then) {
    problems.add(*draft.then, "\"then\" in a permit", "it in a forbid, which it follows");
  }
  if (!permit && draft.terms != nullptr) problems.add(draft.terms->mark, "\"terms\" in a forbid", "it in a permit");
}

// In a policy with a parent every permit narrows one of the parent's.
void check_parent(Problems& problems, const Yaml& value, RuleDraft& draft) {
  const Yaml* narrows = value.find("narrows");
  const bool permit = draft.own.effect == Effect::permit;
  if (narrows != nullptr && (draft.parent == nullptr || !permit)) {
    return problems.add(narrows->mark, describe(*narrows), "a permit that narrows one of the policy this one extends");
  }
  if (permit && draft.policy != nullptr && narrows == nullptr) {
    problems.add(value.mark, "permit " + quote(draft.own.id) + ", which widens the policy that this one extends",
                 "\"narrows: ID\" of one of its permits");
  }
}

// What the child leaves unsaid is the parent's; what both say must both hold.
void inherit(RuleDraft& draft) {
  const PolicyRule& parent = *draft.parent;
  PolicyRule& own = draft.own;
  if (own.actions.empty()) own.actions = parent.actions;
  own.who.insert(own.who.end(), parent.who.begin(), parent.who.end());
  own.what.insert(own.what.end(), parent.what.begin(), parent.what.end());
  own.when.insert(own.when.end(), parent.when.begin(), parent.when.end());
  if (own.reason.empty()) own.reason = parent.reason;
}

void check_conditions(Problems& problems, const RuleDraft& draft) {
  for (const auto& [mark, condition] : draft.conditions) {
    for (const Action action : draft.own.actions) {
      if (auto wrong = check_condition(condition, action)) {
        problems.add(mark, *wrong);
        break;
      }
    }
  }
}

}  // namespace

void read_rule(Problems& problems, const Yaml& value, const PolicySpec* parent, PolicySpec& policy) {
  RuleDraft draft;
  draft.policy = parent;
  draft.parent = find_parent(parent, value);
  if (draft.parent != nullptr) draft.own.terms = draft.parent->terms;
  draft.own.file = policy.file;
  draft.own.mark = value.mark;
  read_fields<RuleDraft>(problems, value, "a rule", kRule, {}, draft);
  if (value.kind != Yaml::Kind::map) return;
  check_effect(problems, value, draft);
  check_parent(problems, value, draft);
  if (draft.parent != nullptr) {
    check_narrower(problems, value.mark, draft.own, *draft.parent);
    inherit(draft);
  }
  if (draft.own.actions.empty() && value.find("action") == nullptr) {
    problems.add(value.mark, "a rule without \"action\"", "\"action\" to be given");
  }
  if (draft.terms != nullptr) check_terms(problems, *draft.terms, draft.own);
  check_selectors(problems, value.mark, draft.own);
  check_conditions(problems, draft);
  if (draft.then && draft.own.effect == Effect::forbid) check_consequence(problems, *draft.then, draft.own);
  policy.rules.push_back(std::move(draft.own));
}

}  // namespace belljar::spec
