#include "scenario/model_calls.h"

#include <algorithm>

#include "base/text.h"
#include "boundary/openai_server.h"

namespace belljar::scenario {

using boundary::ModelAsk;

std::map<std::string, std::vector<std::string>> callees_of(const std::vector<exchange::Link>& links, Callee kind) {
  std::map<std::string, std::vector<std::string>> callees;
  for (const exchange::Link& link : links) {
    const Callee is = link.tools != nullptr ? Callee::tool_server : Callee::model;
    if (link.shape.calls && is == kind) callees[link.from].push_back(link.to);
  }
  return callees;
}

void ModelCalls::answer(const boundary::HttpAsk& ask, std::shared_ptr<boundary::Reply> reply) {
  const auto found = callees_.find(ask.subject);
  const std::vector<std::string> none;
  const std::vector<std::string>& models = found == callees_.end() ? none : found->second;
  const std::string path = ask.target.substr(0, ask.target.find('?'));
  if (ask.method == "GET" && path == "/v1/models") return boundary::answer_model_list(*reply, models);
  if (ask.method != "POST") {
    return boundary::answer_model_error(*reply, 405, "bad-method", "models are asked with POST, and listed with GET");
  }
  Result<ModelAsk> read = boundary::read_model_ask(path, ask.body);
  if (!read) {
    const int status = read.error().code() == Errc::not_found ? 404 : 400;
    return boundary::answer_model_error(*reply, status, "bad-request", read.error().message());
  }
  auto asked = std::make_shared<ModelAsk>(std::move(read).value());
  if (std::find(models.begin(), models.end(), asked->model) == models.end()) {
    return boundary::answer_model_error(*reply, 404, "model_not_found",
                                        "no model \"" + printable(asked->model, 100) + "\" that " + ask.subject +
                                            " may call: a link of the scenario names it with calls: true");
  }
  codec::Json request = std::move(asked->request);
  const std::uint64_t number = next_++;
  desk_->put(ask.subject, asked->model, std::move(request), [asked, reply, number](const CallReply& said) {
    if (said.kind == CallReply::Kind::answer) return boundary::answer_model(*reply, *asked, said.body, number);
    if (said.rule.empty()) return boundary::answer_model_error(*reply, 502, "model_failed", said.why);
    boundary::answer_model_error(*reply, 403, said.rule, said.why);
  });
}

}  // namespace belljar::scenario
