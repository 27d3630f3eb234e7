// Stage: one check that every message passes on its way; the exchange and, later, the gateway hold a list of them.
//
//   class Contract final : public Stage { ... };
//   Decision decision = stage.admit(message, context);
//   if (decision.act != Act::allow) ...   // decision.rule says which rule, decision.reason says why
//
// A stage is pure: what it decides follows from the message and the context alone, and no stage knows another. What
// has to be counted (budgets, faults) is counted by the exchange and handed to the stage in the context.
// Safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"
#include "content/screen.h"
#include "exchange/trace.h"
#include "spec/composition.h"
#include "spec/policy.h"

namespace belljar::exchange {

struct Link;
class CallCounts;

// `failure`: the answer {"id", "error"}, by which a model says that it cannot answer.
enum class Direction { request, answer, failure };
std::string_view direction_name(Direction direction);

struct Message {
  Direction direction = Direction::request;
  std::string from;
  std::string to;
  std::string id;       // as on the wire
  std::string case_id;  // as the scenario names it
  codec::Json body;
  std::string text;  // the body as it was or will be written, without its newline
  Cause cause;
  std::uint64_t root = 0;      // number of the root cause
  std::uint64_t copy = 0;      // 1 and more: a further copy that a flood made
  std::uint64_t tokens = 0;    // reported by the adapter or estimated (estimate_tokens)
  std::uint64_t said = 0;      // of an answer: how many of them it is made of
  std::int64_t cost = 0;       // billionths
  std::int64_t t_ns = 0;       // on the run's clock
  std::int64_t waited_ns = 0;  // answers: since their request was dispatched
  std::uint64_t seq = 0;       // given by the exchange: from 1 in the order of attempts
};

// Four bytes to a token: what tokenizers make of English text, near enough for a bound where nobody counts.
constexpr std::uint64_t estimate_tokens(std::string_view text) { return (text.size() + 3) / 4; }

enum class Act {
  allow,
  alter,    // pass `Decision::altered` instead
  hold,     // keep it back: recorded, not delivered
  refuse,   // it breaks a rule
  contain,  // it breaks a rule that ends its sender
  fault,    // a fault of the scenario takes or changes it: `Decision::fault`
};

std::string_view act_name(Act act);

// What a fault does to this message.
struct FaultHit {
  spec::FaultKind kind = spec::FaultKind::down;
  std::int64_t delay_ns = 0;
  std::uint64_t copies = 0;
  std::size_t index = 0;  // of the fault in the scenario
};

// What a rule of the policy asks to follow for whoever sent the message, beside what becomes of the message.
struct Sanction {
  spec::Consequence consequence = spec::Consequence::record;
  spec::Measure measure;
};

struct Decision {
  Act act = Act::allow;
  std::string rule;    // "contract.answer.schema"
  std::string reason;  // for people; holds untrusted text only in printable form
  codec::Json altered;
  std::optional<FaultHit> fault;
  std::vector<content::Finding> findings = {};  // of the content filters, also where the message passes
  bool found_in_altered = false;                // their places are in what an earlier stage had made of the message
  std::string permit = {};                      // of a call: the policy's rule that lets it pass
  std::optional<Sanction> sanction = {};        // throttle, pause, reset
};

struct Spent {
  std::uint64_t messages = 0;
  std::uint64_t tokens = 0;
  std::uint64_t bytes = 0;
  std::int64_t cost = 0;
};

// One budget and what is spent of it, the message at hand not counted.
struct Account {
  std::string_view name;  // "run", "case", "link", "model a"
  const spec::Budget* budget = nullptr;
  const Spent* spent = nullptr;
};

struct Context {
  const Link& link;
  bool model_contained = false;
  const Account* accounts = nullptr;
  std::size_t account_count = 0;
  const FaultHit* fault = nullptr;
  const std::vector<content::Finding>* pieces = nullptr;  // canaries in pieces over this sender's messages
  const CallCounts* calls = nullptr;                      // made so far, by permit
  bool drifted = false;                                   // a list of the tool server of this link was refused
};

class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::string_view name() const = 0;
  virtual Decision admit(const Message& message, const Context& context) const = 0;
};

}  // namespace belljar::exchange
