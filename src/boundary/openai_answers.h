// The server's half of the OpenAI API: what a client asked, as one plain object, and a plain answer as the client
// expects it, whole or streamed. The objects are those of a link to a language model (docs/openai_models.md):
//
//     POST /v1/chat/completions  {"model": "lm", "messages": [...], "stream": true}
//       -> OpenaiAsk{chat, "lm", streams, {"messages": [...]}}
//     {"text": "...", "tool_calls": [{"name": "get_weather", "arguments": {...}}], "finish": "stop", "usage": {...}}
//       -> chat.completion, or chat.completion.chunk events that end in [DONE]
//     {"embeddings": [[0.1, ...]], "usage": {...}}  -> a list of embeddings
//
// Requests are hostile; answers come from models and are as hostile. Nothing here depends on time: `created` is 0, ids
// follow from the call's number. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "boundary/service.h"
#include "codec/json.h"

namespace belljar::boundary {

struct OpenaiAsk {
  enum class Kind { models, chat, embeddings };
  Kind kind = Kind::models;
  std::string model;
  bool streams = false;
  bool wants_usage = false;  // of a stream
  bool base64 = false;       // embeddings as the base64 of 32-bit floats, little-endian
  codec::Json request;       // less "model", "stream", "stream_options"
};

// The error says what to send instead: Errc::invalid_argument, or Errc::not_found for a path that no such server has.
Result<OpenaiAsk> read_openai_ask(const HttpAsk& ask);

void send_openai_models(Reply& reply, const std::vector<std::string>& models);
// `number` names the answer: "chatcmpl-7".
void send_openai_answer(Reply& reply, const OpenaiAsk& ask, const codec::Json& answer, std::uint64_t number);

}  // namespace belljar::boundary
