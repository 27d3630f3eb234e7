// Measurements: what `drive` saw, before anyone judges it. `judge` turns these into metrics and gates; the report draws
// them. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/sandbox_report.h"
#include "spec/verdict.h"

namespace belljar::spec {

// How one case ended. Kinds of error are kept apart because they blame different parties.
enum class CaseEnd {
  answered,
  model_error,     // the model said {"id":..,"error":..}, or died
  contract_error,  // what it said broke the contract: not JSON, wrong schema, wrong id, too large, too deep
  timeout,         // nothing within the deadline
  harness_error,   // our fault or the host's
  held,            // not sent or not used: the model was contained
};

struct CaseResult {
  std::string case_id;
  std::string model;
  CaseEnd end = CaseEnd::harness_error;
  std::string expected;         // the label
  std::string answered;         // the compared member, printable
  std::string detail;           // why, for the error kinds; printable
  std::int64_t latency_ns = 0;  // 0: not measured, as for a model's first answer, which waits for its start
};

// Messages that belonged to no case: unsolicited, second answers, foreign ids. They are contract violations.
struct StrayMessage {
  std::string model;
  std::string
      kind;  // "unsolicited", "duplicate", "late", "foreign-id", "not-json", "too-large", "not-utf8", "too-deep"
  std::string sample;  // printable, bounded
  std::uint64_t count = 1;
};

struct ModelRun {
  std::string model;
  SandboxReport sandbox;
  std::string log_tail;  // last of stderr, printable lines
};

// What passed one link.
struct LinkRun {
  std::string from;
  std::string to;
  std::uint64_t requests = 0;  // dispatched
  std::uint64_t answers = 0;   // dispatched
  std::uint64_t refused = 0;   // either way
  std::uint64_t held = 0;
  std::uint64_t faulted = 0;
  std::uint64_t lost = 0;  // requests that no answer came to
  std::uint64_t retried = 0;
  std::uint64_t tokens = 0;
  std::uint64_t bytes = 0;
};

// What one round of a cycle sent by one of its links, over all cases. The last point stands for all rounds from its on.
struct GainPoint {
  std::uint64_t round = 0;  // from 1
  std::uint64_t messages = 0;
  std::uint64_t tokens = 0;
};
struct GainCurve {
  std::string from;
  std::string to;
  std::vector<GainPoint> points;
};

struct VoteRun {
  std::string model;
  std::uint64_t with_result = 0;
  std::uint64_t against = 0;
  std::uint64_t absent = 0;
};

struct FaultRun {
  std::string kind;
  std::string where;  // "a" or "a to b"
  std::uint64_t struck = 0;
};

struct Measurements {
  std::vector<CaseResult> cases;
  std::vector<StrayMessage> strays;
  std::vector<ModelRun> models;
  std::vector<Finding> findings;
  std::int64_t drive_ns = 0;
  bool contained = false;
  std::string positive;   // WorkloadSpec::positive
  bool composed = false;  // one result per case, of the whole; its model is kWhole
  std::string clock = "wall";
  std::uint64_t messages = 0;  // attempted
  std::vector<LinkRun> links;
  std::vector<GainCurve> gains;
  std::vector<VoteRun> votes;
  std::vector<FaultRun> faults;
};

// The model of a case's result where the case is answered by a composition.
constexpr std::string_view kWhole = "composition";

std::string_view case_end_name(CaseEnd end);

}  // namespace belljar::spec
