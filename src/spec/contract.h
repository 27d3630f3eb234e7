// Contract: what may pass one link, read from a file; docs/formats/contract.md describes it for people.
//
//     belljar-contract: 1
//     request: {type: object, required: [id, features], ...}    # JSON Schema 2020-12, as content/schema.h reads it
//     answer:  {type: object, required: [id, label], ...}
//     error:   {type: object, required: [code]}                 # of the member "error" of a failure
//     errors:  {environment: [overloaded], agent: [refused]}    # which code is whose fault
//     retry:   {attempts: 3, backoff: 100ms, jitter: 0.2, idempotent: true, on: [environment, timeout]}
//     deadline: 2s
//     size: 64KiB            # of one message
//     depth: 8
//     fan-out: 4             # requests that one message may cause on this link
//     rate: 100/s
//
// Plain value.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "codec/yaml.h"
#include "spec/retry.h"

namespace belljar::spec {

// Where a part of a schema stands in the file, by its JSON Pointer from the top: "/answer/properties/id".
struct SchemaPlace {
  std::string pointer;
  codec::Mark mark;
};

// At most `count` messages begin within any span of `per`.
struct Rate {
  std::uint64_t count = 1;
  std::chrono::milliseconds per{1000};

  bool operator==(const Rate&) const = default;
};

struct Contract {
  std::string file;
  codec::Json request_schema;  // `true` accepts anything
  codec::Json answer_schema;
  codec::Json error_schema = true;  // of the value of "error" in a failure {"id", "error"}
  std::vector<ErrorCode> errors;
  RetryPolicy retry;
  std::chrono::milliseconds deadline{10'000};
  std::uint64_t message_bytes_max = 1U << 20;
  std::uint32_t depth_max = 32;
  std::optional<std::uint32_t> fan_out_max;  // absent: as many as the budgets of the run allow
  std::optional<Rate> rate;                  // absent: as fast as the models are
  std::vector<SchemaPlace> places;           // empty where no file was parsed
};

// Structure alone; content/schema.h compiles the schemas and refuses keywords it does not know.
Result<Contract> parse_contract(std::string_view text, std::string_view file);
// What compile_schema() says of the section ("request", "answer", "error"), as "file:line:column: found X, expected Y".
Error schema_error(const Contract& contract, std::string_view section, const Error& error);
// The contract as a file would say it: what parse_contract() reads back equal, but for `file` and `places`.
codec::Json contract_json(const Contract& contract);
Contract open_contract();  // for a link without a file: any JSON object

}  // namespace belljar::spec
