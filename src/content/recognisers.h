// Recognisers: what personal data looks like, under the names that Presidio gives it.
//
//   for (const PatternRule& rule : TRY(recogniser_rules("IBAN_CODE", Treatment::redact, {}))) ...
//
// Forms with a checksum (cards, IBAN, national numbers) are found by form and checksum; forms that innocent numbers
// share (a tax number of nine digits) only behind a word that names them; names of persons by the list that a scenario
// gives. docs/filters.md says how often each is right, and what it misses. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "content/pattern_set.h"

namespace belljar::content {

std::vector<std::string_view> recogniser_names();

// The error names the recogniser that is not known, or PERSON without names.
Result<std::vector<PatternRule>> recogniser_rules(std::string_view name, Treatment then,
                                                  const std::vector<std::string>& persons);

}  // namespace belljar::content
