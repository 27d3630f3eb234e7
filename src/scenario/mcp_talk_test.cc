#include "scenario/mcp_talk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace belljar::scenario {
namespace {

using codec::Json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kAgreed =
    R"({"jsonrpc":"2.0","id":"belljar-initialize","result":{"protocolVersion":"2025-06-18","capabilities":{}}})";

// A server in the test's own hands.
class Talk {
 public:
  explicit Talk(FrameLimits limits = {.bytes_max = 2048, .depth_max = 8}) : talk{limits, ids} {}

  std::string call(std::uint64_t number, const std::string& body) {
    const std::string id = ids.id(number);
    Json whole = codec::parse_json(body).value();
    whole.set("id", id);
    talk.ask({number, id, whole, codec::to_json(whole)});
    return id;
  }
  std::string list(std::uint64_t number) { return call(number, R"({"tools":"list"})"); }
  void say(std::string_view line) { talk.hear(std::string{line} + "\n"); }
  void agree() {
    say(kAgreed);
    talk.take_lines();
  }
  // What has arrived, each in one word and its body.
  std::vector<std::string> arrived() {
    std::vector<std::string> all;
    while (const auto one = talk.next()) {
      constexpr std::array<std::string_view, 4> kKinds{"answer", "failure", "stray", "lost"};
      const std::string kind{kKinds[static_cast<std::size_t>(one->kind)]};
      all.push_back(one->kind == Arrival::Kind::stray ? kind + " " + std::string{one->stray}
                                                      : kind + " " + std::to_string(one->number) + " " + one->text);
    }
    return all;
  }

  CaseIds ids{Digest{}};
  McpTalk talk;
};

std::string answer(const std::string& id, const std::string& rest) {
  return R"({"jsonrpc":"2.0","id":")" + id + "\"," + rest + "}";
}

TEST(McpTalk, GreetsFirstAndThenAsks) {
  Talk one;
  const std::string id = one.call(1, R"({"tool":"read","arguments":{"path":"/a"}})");
  const std::vector<std::string> hello = one.talk.take_lines();
  ASSERT_EQ(hello.size(), 1U);
  EXPECT_THAT(hello[0], HasSubstr(R"("id":"belljar-initialize","method":"initialize")"));
  one.say(kAgreed);
  EXPECT_THAT(one.talk.take_lines(),
              ElementsAre(R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                          answer(id, R"("method":"tools/call","params":{"name":"read","arguments":{"path":"/a"}})")));
  one.say(answer(id, R"("result":{"content":[{"type":"text","text":"hi"}],"isError":false,"_meta":{"at":1}})"));
  EXPECT_THAT(one.arrived(), ElementsAre("answer 1 {\"id\":\"" + id +
                                         R"(","content":[{"type":"text","text":"hi"}],"isError":false})"));
}

TEST(McpTalk, AServerThatDoesNotAgreeFailsEveryQuestion) {
  for (const std::string_view said :
       {R"({"jsonrpc":"2.0","id":"belljar-initialize","result":{"protocolVersion":"1999-01-01"}})",
        R"({"jsonrpc":"2.0","id":"belljar-initialize","error":{"code":-1,"message":"no"}})",
        R"({"jsonrpc":"2.0","id":"belljar-initialize","result":7})"}) {
    Talk one;
    one.list(1);
    one.say(said);
    one.call(2, R"({"tool":"read","arguments":{}})");
    EXPECT_THAT(one.arrived(), ElementsAre(testing::StartsWith("failure 1"), testing::StartsWith("failure 2"))) << said;
  }
}

TEST(McpTalk, AListOfSeveralPagesIsOneAnswer) {
  Talk one;
  one.agree();
  const std::string id = one.list(1);
  one.talk.take_lines();
  one.say(answer(id, R"("result":{"tools":[{"name":"a"}],"nextCursor":"p2"})"));
  EXPECT_THAT(one.talk.take_lines(),
              ElementsAre(answer(id + ".1", R"("method":"tools/list","params":{"cursor":"p2"})")));
  one.say(answer(id, R"("result":{"tools":[]})"));
  EXPECT_THAT(one.arrived(), ElementsAre("stray duplicate"));
  one.say(answer(id + ".1", R"("result":{"tools":[{"name":"b"}]})"));
  EXPECT_THAT(one.arrived(), ElementsAre("answer 1 {\"id\":\"" + id + R"(","tools":[{"name":"a"},{"name":"b"}]})"));
}

TEST(McpTalk, AListThatDoesNotEndFails) {
  Talk one;
  one.agree();
  const std::string id = one.list(1);
  std::string wire = id;
  for (std::size_t page = 1; page <= McpTalk::kPagesMax; ++page) {
    one.say(answer(wire, R"("result":{"tools":[],"nextCursor":"more"})"));
    wire = id + "." + std::to_string(page);
  }
  EXPECT_THAT(one.arrived(), ElementsAre(HasSubstr("does not end")));

  Talk large;
  large.agree();
  large.say(answer(large.list(1), R"("result":{"tools":[")" + std::string(2050, 'x') + "\"]}"));
  EXPECT_THAT(large.arrived(), ElementsAre(HasSubstr("too long")));
}

TEST(McpTalk, WhatTheServerAsksIsTurnedDownAndBounded) {
  Talk one;
  one.agree();
  one.say(R"({"jsonrpc":"2.0","id":5,"method":"sampling/createMessage","params":{}})");
  one.say(R"({"jsonrpc":"2.0","id":"p","method":"ping"})");
  one.say(R"({"jsonrpc":"2.0","method":"notifications/tools/list_changed"})");
  EXPECT_THAT(one.talk.take_lines(),
              ElementsAre(R"({"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"method not found"}})",
                          R"({"jsonrpc":"2.0","id":"p","result":{}})"));
  EXPECT_THAT(one.arrived(), IsEmpty());
  for (std::size_t at = 0; at < McpTalk::kServerAsksMax; ++at) one.say(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  EXPECT_EQ(one.talk.take_lines().size(), McpTalk::kServerAsksMax - 2);
  EXPECT_THAT(one.arrived(), ElementsAre("stray unsolicited", "stray unsolicited"));
}

TEST(McpTalk, AHostileServerCanAnswerOpenQuestionsAlone) {
  struct Row {
    std::string says;  // ID stands for that of the open question
    std::string expected;
  };
  const std::vector<Row> rows{
      {R"({"jsonrpc":"2.0","id":"c-9-0000000000000000","result":{}})", "stray foreign-id"},
      {R"({"jsonrpc":"2.0","id":"belljar-initialize","result":{"protocolVersion":"2025-06-18"}})", "stray foreign-id"},
      {R"({"jsonrpc":"2.0","result":{}})", "stray unsolicited"},
      {"Listening on stdio", "stray not-json"},
      {"[" + std::string(60, '[') + "]", "stray too-deep"},
      {std::string(8000, 'x'), "stray too-large"},
      {R"({"jsonrpc":"2.0","id":"ID"})", R"("code":"bad-response")"},
      {R"({"jsonrpc":"2.0","id":"ID","result":[]})", R"("code":"bad-response")"},
      {R"({"jsonrpc":"2.0","id":"ID","error":{"code":-32602,"message":"no such tool"}})",
       R"({"code":"invalid-params","message":"no such tool"})"},
      {R"({"jsonrpc":"2.0","id":"ID","result":{"content":")" + std::string(2040, 'x') + "\"}}", "stray too-large"},
      {R"({"jsonrpc":"2.0","id":"ID","result":{"tools":[{"name":"shell"}]}})", R"({"id":"ID"})"},
  };
  for (const Row& row : rows) {
    Talk one;
    one.agree();
    const std::string id = one.call(1, R"({"tool":"read","arguments":{}})");
    const auto with_id = [&](std::string text) {
      if (const std::size_t at = text.find("ID"); at != std::string::npos) text.replace(at, 2, id);
      return text;
    };
    one.say(with_id(row.says));
    EXPECT_THAT(one.arrived(), ElementsAre(HasSubstr(with_id(row.expected)))) << row.says.substr(0, 100);
  }
}

TEST(McpTalk, WhatWasGivenUpIsLate) {
  Talk one;
  one.agree();
  const std::string id = one.call(1, R"({"tool":"read","arguments":{}})");
  const std::string listed = one.list(2);
  one.talk.give_up(1);
  one.talk.give_up(2);
  one.say(answer(id, R"("result":{"content":[]})"));
  one.say(answer(listed, R"("result":{"tools":[]})"));
  EXPECT_THAT(one.arrived(), ElementsAre("stray late", "stray late"));
}

}  // namespace
}  // namespace belljar::scenario
