// Map templates: how an answer becomes the next request. JSON in which text may hold "${/json/pointer}".
//
//   {"question": "Is ${/answer/label} right for ${/id}?", "features": "${/case/features}"}
//
// Text that is one substitution and nothing else becomes the value it names; a substitution inside text becomes the
// value's text (JSON unless it is text itself). The pointers look into
//   {"id": case id, "case": the case's fields, "request": what the answering model was asked, "answer": what it
//    answered, "answers": the last answer of each model, "round": how often the case has taken this link, from 1}
// "$${" stands for "${". Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace belljar::content {

// The error names the pointer that leads nowhere. The result is refused beyond `bytes_max` of text in all, so that a
// template cannot multiply what a model said.
Result<codec::Json> fill_template(const codec::Json& map, const codec::Json& source, std::size_t bytes_max);

// The pointers that a template looks up, in its order; of one that check_template() refuses, those before the fault.
std::vector<std::string> template_pointers(const codec::Json& map);

// What is wrong with a template itself: a "${" without "}" or with something that is no pointer.
Result<void> check_template(const codec::Json& map);

}  // namespace belljar::content
