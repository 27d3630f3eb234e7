// ModelBroker: an OpenAI-compatible base URL inside a sandbox, http://models.belljar/v1, behind which other models of
// the run stand. It answers nothing itself: each call becomes a message of the exchange, where contract, policy,
// filters, budget and ledger apply, and is answered by that model's own sandbox.
//
//   ModelBroker broker{{{"agent", {"brain"}}}, queue};          // which sandbox may name which models
//   services.add({ModelBroker::kHost, 80}, {"models", Transport::plain, broker, nullptr});
//
// The request of a Call is {"messages", ...} or {"input", ...} without "model"; its answer the plain one of
// docs/openai_models.md. A model that the asking sandbox has no link to is 404 and no call; too many calls at once are
// 503. One thread at a time.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "boundary/call_queue.h"
#include "boundary/service.h"

namespace belljar::boundary {

// subject -> what it may ask
using CallLinks = std::map<std::string, std::set<std::string>, std::less<>>;

class ModelBroker final : public HttpService {
 public:
  static constexpr std::string_view kHost = "models.belljar";

  ModelBroker(CallLinks links, std::shared_ptr<CallQueue> queue) : links_{std::move(links)}, queue_{std::move(queue)} {}
  void answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) override;

 private:
  CallLinks links_;
  std::shared_ptr<CallQueue> queue_;  // shared with the driver
};

}  // namespace belljar::boundary
