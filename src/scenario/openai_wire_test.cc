#include "scenario/openai_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::scenario {
namespace {

using codec::Json;
using codec::parse_json;
using codec::to_json;
using testing::HasSubstr;

Json json(std::string_view text) { return parse_json(text).value(); }

TEST(OpenaiCall, LeavesTheIdOutAndAddsWhatRepeatabilityNeeds) {
  const Json request = json(R"({"id":"c-1","messages":[{"role":"user","content":"hi"}],"max_tokens":8})");
  const OpenaiCall plain = openai_call(request, std::nullopt).value();
  EXPECT_EQ(plain.target, "/chat/completions");
  EXPECT_EQ(plain.body, R"({"messages":[{"role":"user","content":"hi"}],"max_tokens":8,"model":"default"})");
  EXPECT_FALSE(plain.streams);
  const Json seeded = json(openai_call(request, 7).value().body);
  EXPECT_EQ(seeded.find("seed")->as_int(), 7);
  EXPECT_EQ(seeded.find("temperature")->as_int(), 0);
  const Json chosen = json(R"({"messages":[],"temperature":0.5,"seed":1,"model":"x","stream":true})");
  const OpenaiCall streamed = openai_call(chosen, 7).value();
  EXPECT_TRUE(streamed.streams);
  EXPECT_EQ(to_json(*json(streamed.body).find("temperature")), "0.5");
  EXPECT_EQ(json(streamed.body).find("seed")->as_int(), 1);
  EXPECT_EQ(to_json(*json(streamed.body).find("stream_options")), R"({"include_usage":true})");
}

TEST(OpenaiCall, EmbedsAndRefusesTheRest) {
  EXPECT_EQ(openai_call(json(R"({"input":["a"]})"), 7).value().body, R"({"input":["a"],"model":"default"})");
  EXPECT_EQ(openai_call(json(R"({"input":["a"]})"), 7).value().target, "/embeddings");
  EXPECT_FALSE(openai_call(json(R"({"id":"c-1","text":"a"})"), 7));
}

struct Row {
  const char* name;
  const char* response;
  const char* answer;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class OpenaiAnswerRead : public testing::TestWithParam<Row> {};

TEST_P(OpenaiAnswerRead, AsOnePlainObject) {
  const Result<OpenaiAnswer> answer = read_openai_answer(json(GetParam().response));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(to_json(answer.value().body), GetParam().answer);
}

INSTANTIATE_TEST_SUITE_P(
    Table, OpenaiAnswerRead,
    testing::Values(
        Row{"text",
            R"({"id":"x","created":1,"choices":[{"message":{"content":"Hi."},"finish_reason":"stop"}],"timings":{}})",
            R"({"text":"Hi.","finish":"stop"})"},
        Row{"usage",
            R"({"choices":[{"message":{"content":"a"},"finish_reason":"length"}],)"
            R"("usage":{"prompt_tokens":3,"completion_tokens":1}})",
            R"({"text":"a","finish":"length","usage":{"in":3,"out":1}})"},
        Row{"tools",
            R"({"choices":[{"message":{"content":null,"tool_calls":[{"id":"r4nd","function":)"
            R"({"name":"f","arguments":"{\"a\":1}"}},{"function":{"name":"g","arguments":"no"}}]},)"
            R"("finish_reason":"tool_calls"}]})",
            R"({"text":"","tool_calls":[{"name":"f","arguments":{"a":1}},{"name":"g","arguments":"no"}],)"
            R"("finish":"tool_calls"})"},
        Row{"logprobs",
            R"({"choices":[{"message":{"content":"a"},"finish_reason":"stop","logprobs":{"content":)"
            R"([{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]}}]})",
            R"({"text":"a","finish":"stop","logprobs":[{"token":"a","logprob":-0.5}]})"},
        Row{"reasoning",
            R"({"choices":[{"message":{"content":"a","reasoning_content":"b","refusal":"c"},"finish_reason":"stop"}]})",
            R"({"text":"a","reasoning":"b","refusal":"c","finish":"stop"})"},
        Row{"embedding", R"({"data":[{"embedding":[1,2]},{"embedding":[3,4]}],"usage":{"prompt_tokens":2}})",
            R"({"embeddings":[[1,2],[3,4]],"usage":{"in":2,"out":0}})"},
        Row{"error", R"({"error":{"message":"no","type":"invalid_request_error","code":null}})",
            R"({"error":{"code":"invalid_request_error","message":"no"}})"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(OpenaiAnswer, NonsenseIsToldWithItsPlace) {
  const std::pair<const char*, const char*> rows[] = {
      {"[]", "expected object"},
      {"{}", "choices"},
      {R"({"choices":[]})", "choices"},
      {R"({"choices":7})", "choices"},
      {R"({"choices":[7]})", "choices/0/message"},
      {R"({"choices":[{"message":{"content":[1]}}]})", "content: found array"},
      {R"({"choices":[{"message":{"content":"","tool_calls":[1]}}]})", "tool_calls/function"},
      {R"({"choices":[{"message":{"content":""},"logprobs":{"content":[{}]}}]})", "logprobs/content/token"},
      {R"({"data":[{"embedding":["a"]}]})", "data/embedding"},
  };
  for (const auto& [response, place] : rows) {
    const Result<OpenaiAnswer> answer = read_openai_answer(json(response));
    ASSERT_FALSE(answer) << response;
    EXPECT_EQ(answer.error().code(), Errc::corrupt);
    EXPECT_THAT(answer.error().message(), HasSubstr(place));
  }
}

TEST(OpenaiErrors, HaveACodeWhateverTheBody) {
  EXPECT_EQ(to_json(read_openai_error(429, R"({"error":{"code":"rate","message":"slow down"}})").body),
            R"({"error":{"code":"rate","message":"slow down"}})");
  EXPECT_EQ(to_json(read_openai_error(503, R"({"error":{"code":503,"message":"Loading model"}})").body),
            R"({"error":{"code":"503","message":"Loading model"}})");
  EXPECT_EQ(to_json(read_openai_error(500, "<html>\x1b[31m").body),
            R"({"error":{"code":"http-500","message":"<html>\\x1b[31m"}})");
  EXPECT_EQ(to_json(read_openai_error(400, R"({"error":"bad"})").body),
            R"({"error":{"code":"http-400","message":"bad"}})");
}

Result<OpenaiAnswer> stream(const std::vector<std::string>& events, std::size_t bytes_max = 1000) {
  OpenaiStream stream{bytes_max};
  for (const std::string& event : events) {
    if (Result<void> taken = stream.take(event); !taken) return taken.error();
  }
  return stream.finish();
}

std::string delta(std::string_view members, std::string_view finish = "null") {
  return R"({"choices":[{"index":0,"delta":{)" + std::string{members} + R"(},"finish_reason":)" + std::string{finish} +
         "}]}";
}

TEST(OpenaiStream, GivesWhatTheSameAnswerGivesWhole) {
  const Result<OpenaiAnswer> answer =
      stream({delta(R"("role":"assistant","content":null)"), delta(R"("content":"Hi")"), delta(R"("content":".")"),
              delta(R"("tool_calls":[{"index":0,"id":"r4nd","function":{"name":"f","arguments":""}}])"),
              delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"a\""}}])"),
              delta(R"("tool_calls":[{"index":0,"function":{"arguments":":1}"}}])"), delta("", R"("stop")"),
              R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}})", "[DONE]", "ignored"});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(
      to_json(answer.value().body),
      R"({"text":"Hi.","tool_calls":[{"name":"f","arguments":{"a":1}}],"finish":"stop","usage":{"in":3,"out":2}})");
  EXPECT_TRUE(answer.value().usage.known);
}

TEST(OpenaiStream, AnErrorInTheMiddleIsTheAnswer) {
  const Result<OpenaiAnswer> answer =
      stream({delta(R"("content":"Hi")"), R"({"error":{"code":500,"message":"out of memory"}})", "[DONE]"});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer.value().failure);
}

TEST(OpenaiStream, NonsenseTruncationAndFloodsAreErrors) {
  EXPECT_EQ(stream({delta(R"("content":"Hi")"), "[DONE]"}).error().code(), Errc::corrupt);
  EXPECT_EQ(stream({}).error().code(), Errc::corrupt);
  EXPECT_EQ(stream({"not json"}).error().code(), Errc::corrupt);
  EXPECT_EQ(stream({"{}"}).error().code(), Errc::corrupt);
  EXPECT_EQ(stream({delta(R"("tool_calls":[{"index":99999999,"function":{}}])")}).error().code(), Errc::corrupt);
  EXPECT_EQ(stream(std::vector<std::string>(500, delta(R"("content":"flood")"))).error().code(), Errc::exhausted);
}

}  // namespace
}  // namespace belljar::scenario
