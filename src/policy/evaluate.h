// Evaluating one rule against what is known of a request; for policy/ alone.
//
// Truth has four values. `unknown` comes of an attribute that a partial request does not have yet, `error` of one that
// is missing, of the wrong type or not in its normal form. `and` and `or` go from left to right and stop where the rest
// cannot change the answer, as in Cedar.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/policy.h"

namespace belljar::policy {

enum class Truth { no, yes, unknown, error };

// Every attribute that any action has.
enum class Slot : std::uint8_t {
  subject,
  resource,
  scheme,
  port,
  method,
  path,
  host_kind,
  bytes,
  stream,
  direction,
  tokens,
};
constexpr std::size_t kSlots = 11;
std::optional<Slot> find_slot(std::string_view name);

using Value = std::variant<bool, std::int64_t, std::string_view>;

// A request with its attributes in their places.
struct Known {
  enum class State : std::uint8_t { absent, usable, unusable };
  std::array<State, kSlots> states{};
  std::array<Value, kSlots> values{};
  bool partial = false;

  State state(Slot slot) const { return states[static_cast<std::size_t>(slot)]; }
  const Value& value(Slot slot) const { return values[static_cast<std::size_t>(slot)]; }
  void set(Slot slot, Value value, State state = State::usable) {
    states[static_cast<std::size_t>(slot)] = state;
    values[static_cast<std::size_t>(slot)] = value;
  }
};

Known place(const Request& request);

// A Condition with its attributes resolved.
struct Test {
  spec::Condition::Op op = spec::Condition::Op::all;
  Slot left = Slot::subject;
  std::optional<Slot> right;
  std::vector<spec::Literal> values;
  std::vector<Test> parts;
  std::string trouble;  // said when the leaf cannot be evaluated
};

Test make_test(const spec::Condition& condition, std::string_view rule);

struct Rule {
  const spec::PolicyRule* source = nullptr;
  std::vector<Test> when;
  std::string reason;  // the file's, or one made of the id
};

// Whether `who` of the rule names the subject.
bool is_meant(const spec::PolicyRule& rule, std::string_view subject);
// Whether `rule` applies to `known`, and, for an error, `trouble` says why.
Truth evaluate(const Rule& rule, const Known& known, Action action, const std::string*& trouble);

}  // namespace belljar::policy
