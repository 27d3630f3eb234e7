#include "scenario/model_calls.h"

#include <algorithm>

#include "base/text.h"
#include "boundary/openai_answers.h"

namespace belljar::scenario {

using boundary::OpenaiAsk;

std::map<std::string, std::vector<std::string>> callees_of(const std::vector<exchange::Link>& links) {
  std::map<std::string, std::vector<std::string>> callees;
  for (const exchange::Link& link : links) {
    if (link.shape.calls) callees[link.from].push_back(link.to);
  }
  return callees;
}

void ModelCalls::answer(const boundary::HttpAsk& ask, std::shared_ptr<boundary::Reply> reply) {
  Result<OpenaiAsk> read = boundary::read_openai_ask(ask);
  if (!read) {
    const bool missing = read.error().code() == Errc::not_found;
    return send_problem(*reply, missing ? 404 : 400, "invalid_request_error", read.error().message());
  }
  const auto found = callees_.find(ask.subject);
  const std::vector<std::string> none;
  const std::vector<std::string>& models = found == callees_.end() ? none : found->second;
  if (read.value().kind == OpenaiAsk::Kind::models) return boundary::send_openai_models(*reply, models);
  const std::string& model = read.value().model;
  if (std::find(models.begin(), models.end(), model) == models.end()) {
    return send_problem(*reply, 404, "invalid_request_error",
                        "no model \"" + printable(model, 100) + "\" that " + ask.subject +
                            " may call: expected one that a link of the scenario names with calls: true");
  }
  auto asked = std::make_shared<OpenaiAsk>(std::move(read).value());
  codec::Json request = std::move(asked->request);
  const std::uint64_t number = next_++;
  desk_->put(ask.subject, asked->model, std::move(request), [asked, reply, number](const CallReply& said) {
    if (said.kind == CallReply::Kind::answer) return boundary::send_openai_answer(*reply, *asked, said.body, number);
    if (said.rule.empty()) return send_problem(*reply, 502, "server_error", said.why);
    send_problem(*reply, 403, "policy_violation", said.why);
  });
}

}  // namespace belljar::scenario
