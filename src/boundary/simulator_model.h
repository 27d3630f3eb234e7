// SimulatedModel: an OpenAI-compatible endpoint whose answers are rules in a file (content/scripted_rules.h).
//
// A rule sees the request as it crosses a link, with its model's name: {"model", "messages", "tools", ...} or {"model",
// "input"}; its answer is the plain one: {"text": ...}, {"tool_calls": [{"name", "arguments"}]}, {"embeddings": [...]}.
// A silent rule breaks the connection, as nothing waits here. One thread at a time.
#pragma once

#include <string>
#include <vector>

#include "boundary/service.h"
#include "boundary/service_faults.h"
#include "boundary/service_file.h"
#include "content/scripted_rules.h"

namespace belljar::boundary {

class SimulatedModel final : public HttpService {
 public:
  SimulatedModel(const ServiceSpec& spec, std::vector<content::ScriptedRule> rules)
      : latency_ns_{spec.latency_ns}, faults_{spec.faults}, models_{spec.models}, rules_{std::move(rules)} {}
  void answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) override;

 private:
  std::int64_t latency_ns_;
  ServiceFaults faults_;
  std::vector<std::string> models_;  // empty: any
  content::ScriptedModel rules_;
  std::uint64_t number_ = 0;
};

}  // namespace belljar::boundary
