#include "boundary/openai_answers.h"

#include <gtest/gtest.h>

#include "boundary/reply_for_tests.h"

namespace belljar::boundary {
namespace {

HttpAsk chat(std::string body, std::string target = "/v1/chat/completions") {
  HttpAsk ask;
  ask.subject = "agent";
  ask.method = "POST";
  ask.target = std::move(target);
  ask.body = std::move(body);
  return ask;
}

codec::Json json(std::string_view text) { return codec::parse_json(text).value(); }

TEST(OpenaiAnswers, a_chat_request_becomes_a_plain_object_and_a_model) {
  const auto ask = read_openai_ask(chat(
      R"({"model":"lm","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}],
         "temperature":0,"id":"mine"})"));
  ASSERT_TRUE(ask) << ask.error().message();
  EXPECT_EQ(ask.value().model, "lm");
  EXPECT_TRUE(ask.value().streams);
  EXPECT_TRUE(ask.value().wants_usage);
  EXPECT_EQ(codec::to_json(ask.value().request), R"({"messages":[{"role":"user","content":"hi"}],"temperature":0})");
}

TEST(OpenaiAnswers, what_is_no_request_says_what_was_expected) {
  const std::pair<HttpAsk, std::string> cases[] = {
      {chat("{"), "no JSON"},
      {chat("[]"), "expected an object"},
      {chat(R"({"messages":[]})"), "\"model\""},
      {chat(R"({"model":"lm"})"), "no list \"messages\""},
      {chat(R"({"model":"lm","messages":"hi"})"), "no list \"messages\""},
      {chat(R"({"model":"lm","messages":[]})", "/v1/completions"), "expected /v1/models"},
      {chat(std::string(200, '[')), "no JSON"},
  };
  for (const auto& [ask, expected] : cases) {
    const auto read = read_openai_ask(ask);
    ASSERT_FALSE(read) << ask.body;
    EXPECT_NE(read.error().message().find(expected), std::string::npos) << read.error().message();
  }
  HttpAsk get = chat("", "/v1/chat/completions");
  get.method = "GET";
  EXPECT_FALSE(read_openai_ask(get));
}

TEST(OpenaiAnswers, an_answer_with_tools_comes_as_clients_know_it) {
  OpenaiAsk ask;
  ask.kind = OpenaiAsk::Kind::chat;
  ask.model = "lm";
  GatheredReply reply;
  send_openai_answer(
      reply, ask,
      json(R"({"text":"","tool_calls":[{"name":"read_file","arguments":{"path":"a"}}],"usage":{"in":3,"out":4}})"), 7);
  EXPECT_EQ(reply.status, 200);
  const codec::Json said = json(reply.text);
  EXPECT_EQ(codec::to_json(said),
            R"({"id":"chatcmpl-7","object":"chat.completion","created":0,"model":"lm","choices":[{"index":0,"message":)"
            R"({"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"call_7_0","type":"function",)"
            R"("function":{"name":"read_file","arguments":"{\"path\":\"a\"}"}}]},"finish_reason":"tool_calls"}],)"
            R"("usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}})");
}

// Put together, the pieces of a stream are the text, and none ends inside a character.
TEST(OpenaiAnswers, a_stream_loses_nothing) {
  std::string text;
  for (int at = 0; at < 60; ++at) text += at % 3 == 0 ? "é" : at % 3 == 1 ? "🙂" : "ab ";
  OpenaiAsk ask;
  ask.kind = OpenaiAsk::Kind::chat;
  ask.model = "lm";
  ask.streams = true;
  ask.wants_usage = true;
  GatheredReply reply;
  send_openai_answer(reply, ask, codec::Json::Object{{"text", text}}, 1);
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

TEST(OpenaiAnswers, embeddings_come_as_numbers_or_packed) {
  OpenaiAsk ask;
  ask.kind = OpenaiAsk::Kind::embeddings;
  ask.model = "lm";
  GatheredReply plain;
  send_openai_answer(plain, ask, json(R"({"embeddings":[[1,0.5]]})"), 1);
  EXPECT_EQ(codec::to_json(*json(plain.text).find("data")),
            R"([{"object":"embedding","index":0,"embedding":[1,0.5]}])");
  ask.base64 = true;
  GatheredReply packed;
  send_openai_answer(packed, ask, json(R"({"embeddings":[[1,0.5]]})"), 1);
  EXPECT_EQ(json(packed.text).find("data")->as_array()[0].find("embedding")->as_string(), "AACAPwAAAD8=");
}

}  // namespace
}  // namespace belljar::boundary
