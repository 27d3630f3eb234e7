#include "boundary/model_broker.h"

#include "base/text.h"
#include "boundary/openai_server.h"
#include "boundary/path_and_query.h"

namespace belljar::boundary {

void ModelBroker::answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) {
  const Result<PathAndQuery> target = parse_path_and_query(ask.target);
  if (!target) return answer_model_error(*reply, 400, "bad-request", target.error().message());
  const std::string path = target.value().path();
  const auto links = links_.find(ask.subject);
  const std::set<std::string> none;
  const std::set<std::string>& models = links == links_.end() ? none : links->second;
  if (ask.method == "GET" && path.ends_with("/models")) {
    return answer_model_list(*reply, {models.begin(), models.end()});
  }
  if (ask.method != "POST") return answer_model_error(*reply, 405, "bad-method", "models are asked with POST");
  Result<ModelAsk> asked = read_model_ask(path, ask.body);
  if (!asked) {
    const int status = asked.error().code() == Errc::not_found ? 404 : 400;
    return answer_model_error(*reply, status, "bad-request", asked.error().message());
  }
  ModelAsk model_ask = std::move(asked).value();
  if (!models.contains(model_ask.model)) {
    return answer_model_error(*reply, 404, "model_not_found",
                              "no link of the scenario leads from " + ask.subject + " to a model named \"" +
                                  printable(model_ask.model, 64) + "\"");
  }
  codec::Json request = std::move(model_ask.request);
  std::string model = model_ask.model;
  const std::uint64_t number =
      queue_->add(ask.subject, std::move(model), std::move(request),
                  [reply, model_ask = std::move(model_ask)](const CallEnd& end) -> std::optional<std::string> {
                    if (end.answer != nullptr) {
                      answer_model(*reply, model_ask, *end.answer, end.number);
                    } else {
                      answer_model_error(*reply, end.status, end.code, end.message);
                    }
                    return std::nullopt;
                  });
  if (number == 0) answer_model_error(*reply, 503, "busy", "too many calls wait for their answers");
}

}  // namespace belljar::boundary
