// QuarantineStage: a contained model neither receives nor says anything any more; its messages are held. Pure.
#pragma once

#include "exchange/stage.h"

namespace belljar::exchange {

class QuarantineStage final : public Stage {
 public:
  std::string_view name() const override { return "quarantine"; }
  Decision admit(const Message& message, const Context& context) const override {
    (void)message;
    if (!context.model_contained) return {};
    return {Act::hold, "quarantine", "the model was contained", {}, {}};
  }
};

}  // namespace belljar::exchange
