#include "scenario/openai_wire.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace belljar::scenario {

namespace {

using codec::Json;

constexpr std::size_t kCallsMax = 64;
constexpr std::size_t kCodeMax = 64;
constexpr std::size_t kMessageMax = 1024;

Error not_that(std::string_view where, std::string_view expected, const Json* found) {
  const std::string_view kind = found == nullptr ? "nothing" : found->kind();
  return Error{Errc::corrupt, "read the server's answer: " + std::string{where} + ": found " + std::string{kind} +
                                  ", expected " + std::string{expected}};
}

// Of an optional text member: absent and null are empty.
Result<std::string> text_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  if (value == nullptr || value->is_null()) return std::string{};
  if (!value->is_string()) return not_that(key, "string", value);
  return value->as_string();
}

std::uint64_t count_of(const Json& object, std::string_view key) {
  const Json* value = object.find(key);
  return value != nullptr && value->is_int() && value->as_int() >= 0 ? static_cast<std::uint64_t>(value->as_int()) : 0;
}

Usage usage_of(const Json& response) {
  const Json* usage = response.find("usage");
  if (usage == nullptr || !usage->is_object()) return {};
  return {count_of(*usage, "prompt_tokens"), count_of(*usage, "completion_tokens"), true};
}

void add_usage(Json& body, const Usage& usage) {
  if (!usage.known) return;
  Json counts;
  counts.set("in", usage.tokens_in);
  counts.set("out", usage.tokens_out);
  body.set("usage", std::move(counts));
}

// {"content": [{"token", "logprob", ...}]} -> [{"token", "logprob"}]; null when there is none.
Result<Json> logprobs_of(const Json* logprobs) {
  if (logprobs == nullptr || logprobs->is_null()) return Json{};
  const Json* content = logprobs->find("content");
  if (content == nullptr || content->is_null()) return Json{};
  if (!content->is_array()) return not_that("logprobs/content", "array", content);
  Json read{Json::Array{}};
  for (const Json& entry : content->as_array()) {
    const Json* token = entry.find("token");
    const Json* logprob = entry.find("logprob");
    if (token == nullptr || !token->is_string()) return not_that("logprobs/content/token", "string", token);
    if (logprob == nullptr || !logprob->is_number()) return not_that("logprobs/content/logprob", "number", logprob);
    Json one;
    one.set("token", *token);
    one.set("logprob", *logprob);
    read.push(std::move(one));
  }
  return read;
}

struct Said {
  std::string text;
  std::string reasoning;
  std::string refusal;
  std::vector<std::pair<std::string, std::string>> calls;  // name, arguments as written
  Json logprobs;
  std::string finish;
  Usage usage;
};

Json arguments_of(const std::string& text, std::size_t depth_max) {
  Result<Json> parsed = codec::parse_json(text, {.bytes_max = text.size(), .depth_max = depth_max});
  return parsed && parsed.value().is_object() ? std::move(parsed).value() : Json{text};
}

// One shape, whichever way it came.
OpenaiAnswer chat_answer(Said said) {
  OpenaiAnswer answer;
  answer.usage = said.usage;
  answer.body.set("text", std::move(said.text));
  if (!said.calls.empty()) {
    Json calls{Json::Array{}};
    for (auto& [name, arguments] : said.calls) {
      Json call;
      call.set("name", std::move(name));
      call.set("arguments", arguments_of(arguments, 32));
      calls.push(std::move(call));
    }
    answer.body.set("tool_calls", std::move(calls));
  }
  if (!said.reasoning.empty()) answer.body.set("reasoning", std::move(said.reasoning));
  if (!said.refusal.empty()) answer.body.set("refusal", std::move(said.refusal));
  answer.body.set("finish", std::move(said.finish));
  if (!said.logprobs.is_null()) answer.body.set("logprobs", std::move(said.logprobs));
  add_usage(answer.body, said.usage);
  return answer;
}

Result<OpenaiAnswer> read_chat(const Json& response, const Json& choices) {
  if (!choices.is_array() || choices.as_array().empty()) return not_that("choices", "an array of choices", &choices);
  const Json& choice = choices.as_array().front();
  const Json* message = choice.find("message");
  if (message == nullptr || !message->is_object()) return not_that("choices/0/message", "object", message);
  Said said;
  said.text = TRY(text_of(*message, "content"));
  said.reasoning = TRY(text_of(*message, "reasoning_content"));
  said.refusal = TRY(text_of(*message, "refusal"));
  said.finish = TRY(text_of(choice, "finish_reason"));
  said.logprobs = TRY(logprobs_of(choice.find("logprobs")));
  said.usage = usage_of(response);
  const Json* calls = message->find("tool_calls");
  if (calls != nullptr && !calls->is_null()) {
    if (!calls->is_array() || calls->as_array().size() > kCallsMax) {
      return not_that("tool_calls", "an array of at most 64", calls);
    }
    for (const Json& call : calls->as_array()) {
      const Json* function = call.find("function");
      if (function == nullptr || !function->is_object()) return not_that("tool_calls/function", "object", function);
      std::string name = TRY(text_of(*function, "name"));
      said.calls.emplace_back(std::move(name), TRY(text_of(*function, "arguments")));
    }
  }
  return chat_answer(std::move(said));
}

Result<OpenaiAnswer> read_embeddings(const Json& response, const Json& data) {
  if (!data.is_array() || data.as_array().empty()) return not_that("data", "an array of embeddings", &data);
  Json embeddings{Json::Array{}};
  for (const Json& entry : data.as_array()) {
    const Json* embedding = entry.find("embedding");
    if (embedding == nullptr || !embedding->is_array()) return not_that("data/embedding", "array", embedding);
    const Json::Array& numbers = embedding->as_array();
    const auto other = std::find_if(numbers.begin(), numbers.end(), [](const Json& one) { return !one.is_number(); });
    if (other != numbers.end()) return not_that("data/embedding", "numbers", &*other);
    embeddings.push(*embedding);
  }
  OpenaiAnswer answer;
  answer.usage = usage_of(response);
  answer.body.set("embeddings", std::move(embeddings));
  add_usage(answer.body, answer.usage);
  return answer;
}

// The code of {"error": {...}}: its code, else its type; numbers as text.
std::string code_of(const Json& error) {
  for (const std::string_view key : {"code", "type"}) {
    const Json* value = error.find(key);
    if (value != nullptr && value->is_string() && !value->as_string().empty()) {
      return printable(value->as_string(), kCodeMax);
    }
    if (value != nullptr && value->is_int()) return std::to_string(value->as_int());
  }
  return "server-error";
}

}  // namespace

Result<OpenaiCall> openai_call(const Json& request, std::optional<std::uint64_t> seed, const std::string& model) {
  const bool chat = request.find("messages") != nullptr;
  if (!chat && request.find("input") == nullptr) {
    return Error{Errc::invalid_argument, "found neither \"messages\" nor \"input\", expected a chat or an embedding"};
  }
  const Json* stream = request.find("stream");
  OpenaiCall call;
  call.target = chat ? "/chat/completions" : "/embeddings";
  call.streams = chat && stream != nullptr && stream->is_bool() && stream->as_bool();
  Json body;
  for (const Json::Member& member : request.as_object()) {
    if (member.first != "id") body.set(member.first, member.second);
  }
  const auto set_default = [&](const char* key, Json value) {
    if (body.find(key) == nullptr) body.set(key, std::move(value));
  };
  if (!model.empty()) body.set("model", model);
  set_default("model", "default");
  if (seed && chat) {
    // What fits every server: llama.cpp reads 32 bits.
    set_default("seed", static_cast<std::int64_t>(*seed & 0x7fffffffU));
    set_default("temperature", 0);
  }
  if (call.streams) {
    Json options;
    options.set("include_usage", true);
    set_default("stream_options", std::move(options));
  }
  call.body = codec::to_json(body);
  return call;
}

OpenaiAnswer openai_failure(std::string_view code, std::string_view message) {
  Json error;
  error.set("code", printable(code, kCodeMax));
  error.set("message", printable(message, kMessageMax));
  OpenaiAnswer answer;
  answer.failure = true;
  answer.body.set("error", std::move(error));
  return answer;
}

OpenaiAnswer read_openai_error(int status, std::string_view body) {
  const Result<Json> parsed = codec::parse_json(body, {.depth_max = 16});
  const Json* error = parsed ? parsed.value().find("error") : nullptr;
  if (error != nullptr && error->is_object()) {
    const Json* message = error->find("message");
    return openai_failure(code_of(*error), message != nullptr && message->is_string() ? message->as_string() : "");
  }
  const std::string text = error != nullptr && error->is_string() ? error->as_string() : std::string{body};
  return openai_failure("http-" + std::to_string(status), text);
}

Result<OpenaiAnswer> read_openai_answer(const Json& response) {
  if (!response.is_object()) return not_that("", "object", &response);
  if (const Json* error = response.find("error"); error != nullptr && error->is_object()) {
    return read_openai_error(200, codec::to_json(response));
  }
  if (const Json* choices = response.find("choices")) return read_chat(response, *choices);
  if (const Json* data = response.find("data")) return read_embeddings(response, *data);
  return not_that("", "\"choices\" or \"data\"", nullptr);
}

Result<void> OpenaiStream::grow(std::string& text, const Json* piece, std::string_view what) {
  if (piece == nullptr || piece->is_null()) return {};
  if (!piece->is_string()) return not_that(what, "string", piece);
  bytes_ += piece->as_string().size();
  if (bytes_ > bytes_max_) {
    return Error{Errc::exhausted, "read the server's stream: longer than " + std::to_string(bytes_max_) + " bytes"};
  }
  text += piece->as_string();
  return {};
}

Result<void> OpenaiStream::take_calls(const Json& calls) {
  if (!calls.is_array()) return not_that("delta/tool_calls", "array", &calls);
  for (const Json& piece : calls.as_array()) {
    const std::uint64_t index = count_of(piece, "index");
    if (index >= kCallsMax) return not_that("delta/tool_calls/index", "less than 64", piece.find("index"));
    if (calls_.size() <= index) calls_.resize(index + 1);
    const Json* function = piece.find("function");
    if (function == nullptr || !function->is_object()) return not_that("delta/tool_calls/function", "object", function);
    TRY(grow(calls_[index].name, function->find("name"), "delta/tool_calls/name"));
    TRY(grow(calls_[index].arguments, function->find("arguments"), "delta/tool_calls/arguments"));
  }
  return {};
}

Result<void> OpenaiStream::take_delta(const Json& delta) {
  TRY(grow(text_, delta.find("content"), "delta/content"));
  TRY(grow(reasoning_, delta.find("reasoning_content"), "delta/reasoning_content"));
  TRY(grow(refusal_, delta.find("refusal"), "delta/refusal"));
  const Json* calls = delta.find("tool_calls");
  if (calls == nullptr || calls->is_null()) return {};
  return take_calls(*calls);
}

Result<void> OpenaiStream::take(std::string_view data) {
  if (ended_ || error_) return {};
  if (data == "[DONE]") {
    ended_ = true;
    return {};
  }
  const Result<Json> parsed = codec::parse_json(data, {.bytes_max = bytes_max_, .depth_max = 32});
  if (!parsed) return Error{Errc::corrupt, "read the server's stream: " + parsed.error().message()};
  const Json& chunk = parsed.value();
  if (chunk.find("error") != nullptr) {
    error_ = read_openai_error(200, data);
    return {};
  }
  const Usage usage = usage_of(chunk);
  if (usage.known) usage_ = usage;
  const Json* choices = chunk.find("choices");
  if (choices == nullptr || !choices->is_array()) return not_that("choices", "array", choices);
  if (choices->as_array().empty()) return {};  // the last chunk, with the usage alone
  const Json& choice = choices->as_array().front();
  if (count_of(choice, "index") != 0) return {};
  const Json* delta = choice.find("delta");
  if (delta == nullptr || !delta->is_object()) return not_that("choices/0/delta", "object", delta);
  TRY(take_delta(*delta));
  const Json logprobs = TRY(logprobs_of(choice.find("logprobs")));
  if (logprobs.is_array()) {
    bytes_ += 64 * logprobs.as_array().size();
    for (const Json& one : logprobs.as_array()) logprobs_.push(one);
  }
  std::string finish = TRY(text_of(choice, "finish_reason"));
  if (!finish.empty()) finish_ = std::move(finish);
  return {};
}

Result<OpenaiAnswer> OpenaiStream::finish() {
  if (error_) return *std::move(error_);
  if (finish_.empty()) return Error{Errc::corrupt, "read the server's stream: it ended before its answer did"};
  Said said{std::move(text_),
            std::move(reasoning_),
            std::move(refusal_),
            {},
            std::move(logprobs_),
            std::move(finish_),
            usage_};
  for (Call& call : calls_) said.calls.emplace_back(std::move(call.name), std::move(call.arguments));
  return chat_answer(std::move(said));
}

}  // namespace belljar::scenario
