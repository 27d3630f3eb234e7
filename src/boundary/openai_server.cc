#include "boundary/openai_server.h"

#include <algorithm>
#include <bit>

#include "base/text.h"

namespace belljar::boundary {

namespace {

using codec::Json;

constexpr std::int64_t kCreated = 1'735'689'600;  // 2025-01-01: a service has no clock
constexpr std::size_t kPieceBytes = 24;           // of a streamed answer

Error wrong(std::string_view where, std::string_view expected) {
  return Error{Errc::invalid_argument, std::string{where} + ": expected " + std::string{expected}};
}

Result<void> check_messages(const Json* messages) {
  if (messages == nullptr || !messages->is_array() || messages->as_array().empty() ||
      messages->as_array().size() > kModelMessagesMax) {
    return wrong("messages", "a list of 1 to 2048 messages");
  }
  for (std::size_t at = 0; at < messages->as_array().size(); ++at) {
    const Json* role = messages->as_array()[at].find("role");
    if (role == nullptr || !role->is_string()) return wrong("messages/" + std::to_string(at) + "/role", "text");
  }
  return {};
}

Result<void> check_tools(const Json* tools) {
  if (tools == nullptr || tools->is_null()) return {};
  if (!tools->is_array() || tools->as_array().size() > kModelToolsMax)
    return wrong("tools", "a list of at most 128 tools");
  for (std::size_t at = 0; at < tools->as_array().size(); ++at) {
    const Json* function = tools->as_array()[at].find("function");
    const Json* name = function == nullptr ? nullptr : function->find("name");
    if (name == nullptr || !name->is_string()) return wrong("tools/" + std::to_string(at) + "/function/name", "text");
  }
  return {};
}

std::string text_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string{};
}

std::int64_t count_of(const Json* object, std::string_view key) {
  const Json* value = object == nullptr ? nullptr : object->find(key);
  return value != nullptr && value->is_int() ? value->as_int() : 0;
}

Json usage_of(const Json& plain) {
  const Json* usage = plain.find("usage");
  const std::int64_t in = count_of(usage, "in");
  const std::int64_t out = count_of(usage, "out");
  return Json::Object{{"prompt_tokens", in}, {"completion_tokens", out}, {"total_tokens", in + out}};
}

// As the client reads them: arguments are text that holds JSON.
Json::Array calls_of(const Json& plain, std::uint64_t number) {
  Json::Array calls;
  const Json* given = plain.find("tool_calls");
  if (given == nullptr || !given->is_array()) return calls;
  for (const Json& call : given->as_array()) {
    const Json* arguments = call.find("arguments");
    const std::string text = arguments == nullptr     ? "{}"
                             : arguments->is_string() ? arguments->as_string()
                                                      : codec::to_json(*arguments);
    const std::string id = "call_" + std::to_string(number) + "_" + std::to_string(calls.size());
    calls.push_back(Json::Object{{"id", id},
                                 {"type", "function"},
                                 {"function", Json::Object{{"name", text_of(call, "name")}, {"arguments", text}}}});
  }
  return calls;
}

std::string finish_of(const Json& plain, bool calls) {
  std::string finish = text_of(plain, "finish");
  return !finish.empty() ? finish : calls ? "tool_calls" : "stop";
}

Json frame_of(const ModelAsk& ask, std::uint64_t number, std::string_view object, Json::Array choices) {
  return Json::Object{{"id", "chatcmpl-" + std::to_string(number)},
                      {"object", object},
                      {"created", kCreated},
                      {"model", ask.model},
                      {"choices", std::move(choices)}};
}

void event(Reply& reply, const Json& value) { reply.body("data: " + codec::to_json(value) + "\n\n"); }

void chunk(Reply& reply, const ModelAsk& ask, std::uint64_t number, Json delta, Json finish) {
  Json::Array choices;
  choices.push_back(Json::Object{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}});
  event(reply, frame_of(ask, number, "chat.completion.chunk", std::move(choices)));
}

void stream(Reply& reply, const ModelAsk& ask, const Json& plain, std::uint64_t number) {
  reply.head(200, {{"content-type", "text/event-stream"}, {"cache-control", "no-cache"}});
  chunk(reply, ask, number, Json::Object{{"role", "assistant"}, {"content", ""}}, nullptr);
  std::string text = text_of(plain, "text");
  for (std::string_view rest = text; !rest.empty();) {
    std::size_t size = std::min(rest.size(), kPieceBytes);
    while (size < rest.size() && (static_cast<unsigned char>(rest[size]) & 0xc0U) == 0x80U) ++size;
    chunk(reply, ask, number, Json::Object{{"content", rest.substr(0, size)}}, nullptr);
    rest.remove_prefix(size);
  }
  const Json::Array calls = calls_of(plain, number);
  for (std::size_t at = 0; at < calls.size(); ++at) {
    Json call = calls[at];
    call.set("index", static_cast<std::uint64_t>(at));
    chunk(reply, ask, number, Json::Object{{"tool_calls", Json::Array{std::move(call)}}}, nullptr);
  }
  chunk(reply, ask, number, Json::Object{}, finish_of(plain, !calls.empty()));
  if (ask.wants_usage) {
    Json last = frame_of(ask, number, "chat.completion.chunk", {});
    last.set("usage", usage_of(plain));
    event(reply, last);
  }
  reply.body("data: [DONE]\n\n");
  reply.end();
}

Json packed(const Json& numbers) {
  if (!numbers.is_array()) return numbers;
  std::string bytes;
  for (const Json& number : numbers.as_array()) {
    const auto bits = std::bit_cast<std::uint32_t>(number.is_number() ? static_cast<float>(number.as_number()) : 0.0F);
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 0xFFU);
  }
  return to_base64(bytes);
}

void answer_embeddings(Reply& reply, const ModelAsk& ask, const Json& plain) {
  Json::Array data;
  if (const Json* embeddings = plain.find("embeddings"); embeddings != nullptr && embeddings->is_array()) {
    for (const Json& embedding : embeddings->as_array()) {
      data.push_back(Json::Object{{"object", "embedding"},
                                  {"index", static_cast<std::uint64_t>(data.size())},
                                  {"embedding", ask.base64 ? packed(embedding) : embedding}});
    }
  }
  const Json body =
      Json::Object{{"object", "list"}, {"data", std::move(data)}, {"model", ask.model}, {"usage", usage_of(plain)}};
  send(reply, 200, "application/json", codec::to_json(body));
}

}  // namespace

Result<ModelAsk> read_model_ask(std::string_view target_path, std::string_view body) {
  ModelAsk ask;
  if (target_path.ends_with("/embeddings")) {
    ask.chat = false;
  } else if (!target_path.ends_with("/chat/completions")) {
    return Error{Errc::not_found, "expected /v1/chat/completions, /v1/embeddings or /v1/models"};
  }
  Json request = TRY(codec::parse_json(body, {.bytes_max = kModelAskBytesMax, .depth_max = 48, .values_max = 200'000}));
  if (!request.is_object()) return wrong("the body", "an object");
  ask.model = text_of(request, "model");
  if (ask.model.empty()) return wrong("model", "the name of a model");
  if (ask.chat) {
    TRY(check_messages(request.find("messages")));
    TRY(check_tools(request.find("tools")));
  } else if (const Json* input = request.find("input");
             input == nullptr || !(input->is_string() || input->is_array())) {
    return wrong("input", "text or a list of texts");
  }
  const Json* streams = request.find("stream");
  ask.streams = ask.chat && streams != nullptr && streams->is_bool() && streams->as_bool();
  const Json* options = request.find("stream_options");
  const Json* usage = options == nullptr ? nullptr : options->find("include_usage");
  ask.wants_usage = usage != nullptr && usage->is_bool() && usage->as_bool();
  Json::Object kept;
  for (const auto& [key, value] : request.as_object()) {
    if (key == "model" || key == "stream" || key == "stream_options" || key == "id") continue;
    // How a server writes numbers is nothing that a model is asked.
    if (key == "encoding_format") {
      ask.base64 = value == Json{"base64"};
      continue;
    }
    kept.emplace_back(key, value);
  }
  ask.request = std::move(kept);
  return ask;
}

void answer_model(Reply& reply, const ModelAsk& ask, const Json& plain, std::uint64_t number) {
  if (!ask.chat) return answer_embeddings(reply, ask, plain);
  if (ask.streams) return stream(reply, ask, plain, number);
  Json::Array calls = calls_of(plain, number);
  const std::string finish = finish_of(plain, !calls.empty());
  std::string text = text_of(plain, "text");
  Json::Object message{{"role", "assistant"},
                       {"content", text.empty() && !calls.empty() ? Json{} : Json{std::move(text)}}};
  if (!calls.empty()) message.emplace_back("tool_calls", std::move(calls));
  Json::Array choices;
  const Json* given = plain.find("logprobs");
  Json logprobs = given != nullptr ? Json{Json::Object{{"content", *given}}} : Json{};
  choices.push_back(Json::Object{
      {"index", 0}, {"message", std::move(message)}, {"logprobs", std::move(logprobs)}, {"finish_reason", finish}});
  Json body = frame_of(ask, number, "chat.completion", std::move(choices));
  body.set("usage", usage_of(plain));
  send(reply, 200, "application/json", codec::to_json(body));
}

void answer_model_error(Reply& reply, int status, std::string_view code, std::string_view message) {
  const Json error = Json::Object{{"message", message}, {"type", "belljar"}, {"code", code}};
  // The OpenAI clients ask again on 408, 409, 429 and 5xx unless told not to.
  send(reply, status, "application/json", codec::to_json(Json::Object{{"error", error}}),
       {{"x-should-retry", "false"}});
}

void answer_model_list(Reply& reply, const std::vector<std::string>& models) {
  Json::Array data;
  for (const std::string& model : models) {
    data.push_back(Json::Object{{"id", model}, {"object", "model"}, {"created", kCreated}, {"owned_by", "belljar"}});
  }
  send(reply, 200, "application/json", codec::to_json(Json::Object{{"object", "list"}, {"data", std::move(data)}}));
}

}  // namespace belljar::boundary
