// Composition: how the models of a scenario are put together, what their links may spend, and what is broken on
// purpose. The plain data of the sections `links`, `composition`, `budgets`, `faults` and `monitors` of a scenario
// file.
//
//     links:
//       - {from: workload, to: classifier, contract: case.yaml, latency: 2ms}
//       - {from: classifier, to: explainer, when: {at: /label, equals: malignant}, rate: 20/s,
//          map: {messages: [{role: user, content: "Explain ${/answer/label} for case ${/id}."}]}}
//     composition: {answer: vote, of: [a, b, c], member: label, quorum: 2}
//     budgets: {run: {messages: 100000, tokens: 50000}, case: {messages: 40}, models: {explainer: {cost: 0.50}}}
//     faults: [{at: 200 messages, model: explainer, kind: slow, delay: 2s, for: 20 messages}]
//     monitors: {amplification: {gain: 1.2, rounds: 4}}
//
// Every case enters by the links from `workload`. An answer takes every link from its model whose `when` holds, and
// becomes the next request by that link's `map`. A case ends when nothing of it is under way.
// Times are nanoseconds, costs billionths of the unit that prices are given in. Plain values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "codec/json.h"
#include "codec/yaml.h"

namespace belljar::spec {

enum class ClockKind { wall, logical };

// Holds of a message when the value at a JSON Pointer is there and, where `equals` is given, is that value.
struct Predicate {
  std::string at;                     // "/label"; empty: the whole message
  std::optional<codec::Json> equals;  // absent: being there is enough
};

// What may be spent; absent: without bound.
struct Budget {
  std::optional<std::uint64_t> messages;  // requests and answers
  std::optional<std::uint64_t> tokens;
  std::optional<std::uint64_t> bytes;
  std::optional<std::int64_t> cost;  // billionths
};

struct Budgets {
  Budget run;
  Budget root;  // `case`: of each root cause
  std::map<std::string, Budget> models;
};

// How the last answers of a case become its answer.
enum class Joining {
  last,    // the answer that no link took further
  vote,    // the answer most of `of` gave in `member`
  judge,   // `judge` is asked once, with the answers of all of `of`
  debate,  // `of` see one another's answers for `rounds` rounds, then vote
};

struct Composition {
  bool given = false;  // the section is there; without it a scenario of links from workload alone asks each by itself
  Joining joining = Joining::last;
  std::vector<std::string> of;
  std::string judge;
  std::string member;                   // compared by a vote; empty: WorkloadSpec::answer
  std::size_t quorum = 1;               // answers that a vote needs
  std::optional<std::uint64_t> rounds;  // how often one case takes any one link
  std::optional<Predicate> until;       // an answer of which this holds takes no link
  codec::Mark mark;
};

enum class FaultKind {
  down,             // the model answers nothing: requests fail as environment errors
  slow,             // its answers take `delay` longer
  error,            // its answers become errors
  malformed,        // ... become bytes that are no JSON
  truncated,        // ... lose their second half
  duplicated,       // ... arrive twice
  reordered,        // ... arrive after the one that follows
  dropped,          // ... never arrive
  flood,            // each request is sent `copies` times more
  dependency_lost,  // what the model asks of others fails
  amnesia,          // the model starts anew, in a new sandbox, remembering nothing
};

// From a moment, for a while, with a chance. The moment is the first of those given that has come.
struct FaultSpec {
  FaultKind kind = FaultKind::down;
  std::string model;  // whose messages; or
  std::string from;   // the link whose messages
  std::string to;
  std::optional<std::uint64_t> at_messages;   // when so many requests have reached the model or link
  std::optional<std::int64_t> at_ns;          // since drive began, on the run's clock
  std::optional<Predicate> match;             // each request or answer of which this holds
  std::optional<std::uint64_t> for_messages;  // absent with `for_ns`: 1, and for down and dependency-lost to the end
  std::optional<std::int64_t> for_ns;
  std::int64_t delay_ns = 0;
  double chance = 1;
  std::uint64_t copies = 10;
  codec::Mark mark;
};

// The detector `amplification`: the gain of a cycle is what one round of it sends, over what the round before sent.
struct AmplificationSpec {
  double gain = 1.2;         // mean gain, of messages or of tokens, that is a finding
  std::uint64_t rounds = 4;  // over so many rounds
};

std::string_view joining_name(Joining joining);
std::string_view fault_name(FaultKind kind);
std::string_view clock_name(ClockKind clock);

// Whether it holds of a value.
bool holds(const Predicate& predicate, const codec::Json& value);

}  // namespace belljar::spec
