#include "scenario/tool_calls.h"

#include "boundary/reply_for_tests.h"
#include "codec/json.h"

namespace belljar::scenario {
namespace {

using boundary::GatheredReply;
using boundary::make_ask;
using codec::Json;
using testing::HasSubstr;

// The service and the desk behind it; a test answers what lies there.
struct Tools {
  std::shared_ptr<LiveCalls> desk = LiveCalls::make().value();
  ToolCalls service{desk, {{"agent", {"files"}}}};

  std::shared_ptr<GatheredReply> post(const std::string& body, const std::string& target = "/files/mcp") {
    auto reply = std::make_shared<GatheredReply>();
    service.answer(make_ask("POST", target, body), reply);
    return reply;
  }
  std::string asked() {
    const std::optional<Call> call = desk->take();
    if (!call) return "";
    last = call->id;
    return call->from + " " + call->to + " " + codec::to_json(call->body);
  }
  void say(std::string_view body) {
    desk->reply(last, {CallReply::Kind::answer, codec::parse_json(body).value(), "", ""});
  }

  std::uint64_t last = 0;
};

TEST(ToolCalls, ACallGoesToTheDeskAndItsAnswerBackUnderTheClientsId) {
  Tools tools;
  const auto reply = tools.post(
      R"({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "read", "arguments": {"path": "/a"}}})");
  EXPECT_FALSE(reply->ended);
  EXPECT_EQ(tools.asked(), R"(agent files {"tool":"read","arguments":{"path":"/a"}})");
  tools.say(R"({"id": "c-1", "content": [{"type": "text", "text": "hello"}]})");
  EXPECT_EQ(reply->text, R"({"jsonrpc":"2.0","id":7,"result":{"content":[{"type":"text","text":"hello"}]}})");
  const auto list = tools.post(R"({"jsonrpc": "2.0", "id": "a", "method": "tools/list"})");
  EXPECT_EQ(tools.asked(), R"(agent files {"tools":"list"})");
  tools.say(R"({"id": "c-2", "tools": []})");
  EXPECT_EQ(list->text, R"({"jsonrpc":"2.0","id":"a","result":{"tools":[]}})");
}

TEST(ToolCalls, TheGreetingIsTheHostsOwn) {
  Tools tools;
  const auto reply =
      tools.post(R"({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-03-26"}})");
  EXPECT_THAT(reply->text, HasSubstr(R"("protocolVersion":"2025-03-26","capabilities":{"tools":{}})"));
  EXPECT_THAT(tools.post(R"({"jsonrpc": "2.0", "id": 1, "method": "initialize"})")->text, HasSubstr("2025-11-25"));
  EXPECT_EQ(tools.post(R"({"jsonrpc": "2.0", "id": 2, "method": "ping"})")->text,
            R"({"jsonrpc":"2.0","id":2,"result":{}})");
  EXPECT_EQ(tools.post(R"({"jsonrpc": "2.0", "method": "notifications/initialized"})")->status, 202);
  EXPECT_EQ(tools.asked(), "");
}

TEST(ToolCalls, WhatIsNoCallOfAToolStopsHere) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {}})", "method not found"},
      {R"({"jsonrpc": "2.0", "id": 1, "method": "tools/call"})", "\\\"name\\\" of a tool"},
      {R"({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "a", "arguments": 3}})", "arguments"},
      {R"([{"jsonrpc": "2.0", "id": 1, "method": "ping"}])", "no object"},
      {R"({"jsonrpc": "1.0", "id": 1, "method": "ping"})", "2.0"},
      {R"({"jsonrpc": "2.0", "id": {}, "method": "ping"})", "id:"},
      {"{", "-32700"}};
  for (const auto& [body, says] : cases) {
    Tools tools;
    const auto reply = tools.post(body);
    EXPECT_TRUE(reply->ended) << body;
    EXPECT_THAT(reply->text, HasSubstr(says)) << body;
    EXPECT_EQ(tools.asked(), "") << body;
  }
}

TEST(ToolCalls, ARefusalReachesTheClientWithItsReasonButADecoyDoesNotGiveItselfAway) {
  const std::string body = R"({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "write"}})";
  Tools tools;
  const auto refused = tools.post(body);
  tools.asked();
  tools.desk->reply(tools.last, {CallReply::Kind::failed, {}, "policy.default", "no rule permits it"});
  EXPECT_EQ(refused->text, R"({"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no rule permits it"}})");
  const auto decoy = tools.post(body);
  tools.asked();
  tools.desk->reply(tools.last, {CallReply::Kind::failed, {}, "decoy.files/write", "the decoy tool was called"});
  EXPECT_EQ(decoy->text, R"({"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"the tool failed"}})");
}

TEST(ToolCalls, SpeaksTheOlderTransportToo) {
  Tools tools;
  auto stream = std::make_shared<GatheredReply>();
  tools.service.answer(make_ask("GET", "/files/sse"), stream);
  EXPECT_EQ(stream->text, "event: endpoint\ndata: /files/messages?session=1\n\n");
  const auto reply = tools.post(R"({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})", "/files/messages?session=1");
  EXPECT_EQ(reply->status, 202);
  tools.asked();
  tools.say(R"({"id": "c-1", "tools": []})");
  EXPECT_THAT(stream->text,
              testing::EndsWith("event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[]}}\n\n"));
  EXPECT_EQ(tools.post("{}", "/files/messages?session=2")->status, 404);
  EXPECT_EQ(tools.post("{}", "/other/mcp")->status, 404);
  EXPECT_EQ(tools.post("{}", "/files")->status, 404);
  auto listen = std::make_shared<GatheredReply>();
  tools.service.answer(make_ask("GET", "/files/mcp"), listen);
  EXPECT_EQ(listen->status, 405) << "nothing is said that was not asked for";
}

}  // namespace
}  // namespace belljar::scenario
