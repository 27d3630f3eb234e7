#include "boundary/openai_answers.h"

#include <algorithm>
#include <bit>

#include "base/text.h"

namespace belljar::boundary {

namespace {

using codec::Json;
using Kind = OpenaiAsk::Kind;

constexpr std::size_t kPieceBytes = 48;  // of a streamed text
constexpr std::size_t kDepthMax = 48;

std::string path_of(const std::string& target) { return target.substr(0, target.find('?')); }

Error bad(const std::string& what) { return Error{Errc::invalid_argument, what}; }

Result<Kind> kind_of(const HttpAsk& ask) {
  const std::string path = path_of(ask.target);
  const bool chat = path == "/v1/chat/completions";
  if (path == "/v1/models") {
    if (ask.method != "GET") return bad(ask.method + " " + path + ": expected GET");
    return Kind::models;
  }
  if (!chat && path != "/v1/embeddings") {
    return Error{Errc::not_found,
                 "no " + printable(path, 100) + " here: expected /v1/models, /v1/chat/completions or /v1/embeddings"};
  }
  if (ask.method != "POST") return bad(printable(ask.method, 20) + " " + path + ": expected POST");
  return chat ? Kind::chat : Kind::embeddings;
}

bool is_true(const Json* value) { return value != nullptr && value->is_bool() && value->as_bool(); }

std::string text_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string{};
}

Json usage_of(const Json& answer) {
  const Json* usage = answer.find("usage");
  const auto count = [&](std::string_view key) {
    const Json* value = usage == nullptr ? nullptr : usage->find(key);
    return value != nullptr && value->is_int() && value->as_int() >= 0 ? value->as_int() : std::int64_t{0};
  };
  const std::int64_t in = count("in");
  const std::int64_t out = count("out");
  return Json::Object{{"prompt_tokens", in}, {"completion_tokens", out}, {"total_tokens", in + out}};
}

// [{"name", "arguments"}] as clients know them; streamed ones have their place in the list besides.
Json tool_calls_of(const Json& answer, std::uint64_t number, bool streams) {
  const Json* calls = answer.find("tool_calls");
  Json made{Json::Array{}};
  if (calls == nullptr || !calls->is_array()) return made;
  for (const Json& call : calls->as_array()) {
    const std::size_t at = made.as_array().size();
    const Json* arguments = call.find("arguments");
    std::string text = "{}";
    if (arguments != nullptr) text = arguments->is_string() ? arguments->as_string() : codec::to_json(*arguments);
    Json::Object one;
    if (streams) one.emplace_back("index", static_cast<std::uint64_t>(at));
    one.emplace_back("id", "call_" + std::to_string(number) + "_" + std::to_string(at));
    one.emplace_back("type", "function");
    one.emplace_back("function", Json::Object{{"name", text_of(call, "name")}, {"arguments", std::move(text)}});
    made.push(Json{std::move(one)});
  }
  return made;
}

std::string finish_of(const Json& answer, bool calls) {
  const std::string said = text_of(answer, "finish");
  if (!said.empty()) return said;
  return calls ? "tool_calls" : "stop";
}

Json head_of(std::string_view object, const OpenaiAsk& ask, std::uint64_t number) {
  return Json::Object{
      {"id", "chatcmpl-" + std::to_string(number)}, {"object", object}, {"created", 0}, {"model", ask.model}};
}

void send_whole(Reply& reply, const OpenaiAsk& ask, const Json& answer, std::uint64_t number) {
  const Json calls = tool_calls_of(answer, number, false);
  const bool called = !calls.as_array().empty();
  const std::string text = text_of(answer, "text");
  Json message{Json::Object{{"role", "assistant"}}};
  message.set("content", called && text.empty() ? Json{} : Json{text});
  message.set("refusal", answer.find("refusal") != nullptr ? Json{text_of(answer, "refusal")} : Json{});
  if (called) message.set("tool_calls", calls);
  Json choice{Json::Object{{"index", 0}, {"message", message}, {"finish_reason", finish_of(answer, called)}}};
  if (const Json* logprobs = answer.find("logprobs")) choice.set("logprobs", Json::Object{{"content", *logprobs}});
  Json whole = head_of("chat.completion", ask, number);
  whole.set("choices", Json::Array{choice});
  whole.set("usage", usage_of(answer));
  send(reply, 200, "application/json", codec::to_json(whole));
}

// The end of the piece that begins at `from`, never inside a character.
std::size_t piece_end(const std::string& text, std::size_t from) {
  std::size_t end = std::min(text.size(), from + kPieceBytes);
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) ++end;
  return end;
}

class Events {
 public:
  Events(Reply& reply, const OpenaiAsk& ask, std::uint64_t number) : reply_{reply}, ask_{ask}, number_{number} {
    reply_.head(200, {{"content-type", "text/event-stream"}, {"cache-control", "no-cache"}});
  }
  void delta(Json delta, Json finish = {}) {
    Json chunk = head_of("chat.completion.chunk", ask_, number_);
    chunk.set("choices", Json::Array{Json::Object{
                             {"index", 0}, {"delta", std::move(delta)}, {"finish_reason", std::move(finish)}}});
    event(chunk);
  }
  void usage(const Json& answer) {
    Json chunk = head_of("chat.completion.chunk", ask_, number_);
    chunk.set("choices", Json::Array{});
    chunk.set("usage", usage_of(answer));
    event(chunk);
  }
  void done() {
    reply_.body("data: [DONE]\n\n");
    reply_.end();
  }

 private:
  void event(const Json& chunk) { reply_.body("data: " + codec::to_json(chunk) + "\n\n"); }

  Reply& reply_;
  const OpenaiAsk& ask_;
  std::uint64_t number_;
};

void send_stream(Reply& reply, const OpenaiAsk& ask, const Json& answer, std::uint64_t number) {
  Events events{reply, ask, number};
  events.delta(Json::Object{{"role", "assistant"}, {"content", ""}});
  const std::string text = text_of(answer, "text");
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = piece_end(text, from);
    events.delta(Json::Object{{"content", text.substr(from, end - from)}});
    from = end;
  }
  const Json calls = tool_calls_of(answer, number, true);
  const bool called = !calls.as_array().empty();
  if (called) events.delta(Json::Object{{"tool_calls", calls}});
  events.delta(Json{Json::Object{}}, finish_of(answer, called));
  if (ask.wants_usage) events.usage(answer);
  events.done();
}

Json packed(const Json& numbers) {
  std::string bytes;
  if (!numbers.is_array()) return numbers;
  for (const Json& number : numbers.as_array()) {
    const float value = number.is_number() ? static_cast<float>(number.as_number()) : 0;
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 0xFFU);
  }
  return to_base64(bytes);
}

void send_embeddings(Reply& reply, const OpenaiAsk& ask, const Json& answer) {
  const Json* given = answer.find("embeddings");
  Json data{Json::Array{}};
  if (given != nullptr && given->is_array()) {
    for (const Json& one : given->as_array()) {
      data.push(Json::Object{{"object", "embedding"},
                             {"index", static_cast<std::uint64_t>(data.as_array().size())},
                             {"embedding", ask.base64 ? packed(one) : one}});
    }
  }
  send(reply, 200, "application/json",
       codec::to_json(Json::Object{
           {"object", "list"}, {"data", std::move(data)}, {"model", ask.model}, {"usage", usage_of(answer)}}));
}

}  // namespace

Result<OpenaiAsk> read_openai_ask(const HttpAsk& ask) {
  OpenaiAsk read;
  read.kind = TRY(kind_of(ask));
  if (read.kind == Kind::models) return read;
  Result<Json> parsed = codec::parse_json(ask.body, {.bytes_max = ask.body.size(), .depth_max = kDepthMax});
  if (!parsed) return bad("the body is no JSON: " + parsed.error().message());
  if (!parsed.value().is_object())
    return bad("the body is " + std::string{parsed.value().kind()} + ", expected an object");
  read.model = text_of(parsed.value(), "model");
  if (read.model.empty()) return bad("no \"model\", expected the name of one: GET /v1/models lists them");
  read.streams = is_true(parsed.value().find("stream"));
  if (const Json* options = parsed.value().find("stream_options")) {
    read.wants_usage = is_true(options->find("include_usage"));
  }
  const std::string_view needed = read.kind == Kind::chat ? "messages" : "input";
  const Json* asked = parsed.value().find(needed);
  if (asked == nullptr || (!asked->is_array() && !(read.kind == Kind::embeddings && asked->is_string()))) {
    return bad("no list \"" + std::string{needed} + "\"");
  }
  Json::Object kept;
  for (Json::Member& member : parsed.value().as_object()) {
    const std::string& name = member.first;
    if (name == "model" || name == "stream" || name == "stream_options" || name == "id") continue;
    // What asks of a server how to write numbers, not of a model what to say.
    if (name == "encoding_format") {
      read.base64 = member.second == Json{"base64"};
      continue;
    }
    kept.push_back(std::move(member));
  }
  read.request = Json{std::move(kept)};
  return read;
}

void send_openai_models(Reply& reply, const std::vector<std::string>& models) {
  Json data{Json::Array{}};
  for (const std::string& model : models) {
    data.push(Json::Object{{"id", model}, {"object", "model"}, {"created", 0}, {"owned_by", "belljar"}});
  }
  send(reply, 200, "application/json", codec::to_json(Json::Object{{"object", "list"}, {"data", std::move(data)}}));
}

void send_openai_answer(Reply& reply, const OpenaiAsk& ask, const Json& answer, std::uint64_t number) {
  if (ask.kind == Kind::embeddings) return send_embeddings(reply, ask, answer);
  if (ask.streams) return send_stream(reply, ask, answer, number);
  send_whole(reply, ask, answer, number);
}

}  // namespace belljar::boundary
