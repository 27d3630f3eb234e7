// ModelCalls: the service behind the OpenAI base URL of a sandbox. Each call of the program inside becomes a call at
// the desk, and so a message of the exchange from that model to the one it names; the answer goes back as such a
// server's.
//
//   services.add({"models.belljar", 80}, {"models", Transport::plain, std::make_shared<ModelCalls>(desk, callees),
//   {}});
//
// The answer has passed the exchange as a whole before its first word is streamed. A model it may not call is 404, a
// refusal of the exchange 403 with the rule, a model that failed 502. Called on the gateway's thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "boundary/service.h"
#include "exchange/exchange.h"
#include "scenario/call_desk.h"

namespace belljar::scenario {

inline constexpr std::string_view kModelsHost = "models.belljar";

// Who may call whom, by the links with `calls`: models, or tool servers.
enum class Callee { model, tool_server };
std::map<std::string, std::vector<std::string>> callees_of(const std::vector<exchange::Link>& links, Callee kind);

class ModelCalls final : public boundary::HttpService {
 public:
  ModelCalls(std::shared_ptr<LiveCalls> desk, std::map<std::string, std::vector<std::string>> callees)
      : desk_{std::move(desk)}, callees_{std::move(callees)} {}

  void answer(const boundary::HttpAsk& ask, std::shared_ptr<boundary::Reply> reply) override;

 private:
  std::shared_ptr<LiveCalls> desk_;
  std::map<std::string, std::vector<std::string>> callees_;
  std::atomic<std::uint64_t> next_ = 1;
};

}  // namespace belljar::scenario
