#include "content/scripted_rules.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "codec/json_pointer.h"
#include "codec/yaml.h"
#include "content/map_template.h"
#include "spec/fields.h"
#include "spec/scenario_parts.h"

namespace belljar::content {

namespace {

using codec::Json;
using codec::Yaml;
using spec::Field;
using spec::Need;
using spec::Problems;

constexpr std::size_t kRulesMax = 1024;

void read_number(Problems& problems, const Yaml& value, std::optional<double>& out) {
  const Json number = spec::read_json_value(value);
  if (number.is_number()) {
    out = number.as_number();
  } else {
    problems.add(value.mark, spec::describe(value), "a number");
  }
}

void read_pattern(Problems& problems, const Yaml& value, ScriptedCondition& out) {
  const auto text = spec::read_text(problems, value, "a pattern, as in JSON Schema");
  if (!text) return;
  Result<Pattern> pattern = compile_pattern(*text);
  if (pattern) {
    out.matches = std::move(pattern).value();
  } else {
    problems.add(value.mark, "the pattern " + spec::quote(*text) + ": " + pattern.error().message());
  }
}

void read_at(Problems& problems, const Yaml& value, ScriptedCondition& out) {
  constexpr std::string_view kExpected = "a JSON Pointer, such as /amount";
  auto text = spec::read_text(problems, value, kExpected);
  if (text && !codec::is_pointer(*text)) {
    problems.add(value.mark, spec::describe(value), kExpected);
  } else if (text) {
    out.at = std::move(*text);
  }
}

constexpr std::array<Field<ScriptedCondition>, 5> kCondition{{
    {"at", Need::required, read_at},
    {"equals", Need::optional,
     [](Problems&, const Yaml& v, ScriptedCondition& out) { out.equals = spec::read_json_value(v); }},
    {"above", Need::optional, [](Problems& p, const Yaml& v, ScriptedCondition& out) { read_number(p, v, out.above); }},
    {"below", Need::optional, [](Problems& p, const Yaml& v, ScriptedCondition& out) { read_number(p, v, out.below); }},
    {"matches", Need::optional, read_pattern},
}};

std::optional<Json> read_reply(Problems& problems, const Yaml& value) {
  Json reply = spec::read_json_value(value);
  if (const Result<void> sound = check_template(reply); !sound) {
    problems.add(value.mark, sound.error().message());
    return std::nullopt;
  }
  return reply;
}

void read_answer(Problems& problems, const Yaml& value, ScriptedRule& rule) {
  if (spec::require_map(problems, value, "an answer")) rule.answer = read_reply(problems, value);
}

void read_every(Problems& problems, const Yaml& value, ScriptedRule& rule) {
  if (const auto every = spec::read_count(problems, value, "a whole number", {1, 1'000'000'000})) rule.every = *every;
}

void read_silent(Problems& problems, const Yaml& value, ScriptedRule& rule) {
  constexpr std::array<std::string_view, 1> kTrue{"true"};
  rule.silent = spec::read_choice(problems, value, kTrue, {}).has_value();
}

constexpr std::array<Field<ScriptedRule>, 7> kRule{{
    {"rule", Need::required,
     [](Problems& p, const Yaml& v, ScriptedRule& rule) { rule.name = spec::read_name(p, v, "-_", 64).value_or(""); }},
    {"when", Need::optional, [](Problems& p, const Yaml& v, ScriptedRule& rule) { read_conditions(p, v, rule.when); }},
    {"every", Need::optional, read_every},
    {"answer", Need::optional, read_answer},
    {"error", Need::optional, [](Problems& p, const Yaml& v, ScriptedRule& rule) { rule.error = read_reply(p, v); }},
    {"silent", Need::optional, read_silent},
    {"delay", Need::optional,
     [](Problems& p, const Yaml& v, ScriptedRule& rule) { spec::read_nanoseconds(p, v, rule.delay_ns); }},
}};

struct Document {
  std::vector<ScriptedRule> rules;
};

void read_version(Problems& problems, const Yaml& value, Document&) {
  if (value.kind != Yaml::Kind::scalar || value.scalar != "1") problems.add(value.mark, spec::describe(value), "1");
}

void read_rules(Problems& problems, const Yaml& value, Document& document) {
  if (!spec::require_list(problems, value, "a list of rules")) return;
  if (value.items.size() > kRulesMax) {
    problems.add(value.mark, std::to_string(value.items.size()) + " rules", "at most 1024");
    return;
  }
  for (const Yaml& item : value.items) {
    ScriptedRule rule;
    spec::read_fields<ScriptedRule>(problems, item, "a rule", kRule, {}, rule);
    if (item.kind == Yaml::Kind::map) {
      const auto given = std::count_if(item.entries.begin(), item.entries.end(), [](const Yaml::Entry& entry) {
        return entry.key == "answer" || entry.key == "error" || entry.key == "silent";
      });
      if (given != 1) {
        problems.add(item.mark, std::to_string(given) + " of answer, error and silent", "exactly one");
      }
    }
    document.rules.push_back(std::move(rule));
  }
}

constexpr std::array<Field<Document>, 2> kDocument{{
    {"belljar-rules", Need::required, read_version},
    {"rules", Need::required, read_rules},
}};

bool holds(const ScriptedCondition& condition, const Json& request) {
  const Json* value = codec::find_pointer(request, condition.at);
  if (value == nullptr) return false;
  if (condition.equals && !(*value == *condition.equals)) return false;
  if (condition.above && !(value->is_number() && value->as_number() > *condition.above)) return false;
  if (condition.below && !(value->is_number() && value->as_number() < *condition.below)) return false;
  return !condition.matches || (value->is_string() && condition.matches->matches(value->as_string()));
}

ScriptedReply failure(std::string_view code, std::string_view message) {
  ScriptedReply reply;
  reply.kind = ScriptedReply::Kind::error;
  reply.body.set("code", code);
  reply.body.set("message", message);
  return reply;
}

}  // namespace

void read_conditions(Problems& problems, const Yaml& value, std::vector<ScriptedCondition>& out) {
  if (!spec::require_list(problems, value, "a list of conditions")) return;
  for (const Yaml& item : value.items) {
    ScriptedCondition condition;
    spec::read_fields<ScriptedCondition>(problems, item, "a condition", kCondition, {}, condition);
    out.push_back(std::move(condition));
  }
}

bool all_hold(const std::vector<ScriptedCondition>& conditions, const Json& value) {
  return std::all_of(conditions.begin(), conditions.end(),
                     [&](const ScriptedCondition& condition) { return holds(condition, value); });
}

Result<std::vector<ScriptedRule>> parse_scripted_rules(std::string_view text, std::string_view file) {
  const Yaml root = TRY(codec::parse_yaml(text, file));
  Problems problems{file};
  Document document;
  spec::read_fields<Document>(problems, root, "a file of rules", kDocument, {}, document);
  TRY(problems.result());
  return std::move(document.rules);
}

ScriptedReply ScriptedModel::reply(const Json& request, std::size_t bytes_max) {
  ++count_;
  for (std::size_t at = 0; at < rules_.size(); ++at) {
    const ScriptedRule& rule = rules_[at];
    if (!all_hold(rule.when, request)) continue;
    if (++reached_[at] % rule.every != 0) continue;
    ScriptedReply reply;
    reply.delay_ns = rule.delay_ns;
    if (rule.silent) return reply;
    reply.kind = rule.answer ? ScriptedReply::Kind::answer : ScriptedReply::Kind::error;
    Json source;
    source.set("request", request);
    source.set("count", count_);
    Result<Json> body = fill_template(rule.answer ? *rule.answer : *rule.error, source, bytes_max);
    if (!body) return failure("rule-" + rule.name, body.error().message());
    reply.body = std::move(body).value();
    return reply;
  }
  return failure("no-rule", "no rule of this model answers such a request");
}

}  // namespace belljar::content
