// Faults: what a scenario breaks on purpose. The book says which fault falls on a message; the stage makes it a
// decision.
//
//   FaultBook book{scenario.faults, seed};
//   if (const auto hit = book.strike(message)) ...     // counted: call once per message
//
// Everything follows from the seed and the order of messages. A fault of a model or link falls on its requests (down,
// dependency-lost, flood, amnesia) or its answers (the others). One thread at a time; the stage is pure.
#pragma once

#include <optional>
#include <vector>

#include "exchange/stage.h"

namespace belljar::exchange {

class FaultBook {
 public:
  FaultBook() = default;
  FaultBook(std::vector<spec::FaultSpec> faults, std::uint64_t seed);

  bool empty() const { return faults_.empty(); }
  // The first fault of the scenario that falls on this message.
  std::optional<FaultHit> strike(const Message& message);
  // How many messages each fault fell on, in the scenario's order.
  std::vector<std::uint64_t> struck() const;
  const std::vector<spec::FaultSpec>& specs() const { return specs_; }

 private:
  struct State {
    std::uint64_t requests = 0;  // that reached its model or link
    std::uint64_t struck = 0;
    std::uint64_t candidates = 0;  // messages that its chance was asked for
    std::optional<std::int64_t> since_ns;
  };
  bool active(const spec::FaultSpec& fault, State& state, const Message& message) const;
  bool lucky(std::size_t index, const State& state) const;

  std::vector<spec::FaultSpec> specs_;
  std::vector<State> faults_;
  std::uint64_t seed_ = 0;
};

class FaultStage final : public Stage {
 public:
  std::string_view name() const override { return "fault"; }
  Decision admit(const Message& message, const Context& context) const override;
};

}  // namespace belljar::exchange
