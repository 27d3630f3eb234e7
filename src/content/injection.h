// Injection markers: phrases by which a text gives orders to the model that reads it, instead of telling it something.
//
//   for (const PatternRule& rule : injection_rules(Treatment::hold)) ...
//
// Telemetry with teeth, no wall: whoever writes the order otherwise is not seen, and an order that is an ordinary
// request ("what is the capital of Brazil?") cannot be told from one. What keeps a misled model from doing harm is the
// policy. docs/filters.md gives what share of known attacks the markers see. Pure.
#pragma once

#include <vector>

#include "content/pattern_set.h"

namespace belljar::content {

std::vector<PatternRule> injection_rules(Treatment then);

}  // namespace belljar::content
