// Generate: messages made from a schema - valid ones, ones at the edge of what is valid, and ones that break it - and
// the answers of a stub that keeps its contract.
//
//   Json request = TRY(valid_message(link.request_schema, seed));
//   Json edge = TRY(valid_message(link.request_schema, seed, Edge::largest));   // every count and bound at its most
//   Json wrong = TRY(invalid_message(link.request_schema, seed));
//   Json answer = TRY(stub_answer(link.answer_schema, request, run_seed));      // echoes "id"
//
// Pure: equal seeds give equal messages on every machine. What is returned has been validated, so a valid message is
// valid and an invalid one is not; a schema whose alternatives the search does not meet within kTries is an error,
// never a guess. Bounded by kTries and by kValuesMax values a message. Safe from any thread.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "codec/json.h"
#include "content/schema.h"

namespace belljar::content {

enum class Edge { typical, smallest, largest };

constexpr int kTries = 300;
constexpr std::size_t kValuesMax = 20'000;

Result<codec::Json> valid_message(const Schema& schema, std::uint64_t seed, Edge edge = Edge::typical);

// One change away from a valid message; an error where the schema refuses nothing that was tried.
Result<codec::Json> invalid_message(const Schema& schema, std::uint64_t seed);

// A valid answer chosen by the request alone, with the request's "id" where the schema lets it stand.
Result<codec::Json> stub_answer(const Schema& answer, const codec::Json& request, std::uint64_t seed);

}  // namespace belljar::content
