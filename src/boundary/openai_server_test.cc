#include "boundary/openai_server.h"

#include <gtest/gtest.h>

#include "boundary/reply_for_tests.h"

namespace belljar::boundary {
namespace {

codec::Json json(std::string_view text) { return codec::parse_json(text).value(); }

constexpr std::string_view kChat = "/v1/chat/completions";

TEST(OpenaiServer, a_chat_request_becomes_a_plain_object_and_a_model) {
  const auto ask = read_model_ask(kChat, R"({"model":"lm","stream":true,"stream_options":{"include_usage":true},
                "messages":[{"role":"user","content":"hi"}],"temperature":0,"id":"mine"})");
  ASSERT_TRUE(ask) << ask.error().message();
  EXPECT_EQ(ask.value().model, "lm");
  EXPECT_TRUE(ask.value().streams);
  EXPECT_TRUE(ask.value().wants_usage);
  EXPECT_EQ(codec::to_json(ask.value().request), R"({"messages":[{"role":"user","content":"hi"}],"temperature":0})");
}

TEST(OpenaiServer, what_is_no_request_says_what_was_expected) {
  const std::pair<std::string, std::string> cases[] = {
      {"{", ""},
      {"[]", "the body: expected an object"},
      {R"({"messages":[]})", "model: expected"},
      {R"({"model":"lm"})", "messages: expected"},
      {R"({"model":"lm","messages":"hi"})", "messages: expected"},
      {R"({"model":"lm","messages":[1]})", "messages/0/role"},
      {R"({"model":"lm","messages":[{"role":"user"}],"tools":[{}]})", "tools/0/function/name"},
      {std::string(200, '['), ""},
  };
  for (const auto& [body, expected] : cases) {
    const auto read = read_model_ask(kChat, body);
    ASSERT_FALSE(read) << body;
    EXPECT_NE(read.error().message().find(expected), std::string::npos) << read.error().message();
  }
  EXPECT_FALSE(read_model_ask("/v1/completions", R"({"model":"lm"})"));
}

TEST(OpenaiServer, an_answer_with_tools_comes_as_clients_know_it) {
  ModelAsk ask;
  ask.model = "lm";
  GatheredReply reply;
  answer_model(
      reply, ask,
      json(R"({"text":"","tool_calls":[{"name":"read_file","arguments":{"path":"a"}}],"usage":{"in":3,"out":4}})"), 7);
  EXPECT_EQ(reply.status, 200);
  const codec::Json choice = reply.json().find("choices")->as_array()[0];
  EXPECT_EQ(codec::to_json(*choice.find("message")),
            R"({"role":"assistant","content":null,"tool_calls":[{"id":"call_7_0","type":"function",)"
            R"("function":{"name":"read_file","arguments":"{\"path\":\"a\"}"}}]})");
  EXPECT_EQ(choice.find("finish_reason")->as_string(), "tool_calls");
  EXPECT_EQ(codec::to_json(*reply.json().find("usage")),
            R"({"prompt_tokens":3,"completion_tokens":4,"total_tokens":7})");
}

// Put together, the pieces of a stream are the text, and none ends inside a character.
TEST(OpenaiServer, a_stream_loses_nothing) {
  std::string text;
  for (int at = 0; at < 60; ++at) text += at % 3 == 0 ? "é" : at % 3 == 1 ? "🙂" : "ab ";
  ModelAsk ask;
  ask.model = "lm";
  ask.streams = true;
  ask.wants_usage = true;
  GatheredReply reply;
  answer_model(reply, ask, codec::Json::Object{{"text", text}}, 1);
  std::string together;
  std::size_t events = 0;
  for (std::size_t at = 0; (at = reply.text.find("data: ", at)) != std::string::npos; ++events) {
    const std::size_t end = reply.text.find("\n\n", at);
    const std::string data = reply.text.substr(at + 6, end - at - 6);
    at = end;
    if (data == "[DONE]") continue;
    const codec::Json chunk = json(data);  // well-formed, or no value
    const codec::Json& choices = *chunk.find("choices");
    if (choices.as_array().empty()) continue;
    if (const codec::Json* piece = choices.as_array()[0].find("delta")->find("content")) together += piece->as_string();
  }
  EXPECT_EQ(together, text);
  EXPECT_GT(events, 6U);
  EXPECT_TRUE(reply.text.ends_with("data: [DONE]\n\n"));
  EXPECT_TRUE(reply.ended);
}

TEST(OpenaiServer, embeddings_come_as_numbers_or_packed) {
  ModelAsk ask;
  ask.chat = false;
  ask.model = "lm";
  GatheredReply plain;
  answer_model(plain, ask, json(R"({"embeddings":[[1,0.5]]})"), 1);
  EXPECT_EQ(codec::to_json(*json(plain.text).find("data")),
            R"([{"object":"embedding","index":0,"embedding":[1,0.5]}])");
  ask.base64 = true;
  GatheredReply packed;
  answer_model(packed, ask, json(R"({"embeddings":[[1,0.5]]})"), 1);
  EXPECT_EQ(json(packed.text).find("data")->as_array()[0].find("embedding")->as_string(), "AACAPwAAAD8=");
}

}  // namespace
}  // namespace belljar::boundary
