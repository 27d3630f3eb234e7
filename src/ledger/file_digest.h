// file_digest(): the SHA-256 of an open file, read in pieces.
//
//   Digest digest = TRY(file_digest(fd.get(), "metrics.jsonl"));
#pragma once

#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace belljar::ledger {

Result<Digest> file_digest(int fd, std::string_view name_for_errors);

}  // namespace belljar::ledger
