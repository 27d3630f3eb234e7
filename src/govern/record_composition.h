// The lines of metrics.jsonl that only compositions have. Inner part of record.h; pure.
#pragma once

#include <vector>

#include "govern/record.h"
#include "govern/record_fields.h"

namespace belljar::govern {

std::vector<codec::Json> composition_lines(const spec::Measurements& measurements);

Result<void> read_link_line(Fields& fields, RunRecord& record);
Result<void> read_gain_line(Fields& fields, RunRecord& record);
Result<void> read_vote_line(Fields& fields, RunRecord& record);
Result<void> read_fault_line(Fields& fields, RunRecord& record);

}  // namespace belljar::govern
