// AsyncAPI 3.1 (https://www.asyncapi.com/docs/reference/specification/v3.1.0): contracts from, and for, the documents
// by which others describe their messages.
//
//   Imported imported = TRY(import_asyncapi(text, "rpc.yaml", "sum"));   // the operation named; "" where there is one
//   std::string document = codec::to_yaml(export_asyncapi(contract, "triage"));
//
// A contract is one operation: its messages are the request, those of its `reply` the answers, a message marked
// `x-belljar-failure: true` the error; several messages become `anyOf`. Timing, errors and limits stand in the
// operation's `x-belljar`, in the words of a contract file. Schemas move between `$defs` and `components.schemas`; `x-`
// members of schemas are left out. Servers, bindings, headers and correlation belong to the transport, which in Belljar
// is the link; what was left out is listed. import(export(c)) is c. Payloads in other schema languages (Avro, Protobuf)
// are refused. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "spec/contract.h"

namespace belljar::spec {

struct Imported {
  Contract contract;
  std::vector<std::string> left_out;  // "servers", "operations/sum/bindings"
};

// YAML or JSON. Errors read file:line:column.
Result<Imported> import_asyncapi(std::string_view text, std::string_view file, std::string_view operation);
codec::Json export_asyncapi(const Contract& contract, std::string_view name);

}  // namespace belljar::spec
