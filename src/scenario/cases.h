// Cases: the workload, read from CSV (a header row; a case per row) or JSON lines (a case per line).
//
//   std::vector<Case> cases = TRY(parse_cases(text, "cases.csv", workload));
//   codec::Json request = case_request(cases[0], id);     // {"id": id, "radius": 17.99, ...}
//
// The label is taken out of every case and never sent. A member `id` names the case in the report and is not sent
// either: the harness's own id takes its place. CSV values that are JSON numbers, `true` or `false` are sent as such,
// empty ones as null, all others as text. Pure; every error names its line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "spec/scenario.h"

namespace belljar::scenario {

struct Case {
  std::string id;        // from its `id`, else "1", "2", ...
  std::string fields;    // compact JSON object: what is sent, without id
  std::string expected;  // the label, as comparable() writes it
  int line = 0;
};

constexpr std::size_t kCasesMax = 1'000'000;

// `file` decides the form by its ending: .csv or .jsonl.
Result<std::vector<Case>> parse_cases(std::string_view text, const std::string& file,
                                      const spec::WorkloadSpec& workload);

codec::Json case_request(const Case& item, const std::string& id);

// How labels and answers are written to be compared: text as it is, anything else as canonical JSON (1.0 and 1 are
// equal, "1" and 1 are too). Normalised: text as content/normal_text.h has it, and where that is a JSON number as that
// number ("1.0" and 1 are equal then).
std::string comparable(const codec::Json& value, spec::Compare compare = spec::Compare::exact);

}  // namespace belljar::scenario
