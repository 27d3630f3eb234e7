#include "policy/explain.h"

#include <algorithm>

#include "policy/evaluate.h"
#include "spec/condition.h"
#include "spec/fields.h"

namespace belljar::policy {

namespace {

template <class List>
std::string listed(const List& list) {
  std::string text;
  for (const auto& one : list) {
    if (!text.empty()) text += ", ";
    if constexpr (std::is_same_v<std::decay_t<decltype(one)>, std::string>) {
      text += one;
    } else {
      text += std::to_string(one);
    }
  }
  return text;
}

// Whether the rule still applies when it is given only some of its parts.
class Parts {
 public:
  Parts(const spec::PolicyRule& rule, const Known& known, Action action)
      : rule_{rule}, known_{known}, action_{action} {}

  std::vector<std::string> against() {
    if (!is_meant(rule_, text(Slot::subject))) note("who", Slot::subject, listed(rule_.who.front()));
    for (const spec::Selectors& what : rule_.what) {
      part(what, &spec::Selectors::hosts, "host", Slot::resource);
      const bool tool = action_ == Action::call && text(Slot::resource).find('/') != std::string::npos;
      if (tool || what.models.empty()) part(what, &spec::Selectors::tools, "tool", Slot::resource);
      if (!tool || what.tools.empty()) part(what, &spec::Selectors::models, "model", Slot::resource);
      part(what, &spec::Selectors::data, "data", Slot::resource);
      part(what, &spec::Selectors::ports, "port", Slot::port);
      part(what, &spec::Selectors::schemes, "scheme", Slot::scheme);
      part(what, &spec::Selectors::methods, "method", Slot::method);
      part(what, &spec::Selectors::paths, "path", action_ == Action::connect ? Slot::path : Slot::resource);
    }
    for (const spec::Condition& condition : rule_.when) {
      spec::PolicyRule alone;
      alone.effect = spec::Effect::permit;
      Rule rule{&alone, {make_test(condition, rule_.id)}, {}};
      const std::string* trouble = nullptr;
      const Truth truth = evaluate(rule, known_, action_, trouble);
      if (truth == Truth::no) against_.push_back("not so: " + spec::condition_text(condition));
      if (truth == Truth::error) against_.push_back(*trouble);
    }
    return std::move(against_);
  }

 private:
  std::string text(Slot slot) const {
    if (known_.state(slot) != Known::State::usable) return "(not given)";
    const Value& value = known_.value(slot);
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    const auto* word = std::get_if<std::string_view>(&value);
    return word == nullptr ? "" : std::string{*word};
  }

  void note(std::string_view key, Slot slot, const std::string& list) {
    against_.push_back(std::string{key} + " " + spec::quote(text(slot)) + " is not in " + list);
  }

  template <class List>
  void part(const spec::Selectors& what, List spec::Selectors::*member, std::string_view key, Slot slot) {
    if ((what.*member).empty()) return;
    spec::PolicyRule alone;
    alone.effect = spec::Effect::permit;
    alone.what.emplace_back();
    alone.what.front().*member = what.*member;
    Rule rule{&alone, {}, {}};
    const std::string* trouble = nullptr;
    if (evaluate(rule, known_, action_, trouble) == Truth::no) note(key, slot, listed(what.*member));
  }

  const spec::PolicyRule& rule_;
  const Known& known_;
  Action action_;
  std::vector<std::string> against_;
};

}  // namespace

std::vector<NearRule> nearest_permits(const spec::PolicySpec& spec, const Asked& asked, std::size_t most) {
  const std::vector<Attribute> attributes = attributes_of(asked);
  const Known known = place({asked.subject, asked.action, asked.resource, attributes, asked.partial});
  std::vector<NearRule> near;
  for (const spec::PolicyRule& rule : spec.rules) {
    const bool concerns = std::find(rule.actions.begin(), rule.actions.end(), asked.action) != rule.actions.end();
    if (rule.effect != spec::Effect::permit || !concerns) continue;
    near.push_back(
        {rule.id, rule.file + ":" + std::to_string(rule.mark.line), Parts{rule, known, asked.action}.against()});
  }
  std::stable_sort(near.begin(), near.end(),
                   [](const NearRule& a, const NearRule& b) { return a.against.size() < b.against.size(); });
  if (near.size() > most) near.resize(most);
  return near;
}

}  // namespace belljar::policy
