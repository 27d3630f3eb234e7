// Contract: what may pass one link, read from a file.
//
//     belljar-contract: 1
//     request: {type: object, required: [id, features], ...}    # JSON Schema, the subset of content/schema.h
//     answer:  {type: object, required: [id, label], ...}
//     deadline: 2s
//     size: 64KiB            # of one message
//     depth: 8
//
// Plain value.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"

namespace belljar::spec {

struct Contract {
  std::string file;
  codec::Json request_schema;  // `true` accepts anything
  codec::Json answer_schema;
  std::chrono::milliseconds deadline{10'000};
  std::uint64_t message_bytes_max = 1U << 20;
  std::uint32_t depth_max = 32;
};

// Structure alone; content/schema.h compiles the schemas and refuses keywords it does not know.
Result<Contract> parse_contract(std::string_view text, std::string_view file);
Contract open_contract();  // for a link without a file: any JSON object

}  // namespace belljar::spec
