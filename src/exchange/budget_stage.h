// BudgetStage: no request once a budget it would draw on is spent. Answers always pass: what they cost is spent
// already. So a run ends at most what is in flight beyond its budget. Pure.
#pragma once

#include "exchange/stage.h"

namespace belljar::exchange {

class BudgetStage final : public Stage {
 public:
  std::string_view name() const override { return "budget"; }
  Decision admit(const Message& message, const Context& context) const override;
};

}  // namespace belljar::exchange
