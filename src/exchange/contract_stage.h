// ContractStage: size, depth, shape and schema of a message, as its link's contract states them. Pure.
#pragma once

#include "exchange/stage.h"

namespace belljar::exchange {

class ContractStage final : public Stage {
 public:
  std::string_view name() const override { return "contract"; }
  Decision admit(const Message& message, const Context& context) const override;
};

}  // namespace belljar::exchange
