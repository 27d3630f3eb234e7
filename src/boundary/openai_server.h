// OpenAI server: the words of an OpenAI-compatible server, from the server's side: what a client asks, as the plain
// object that crosses a link (docs/openai_models.md), and plain answers as the client expects them, whole or streamed.
//
//   Result<ModelAsk> model_ask = read_model_ask(ask);           // POST /v1/chat/completions, /v1/embeddings
//   model_ask.value().request                                   // {"messages": [...], "tools": [...]}
//   answer_model(*reply, model_ask.value(), plain, number);     // {"text", "tool_calls", "finish", "usage"}
//
// What a client asks is hostile: bounded in size, depth, messages and tools, its shape checked; Errc::invalid_argument
// says where. `model`, `stream`, `stream_options` and `encoding_format` do not cross. Times and ids follow from
// `number`. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "boundary/service.h"
#include "codec/json.h"

namespace belljar::boundary {

constexpr std::size_t kModelAskBytesMax = 4U << 20;
constexpr std::size_t kModelMessagesMax = 2048;
constexpr std::size_t kModelToolsMax = 128;

struct ModelAsk {
  bool chat = true;  // else embeddings
  bool streams = false;
  bool wants_usage = false;
  bool base64 = false;  // embeddings as the base64 of 32-bit floats, little-endian
  std::string model;
  codec::Json request;
};

Result<ModelAsk> read_model_ask(std::string_view target_path, std::string_view body);

// `plain` as in docs/openai_models.md; a member that is not what that says is read as absent.
void answer_model(Reply& reply, const ModelAsk& ask, const codec::Json& plain, std::uint64_t number);
// {"code", "message"} of a failure, with the status that makes clients do the right thing: 4xx are not asked again.
void answer_model_error(Reply& reply, int status, std::string_view code, std::string_view message);
// GET /v1/models.
void answer_model_list(Reply& reply, const std::vector<std::string>& models);

}  // namespace belljar::boundary
