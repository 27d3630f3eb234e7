#include "boundary/simulator_model.h"

#include <algorithm>

#include "boundary/openai_server.h"
#include "boundary/path_and_query.h"

namespace belljar::boundary {

using codec::Json;

void SimulatedModel::answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) {
  if (latency_ns_ > 0) reply->wait(latency_ns_);
  const Result<PathAndQuery> target = parse_path_and_query(ask.target);
  if (!target) return answer_model_error(*reply, 400, "bad-request", target.error().message());
  if (faults_.strike(ask_source(ask, target.value()), *reply)) return;
  const std::string path = target.value().path();
  if (ask.method == "GET" && path.ends_with("/models")) {
    return answer_model_list(*reply, models_.empty() ? std::vector<std::string>{"scripted"} : models_);
  }
  if (ask.method != "POST") return answer_model_error(*reply, 405, "bad-method", "models are asked with POST");
  const Result<ModelAsk> asked = read_model_ask(path, ask.body);
  if (!asked) {
    const int status = asked.error().code() == Errc::not_found ? 404 : 400;
    return answer_model_error(*reply, status, "bad-request", asked.error().message());
  }
  const ModelAsk& model_ask = asked.value();
  if (!models_.empty() && std::find(models_.begin(), models_.end(), model_ask.model) == models_.end()) {
    return answer_model_error(*reply, 404, "model_not_found", "this endpoint has no such model");
  }
  Json request = model_ask.request;
  request.set("model", model_ask.model);
  constexpr std::size_t kAnswerBytesMax = 1U << 20;
  const content::ScriptedReply said = rules_.reply(request, kAnswerBytesMax);
  if (said.delay_ns > 0) reply->wait(said.delay_ns);
  if (said.kind == content::ScriptedReply::Kind::silence) return reply->reset();
  if (said.kind == content::ScriptedReply::Kind::answer) return answer_model(*reply, model_ask, said.body, ++number_);
  const Json* code = said.body.find("code");
  const Json* message = said.body.find("message");
  answer_model_error(*reply, 422, code != nullptr && code->is_string() ? code->as_string() : "error",
                     message != nullptr && message->is_string() ? message->as_string() : "the model's rules say no");
}

}  // namespace belljar::boundary
