// The pieces that parse_policy() is put together from; for policy*.cc alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "spec/fields.h"
#include "spec/policy.h"

namespace belljar::spec {

// Adds the rule that `value` describes; `parent` is what this file extends, or null.
void read_rule(Problems& problems, const codec::Yaml& value, const PolicySpec* parent, PolicySpec& policy);

std::optional<Action> read_action(Problems& problems, const codec::Yaml& value);
// What `then` of a forbid may say; `measure` keeps what is not said.
std::optional<Consequence> read_consequence(Problems& problems, const codec::Yaml& value, Measure& measure);
// What `otherwise` may say.
std::optional<Consequence> read_otherwise_consequence(Problems& problems, const codec::Yaml& value);
// Whether each action of a forbid has something that its consequence can be done to; `mark` is that of `then`.
void check_consequence(Problems& problems, codec::Mark mark, const PolicyRule& rule);
void read_selectors(Problems& problems, const codec::Yaml& value, Selectors& what);
// Overrides what `terms` holds already. `file` is the policy's own, beside which the schema of arguments lies.
void read_terms(Problems& problems, const codec::Yaml& value, const std::string& file, Terms& terms);

// Each of the terms must be one that some action of the permit is held to.
void check_terms(Problems& problems, const codec::Yaml& terms, const PolicyRule& rule);

// Whether the rule names what each of its actions is about, and nothing that none of them has.
void check_selectors(Problems& problems, codec::Mark mark, const PolicyRule& rule);

// Problems of a permit that is to be no wider than the one it narrows; `rule` holds its own parts alone.
void check_narrower(Problems& problems, codec::Mark mark, const PolicyRule& rule, const PolicyRule& parent);

}  // namespace belljar::spec
