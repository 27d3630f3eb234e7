// Contract parts: how sections of a contract file are read. For contract*.cc alone.
#pragma once

#include "spec/contract.h"
#include "spec/fields.h"

namespace belljar::spec {

// The value as JSON, its parts put into `contract.places` below `pointer`; a problem where it is no schema.
codec::Json read_schema(Problems& problems, const codec::Yaml& value, const std::string& pointer, Contract& contract);

// How the value of a keyword is to be walked when schemas are moved between documents.
enum class Inside { schema, names, data };
Inside inside_of(std::string_view keyword);

// The value alone. Plain scalars are JSON's; one that YAML readers disagree about is a problem.
codec::Json plain_json(Problems& problems, const codec::Yaml& value);

// Everything but the schemas, from one map.
void read_terms(Problems& problems, const codec::Yaml& value, Contract& contract);
// ... and back, as members of `json`.
void add_terms(const Contract& contract, codec::Json& json);
void read_retry(Problems& problems, const codec::Yaml& value, RetryPolicy& retry);
void read_error_codes(Problems& problems, const codec::Yaml& value, std::vector<ErrorCode>& errors);
void read_rate(Problems& problems, const codec::Yaml& value, std::optional<Rate>& rate);
// A duration from 1ms to 24h.
std::optional<std::chrono::milliseconds> read_span(Problems& problems, const codec::Yaml& value);

}  // namespace belljar::spec
