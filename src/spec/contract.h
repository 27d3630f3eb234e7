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
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "codec/yaml.h"

namespace belljar::spec {

// Where a part of a schema stands in the file, by its JSON Pointer from the top: "/answer/properties/id".
struct SchemaPlace {
  std::string pointer;
  codec::Mark mark;
};

struct Contract {
  std::string file;
  codec::Json request_schema;  // `true` accepts anything
  codec::Json answer_schema;
  std::chrono::milliseconds deadline{10'000};
  std::uint64_t message_bytes_max = 1U << 20;
  std::uint32_t depth_max = 32;
  std::vector<SchemaPlace> places;  // empty where no file was parsed
};

// Structure alone; content/schema.h compiles the schemas and refuses keywords it does not know.
Result<Contract> parse_contract(std::string_view text, std::string_view file);
// What compile_schema() says of the section ("request", "answer"), as "file:line:column: found X, expected Y".
Error schema_error(const Contract& contract, std::string_view section, const Error& error);
Contract open_contract();  // for a link without a file: any JSON object

}  // namespace belljar::spec
