// Rules: a deterministic model out of a file, for stand-ins and tests. The first rule whose conditions all hold of the
// request answers it.
//
//     belljar-rules: 1
//     rules:
//       - rule: large-amounts
//         when: [{at: /amount, above: 1000}, {at: /purpose, matches: "^(car|boat)$"}]
//         answer: {label: "refuse", reason: "asked for ${/request/amount}"}
//         delay: 20ms                       # on the run's clock
//       - rule: every-tenth-fails
//         every: 10                         # of the requests that come this far, each tenth
//         error: {code: busy, message: "try again"}
//       - rule: says-nothing
//         when: [{at: /case, equals: 7}]
//         silent: true                      # and its deadline passes
//       - rule: otherwise
//         answer: {label: "grant"}
//
// A condition names a value by JSON Pointer and tests it with one or more of equals, above, below, matches (a pattern
// as in JSON Schema); without a test the value need only be there. In answers and errors "${/request/...}" and
// "${/count}" (requests so far, from 1) stand for values, as in the map of a link (map_template.h). A request no rule
// answers fails with the code "no-rule". Same requests in the same order, same answers: nothing is drawn, no clock
// read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "content/pattern.h"
#include "spec/fields.h"

namespace belljar::content {

struct ScriptedCondition {
  std::string at;
  std::optional<codec::Json> equals;
  std::optional<double> above;
  std::optional<double> below;
  std::optional<Pattern> matches;
};

// A list of conditions as a rule's `when` has it; other files use the same words.
void read_conditions(spec::Problems& problems, const codec::Yaml& value, std::vector<ScriptedCondition>& out);
bool all_hold(const std::vector<ScriptedCondition>& conditions, const codec::Json& value);

struct ScriptedRule {
  std::string name;
  std::vector<ScriptedCondition> when;
  std::uint64_t every = 1;
  std::optional<codec::Json> answer;
  std::optional<codec::Json> error;
  bool silent = false;
  std::int64_t delay_ns = 0;
};

struct ScriptedReply {
  enum class Kind { answer, error, silence };
  Kind kind = Kind::silence;
  codec::Json body;  // answer: its members; error: the value of "error"
  std::int64_t delay_ns = 0;
};

class ScriptedModel {
 public:
  explicit ScriptedModel(std::vector<ScriptedRule> rules) : rules_{std::move(rules)}, reached_(rules_.size(), 0) {}

  // `request` is an object; an answer of more than bytes_max of text is the error "too-large".
  ScriptedReply reply(const codec::Json& request, std::size_t bytes_max);

 private:
  std::vector<ScriptedRule> rules_;
  std::vector<std::uint64_t> reached_;  // requests whose conditions held, by rule
  std::uint64_t count_ = 0;
};

// Every error of the file at once, each "file:line:column: found X, expected Y"; Errc::invalid_argument.
Result<std::vector<ScriptedRule>> parse_scripted_rules(std::string_view text, std::string_view file);

}  // namespace belljar::content
