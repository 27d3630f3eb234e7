// FilterStage: the content filters of a run, over the text of each message. Pure: what a sender has said before is kept
// by the exchange and comes in the context.
//
//   stages.push_back(std::make_unique<FilterStage>(screen));      // shared with the gateway; immutable
//
// The gravest finding decides: allow and redact let the message pass (redacted: as Decision::altered), hold keeps it
// back, refuse stops it, contain ends its sender; the workload cannot be contained, its message is refused. A message
// that redaction leaves no JSON is refused. Every finding is in the decision, whatever follows.
#pragma once

#include <memory>
#include <utility>

#include "content/screen.h"
#include "exchange/stage.h"

namespace belljar::exchange {

class FilterStage final : public Stage {
 public:
  explicit FilterStage(std::shared_ptr<const content::Screen> screen) : screen_{std::move(screen)} {}

  std::string_view name() const override { return "filter"; }
  Decision admit(const Message& message, const Context& context) const override;

 private:
  std::shared_ptr<const content::Screen> screen_;  // shared: the exchange follows pieces of canaries with it
};

}  // namespace belljar::exchange
