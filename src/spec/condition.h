// The condition language of policies: what `when:` says, parsed to spec::Condition and written back.
//
//   Condition condition = TRY(parse_condition("method in [\"GET\", \"HEAD\"] and bytes <= 64KiB"));
//   check_condition(condition, Action::connect);     // the first thing wrong with its types, or nothing
//
//     condition := both ("or" both)*           both := one ("and" one)*
//     one       := "not" one | "(" condition ")" | "has" attribute | attribute
//                | attribute ("==" | "!=" | "<" | "<=" | ">" | ">=") (literal | attribute)
//                | attribute ["not"] "in" "[" literal ("," literal)* "]" | attribute ["not"] "like" text
//     literal   := "text" or 'text' | whole number, with B, KiB, MiB, GiB, KB, MB or GB | true | false
//
// No arithmetic, no loops, no functions: every condition ends, in time proportional to its length. `like` knows `*`,
// any run of characters. Pure functions; bounded in length, depth and parts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "spec/policy.h"

namespace belljar::spec {

struct ConditionError {
  std::size_t at = 0;   // byte of the text
  std::string message;  // "found X, expected Y"
};

std::optional<Condition> parse_condition(std::string_view text, ConditionError& error);
// "found ..., expected ..." of what the types of the action's attributes do not allow.
std::optional<std::string> check_condition(const Condition& condition, Action action);
// Parses to an equal condition.
std::string condition_text(const Condition& condition);

}  // namespace belljar::spec
