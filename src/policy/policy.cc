#include "policy/policy.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "policy/evaluate.h"
#include "policy/pattern_index.h"
#include "spec/condition.h"
#include "spec/glob.h"
#include "spec/host_name.h"

namespace belljar::policy {

namespace {

using spec::Effect;
using spec::PolicyRule;

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kResourceMax = 4096;

constexpr std::array<std::string_view, spec::kActions> kWrongResource{
    "the path is not absolute and in its shortest form",
    "the path is not absolute and in its shortest form",
    "the host is neither a name in lower case without a final dot nor a plain address",
    "the tool or model has no name, or one that is too long",
    "the model has no name, or one that is too long",
    "the data domain has no name, or one that is too long"};

bool is_normal(Action action, std::string_view resource) {
  if (resource.empty() || resource.size() > kResourceMax) return false;
  if (action == Action::connect) return spec::is_host_name(resource) || spec::is_address(resource);
  const bool file = action == Action::read || action == Action::write;
  return !file || spec::is_plain_path(resource);
}

PatternIndex make_index(Action action) {
  using From = PatternIndex::From;
  switch (action) {
    case Action::connect:
      return {'.', From::behind};
    case Action::send:
      return {'\0', From::front};
    case Action::use_data:
      return {'.', From::front};
    default:
      return {'/', From::front};
  }
}

// The patterns by which a rule is found for one action: of the first selectors that name its resource.
std::vector<std::string_view> patterns(const PolicyRule& rule, Action action) {
  for (const spec::Selectors& what : rule.what) {
    std::vector<std::string_view> found;
    const auto add = [&](const std::vector<std::string>& list) { found.insert(found.end(), list.begin(), list.end()); };
    if (action == Action::connect) add(what.hosts);
    if (action == Action::call) add(what.tools);
    if (action == Action::call || action == Action::send) add(what.models);
    if (action == Action::read || action == Action::write) add(what.paths);
    if (action == Action::use_data) add(what.data);
    if (!found.empty()) return found;
  }
  return {};
}

// The answer so far; rules are numbered in the order of the file, and the first of a kind is the one that is told.
struct Tally {
  std::uint32_t forbidden = kNone;
  std::uint32_t redacting = kNone;
  std::uint32_t failed = kNone;
  const std::string* trouble = nullptr;
  std::uint32_t permitted = kNone;
  std::uint32_t open_forbid = kNone;
  std::uint32_t open = kNone;          // the first permit that may still match
  std::uint32_t intercepting = kNone;  // the same among those that intercept TLS
};

void note(std::uint32_t& first, std::uint32_t rule) { first = std::min(first, rule); }

}  // namespace

struct Policy::Program {
  spec::PolicySpec spec;
  std::vector<Rule> rules;
  std::vector<PatternIndex> indexes;                    // by action
  std::vector<std::uint32_t> everything;                // forbids of "**", which addresses meet too
  std::array<std::string, spec::kActions> unpermitted;  // reasons

  void weigh(std::uint32_t number, const Known& known, Action action, Tally& tally) const {
    const Rule& rule = rules[number];
    const bool forbid = rule.source->effect == Effect::forbid;
    const std::string* trouble = nullptr;
    switch (evaluate(rule, known, action, trouble)) {
      case Truth::no:
        return;
      case Truth::error:
        if (number < tally.failed) tally.trouble = trouble;
        return note(tally.failed, number);
      case Truth::yes:
        if (forbid)
          return note(rule.source->then == spec::Consequence::redact ? tally.redacting : tally.forbidden, number);
        note(tally.permitted, number);
        break;
      case Truth::unknown:
        if (forbid) return note(tally.open_forbid, number);
        break;
    }
    note(tally.open, number);
    if (rule.source->terms.tls == spec::Tls::intercept) note(tally.intercepting, number);
  }

  Decision deny(std::uint32_t number, std::string_view reason, bool failed) const {
    const PolicyRule& rule = *rules[number].source;
    const auto consequence = rule.effect == Effect::forbid ? rule.then : spec.otherwise;
    return {Answer::deny, rule.id, reason, consequence, nullptr, failed, &rule.measure};
  }

  Decision conclude(const Tally& tally, Action action) const {
    if (tally.forbidden != kNone) return deny(tally.forbidden, rules[tally.forbidden].reason, false);
    if (tally.failed != kNone) return deny(tally.failed, *tally.trouble, true);
    if (tally.open == kNone) {
      return {Answer::deny, "default", unpermitted[static_cast<std::size_t>(action)], spec.otherwise, nullptr, false};
    }
    const bool allowed = tally.permitted != kNone && tally.open_forbid == kNone;
    if (allowed && tally.redacting != kNone) return deny(tally.redacting, rules[tally.redacting].reason, false);
    const std::uint32_t number =
        allowed ? tally.permitted : (tally.intercepting != kNone ? tally.intercepting : tally.open);
    const Rule& rule = rules[number];
    return {allowed ? Answer::allow : Answer::depends,
            rule.source->id,
            rule.reason,
            spec::Consequence::record,
            &rule.source->terms,
            false};
  }
};

Decision Policy::decide(const Request& request) const {
  const Program& program = *program_;
  const auto action = static_cast<std::size_t>(request.action);
  if (!is_normal(request.action, request.resource)) {
    return {Answer::deny, "resource", kWrongResource[action], program.spec.otherwise, nullptr, true};
  }
  const Known known = place(request);
  Tally tally;
  const auto weigh = [&](std::uint32_t rule) { program.weigh(rule, known, request.action, tally); };
  program.indexes[action].visit(request.resource, weigh);
  if (request.action == Action::connect && !spec::is_host_name(request.resource)) {
    for (const std::uint32_t rule : program.everything) weigh(rule);
  }
  return program.conclude(tally, request.action);
}

std::vector<std::string_view> Policy::redactions(const Request& request) const {
  std::vector<std::string_view> members;
  const Known known = place(request);
  program_->indexes[static_cast<std::size_t>(request.action)].visit(request.resource, [&](std::uint32_t number) {
    const Rule& rule = program_->rules[number];
    const std::string* trouble = nullptr;
    const bool redacts = rule.source->effect == Effect::forbid && rule.source->then == spec::Consequence::redact;
    if (!redacts || evaluate(rule, known, request.action, trouble) != Truth::yes) return;
    const std::vector<std::string>& more = rule.source->measure.members;
    members.insert(members.end(), more.begin(), more.end());
  });
  return members;
}

std::string_view Policy::forbids_below(Action action, std::string_view subject, std::string_view path) const {
  const std::string below = path == "/" ? "/**" : std::string{path} + "/**";
  const auto overlaps = [&](const spec::Selectors& what) {
    return std::any_of(what.paths.begin(), what.paths.end(),
                       [&](const std::string& pattern) { return spec::segments_overlap(pattern, below, '/'); });
  };
  for (const Rule& rule : program_->rules) {
    const PolicyRule& source = *rule.source;
    const bool concerns = std::find(source.actions.begin(), source.actions.end(), action) != source.actions.end();
    if (source.effect != Effect::forbid || !concerns || !is_meant(source, subject)) continue;
    if (std::all_of(source.what.begin(), source.what.end(), overlaps)) return source.id;
  }
  return {};
}

const spec::PolicySpec& Policy::spec() const { return program_->spec; }

Result<Policy> compile(spec::PolicySpec spec) {
  auto program = std::make_shared<Policy::Program>();
  program->spec = std::move(spec);
  for (std::size_t action = 0; action < spec::kActions; ++action) {
    const std::string name{spec::action_name(static_cast<Action>(action))};
    program->indexes.push_back(make_index(static_cast<Action>(action)));
    program->unpermitted[action] = "no rule of policy \"" + program->spec.name + "\" permits to " + name + " this";
  }
  for (const PolicyRule& source : program->spec.rules) {
    const auto number = static_cast<std::uint32_t>(program->rules.size());
    Rule rule;
    rule.source = &source;
    rule.reason = source.reason.empty() ? "rule \"" + source.id + "\"" : source.reason;
    for (const spec::Condition& condition : source.when) {
      for (const Action action : source.actions) {
        if (const auto wrong = spec::check_condition(condition, action)) {
          return Error{Errc::invalid_argument, "compile rule \"" + source.id + "\": " + *wrong};
        }
      }
      rule.when.push_back(make_test(condition, source.id));
    }
    program->rules.push_back(std::move(rule));
    for (const Action action : source.actions) {
      for (const std::string_view pattern : patterns(source, action)) {
        program->indexes[static_cast<std::size_t>(action)].add(pattern, number);
        const bool all = action == Action::connect && pattern == "**" && source.effect == Effect::forbid;
        if (all) program->everything.push_back(number);
      }
    }
  }
  for (PatternIndex& index : program->indexes) index.sort();
  return Policy{std::move(program)};
}

}  // namespace belljar::policy
