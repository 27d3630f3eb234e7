#include "exchange/budget_stage.h"

namespace belljar::exchange {

namespace {

std::string_view exhausted(const spec::Budget& budget, const Spent& spent) {
  if (budget.messages && spent.messages >= *budget.messages) return "messages";
  if (budget.tokens && spent.tokens >= *budget.tokens) return "tokens";
  if (budget.bytes && spent.bytes >= *budget.bytes) return "bytes";
  if (budget.cost && spent.cost >= *budget.cost) return "cost";
  return {};
}

}  // namespace

Decision BudgetStage::admit(const Message& message, const Context& context) const {
  if (message.direction != Direction::request) return {};
  for (std::size_t at = 0; at < context.account_count; ++at) {
    const Account& account = context.accounts[at];
    const std::string_view what = exhausted(*account.budget, *account.spent);
    if (what.empty()) continue;
    const std::string name{account.name};
    return {Act::refuse,
            "budget." + name + "." + std::string{what},
            "the budget of the " + name + " for " + std::string{what} + " is spent",
            {},
            {}};
  }
  return {};
}

}  // namespace belljar::exchange
