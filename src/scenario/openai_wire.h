// The words of an OpenAI-compatible server: a link's request as an HTTP call, and what comes back as one plain object
// that is the same whether it came whole or streamed, from whichever server.
//
//     {"id": "c-1-...", "messages": [{"role": "user", "content": "..."}]}
//       -> {"text": "...", "tool_calls": [{"name": "get_weather", "arguments": {"city": "Oslo"}}], "finish": "stop",
//           "logprobs": [{"token": " a", "logprob": -0.1}], "usage": {"in": 35, "out": 10}}
//     {"id": "c-2-...", "input": ["...", "..."]}
//       -> {"embeddings": [[0.1, ...], [...]], "usage": {"in": 12, "out": 0}}
//     an error
//       -> {"error": {"code": "rate_limit_exceeded", "message": "..."}}
//
// `tool_calls`, `logprobs`, `reasoning` and `refusal` are there when the server gave them; arguments that are no JSON
// object stay text. What differs from run to run (ids, times, fingerprints) is left out. docs/openai_models.md tells it
// to people. Pure; everything a server says is untrusted, bounded by the caller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "scenario/port.h"

namespace belljar::scenario {

struct OpenaiCall {
  std::string target;  // "/chat/completions", below wherever the server has its API
  std::string body;
  bool streams = false;
};

// With a `seed`, the model is asked to be repeatable: seed, temperature 0, where the request does not say otherwise.
// Errc::invalid_argument: a request that is neither chat nor embedding.
// `model`: the name that the server knows it by, whatever the request says; empty: the request's own, or "default".
Result<OpenaiCall> openai_call(const codec::Json& request, std::optional<std::uint64_t> seed,
                               const std::string& model = {});

struct OpenaiAnswer {
  codec::Json body;  // without id; has "error" when it is a failure
  Usage usage;
  bool failure = false;
};

// Errc::corrupt: the object is not what such a server answers; the message says where.
Result<OpenaiAnswer> read_openai_answer(const codec::Json& response);
// Of a response with an error status, whatever its body.
OpenaiAnswer read_openai_error(int status, std::string_view body);
OpenaiAnswer openai_failure(std::string_view code, std::string_view message);

// Puts the pieces of a streamed chat together. The text it holds is bounded by bytes_max.
class OpenaiStream {
 public:
  explicit OpenaiStream(std::size_t bytes_max) : bytes_max_{bytes_max} {}

  // The data of one event. Errc::corrupt as above; Errc::exhausted beyond bytes_max.
  Result<void> take(std::string_view data);
  // The stream ended. Errc::corrupt when it ended before its answer did.
  Result<OpenaiAnswer> finish();

 private:
  struct Call {
    std::string name;
    std::string arguments;
  };
  Result<void> take_delta(const codec::Json& delta);
  Result<void> take_calls(const codec::Json& calls);
  Result<void> grow(std::string& text, const codec::Json* piece, std::string_view what);

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::string text_;
  std::string reasoning_;
  std::string refusal_;
  std::vector<Call> calls_;
  codec::Json logprobs_;
  std::string finish_;
  Usage usage_;
  std::optional<OpenaiAnswer> error_;
  bool ended_ = false;
};

}  // namespace belljar::scenario
