// Stage: one check that every message passes on its way; the exchange and, later, the gateway hold a list of them.
//
//   class Contract final : public Stage { ... };
//   Decision decision = stage.admit(message, context);
//   if (decision.act != Act::allow) ...   // decision.rule says which rule, decision.reason says why
//
// A stage is pure: what it decides follows from the message and the context alone, and no stage knows another.
// Safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "codec/json.h"

namespace belljar::exchange {

struct Link;

// `failure`: the answer {"id", "error"}, by which a model says that it cannot answer; no schema holds it.
enum class Direction { request, answer, failure };

struct Message {
  Direction direction = Direction::request;
  std::string from;
  std::string to;
  std::string id;       // as on the wire
  std::string case_id;  // as the scenario names it
  codec::Json body;
  std::string text;  // the body as it was or will be written, without its newline
};

enum class Act {
  allow,
  alter,    // pass `Decision::altered` instead
  hold,     // keep it back: recorded, not delivered
  refuse,   // it breaks a rule
  contain,  // it breaks a rule that ends its sender
};

std::string_view act_name(Act act);

struct Decision {
  Act act = Act::allow;
  std::string rule;    // "contract.answer.schema"
  std::string reason;  // for people; holds untrusted text only in printable form
  codec::Json altered;
};

struct Context {
  const Link& link;
  bool model_contained = false;
};

class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::string_view name() const = 0;
  virtual Decision admit(const Message& message, const Context& context) const = 0;
};

}  // namespace belljar::exchange
