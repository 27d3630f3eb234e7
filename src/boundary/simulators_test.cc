#include "boundary/simulators.h"

#include <cstdlib>
#include <sstream>

#include "boundary/mirror.h"
#include "boundary/reply_for_tests.h"
#include "os/file.h"

namespace belljar::boundary {
namespace {

using codec::Json;
using testing::HasSubstr;

constexpr std::string_view kFile = R"(belljar-services: 1
services:
  - {name: store, kind: s3, hosts: [s3.internal], buckets: [backups]}
  - {name: models, kind: model, hosts: [llm.internal], rules: rules.yaml, models: [tiny]}
  - {name: docs, kind: mirror, hosts: [docs.internal], files: mirror}
  - {name: drop, kind: mirror, hosts: [drop.internal], files: mirror, writes: accept}
  - {name: mail, kind: smtp, hosts: [mail.internal]}
  - {name: pets, kind: http, hosts: [pets.internal], ports: [8080], openapi: pets.json}
)";

constexpr std::string_view kRules = R"(belljar-rules: 1
rules:
  - rule: weather
    when: [{at: /tools/0/function/name, equals: weather}]
    answer: {tool_calls: [{name: weather, arguments: {city: Oslo}}]}
  - rule: embed
    when: [{at: /input}]
    answer: {embeddings: [[0.5, 1]], usage: {in: 2, out: 0}}
  - rule: otherwise
    answer: {text: "Hello from ${/request/model}: ${/request/messages/0/content} äöü äöü äöü äöü", usage: {in: 3, out: 4}}
)";

class SimulatorsOfAFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string made = testing::TempDir() + "belljar-services-XXXXXX";
    folder_ = mkdtemp(made.data());
    ASSERT_TRUE(os::write_file_atomic(folder_ + "/rules.yaml", kRules, 0644));
    ASSERT_TRUE(os::write_file_atomic(
        folder_ + "/pets.json",
        R"({"openapi": "3.1.0", "paths": {"/pets": {"get": {"responses": {"200": {"description": "all"}}}}}})", 0644));
    const MirrorEntry page{
        "https://docs.internal/guide?v=1", 200, {{"content-type", "text/html"}, {"set-cookie", "a=b"}}, "guide"};
    MirrorEntry newer = page;
    newer.body = "newer guide";
    ASSERT_TRUE(write_mirror(folder_ + "/mirror", {page}));
    ASSERT_TRUE(write_mirror(folder_ + "/mirror", {newer}));
    auto file = parse_services(kFile, "services.yaml");
    ASSERT_TRUE(file) << file.error().message();
    auto services = make_simulators(file.value(), folder_, {7, {}}, notes_);
    ASSERT_TRUE(services) << services.error().message();
    services_ = std::move(services).value();
  }
  void TearDown() override { EXPECT_TRUE(os::remove_tree(folder_)); }

  GatheredReply ask(const std::string& host, const std::string& method, const std::string& target,
                    const std::string& body = {}) {
    HttpAsk one = make_ask(method, target, body);
    one.host = host;
    const Service* service = services_.find(host, 443);
    EXPECT_NE(service, nullptr) << host;
    return asked(*service->http, one);
  }

  std::string folder_;
  std::shared_ptr<ServiceNotes> notes_ = std::make_shared<ServiceNotes>();
  Services services_;
};

TEST_F(SimulatorsOfAFile, StandAtTheDoorsOfTheirKind) {
  EXPECT_EQ(services_.find("s3.internal", 80)->transport, Transport::plain);
  EXPECT_EQ(services_.find("s3.internal", 443)->transport, Transport::tls);
  EXPECT_NE(services_.find("mail.internal", 25)->talk, nullptr);
  EXPECT_EQ(services_.find("pets.internal", 8080)->transport, Transport::plain);
  EXPECT_EQ(services_.find("pets.internal", 443), nullptr);
}

TEST_F(SimulatorsOfAFile, AnObjectStoreKeepsListsAndDrops) {
  EXPECT_EQ(ask("s3.internal", "PUT", "/nowhere/a", "x").status, 404);
  EXPECT_EQ(ask("s3.internal", "PUT", "/backups/a/one.txt", "first").status, 200);
  EXPECT_EQ(ask("s3.internal", "PUT", "/backups/a/two%20&.txt", "second").status, 200);
  EXPECT_EQ(ask("s3.internal", "PUT", "/backups/b.txt", "third").status, 200);
  EXPECT_EQ(ask("s3.internal", "GET", "/backups/a/one.txt").text, "first");
  const std::string list = ask("s3.internal", "GET", "/backups?list-type=2&prefix=&delimiter=/").text;
  EXPECT_THAT(list, HasSubstr("<Key>b.txt</Key>"));
  EXPECT_THAT(list, HasSubstr("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"));
  EXPECT_THAT(ask("s3.internal", "GET", "/backups?list-type=2&prefix=a/").text, HasSubstr("two &amp;.txt"));
  const std::string first = ask("s3.internal", "GET", "/backups?list-type=2&max-keys=1").text;
  EXPECT_THAT(first, HasSubstr("<NextContinuationToken>a/one.txt<"));
  EXPECT_THAT(ask("s3.internal", "GET", "/backups?list-type=2&continuation-token=a/one.txt").text,
              HasSubstr("<KeyCount>2<"));
  EXPECT_EQ(ask("s3.internal", "DELETE", "/backups/b.txt").status, 204);
  EXPECT_EQ(ask("s3.internal", "GET", "/backups/b.txt").status, 404);
  EXPECT_EQ(ask("s3.internal", "POST", "/backups/c?uploads").status, 501);
  EXPECT_EQ(notes_->take().size(), 4U) << "each write and each removal";
}

TEST_F(SimulatorsOfAFile, SignedStreamsAreTakenApart) {
  HttpAsk put =
      make_ask("PUT", "/backups/s",
               "5;chunk-signature=ab\r\nhello\r\n3;chunk-signature=cd\r\n!!!\r\n0;chunk-signature=ef\r\n\r\n");
  put.headers.emplace_back("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
  HttpService& store = *services_.find("s3.internal", 443)->http;
  EXPECT_EQ(asked(store, put).status, 200);
  EXPECT_EQ(ask("s3.internal", "GET", "/backups/s").text, "hello!!!");
  put.body = "5;chunk-signature=ab\r\nhel";
  EXPECT_EQ(asked(store, put).status, 400);
}

TEST_F(SimulatorsOfAFile, AModelAnswersByItsRules) {
  const std::string chat = R"({"model": "tiny", "messages": [{"role": "user", "content": "hi"}]})";
  const Json whole = ask("llm.internal", "POST", "/v1/chat/completions", chat).json();
  const Json& message = *whole.find("choices")->as_array().at(0).find("message");
  EXPECT_THAT(message.find("content")->as_string(), HasSubstr("Hello from tiny: hi"));
  EXPECT_EQ(whole.find("usage")->find("total_tokens")->as_int(), 7);
  const Json embedded = ask("llm.internal", "POST", "/v1/embeddings", R"({"model": "tiny", "input": "x"})").json();
  EXPECT_EQ(embedded.find("data")->as_array().size(), 1U);
  EXPECT_THAT(ask("llm.internal", "GET", "/v1/models").text, HasSubstr("\"tiny\""));
}

TEST_F(SimulatorsOfAFile, AStreamedAnswerIsTheWholeOneInPieces) {
  const std::string chat =
      R"({"model": "tiny", "stream": true, "stream_options": {"include_usage": true}, "messages": [{"role": "user", "content": "hi"}]})";
  const GatheredReply reply = ask("llm.internal", "POST", "/v1/chat/completions", chat);
  EXPECT_EQ(*find_header(reply.headers, "content-type"), "text/event-stream");
  std::string text;
  std::size_t events = 0;
  std::istringstream lines{reply.text};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("data: {")) continue;
    const auto chunk = codec::parse_json(line.substr(6));
    ASSERT_TRUE(chunk) << line;
    ++events;
    if (chunk.value().find("choices")->as_array().empty()) continue;
    const Json* content = chunk.value().find("choices")->as_array().at(0).find("delta")->find("content");
    if (content != nullptr) text += content->as_string();
  }
  EXPECT_EQ(text, "Hello from tiny: hi äöü äöü äöü äöü");
  EXPECT_GT(events, 4U);
  EXPECT_THAT(reply.text, testing::EndsWith("data: [DONE]\n\n"));
}

TEST_F(SimulatorsOfAFile, AModelCallsToolsAsClientsExpect) {
  const std::string chat =
      R"({"model": "tiny", "messages": [{"role": "user", "content": "?"}], "tools": [{"type": "function", "function": {"name": "weather"}}]})";
  const Json choice =
      ask("llm.internal", "POST", "/v1/chat/completions", chat).json().find("choices")->as_array().at(0);
  EXPECT_EQ(choice.find("finish_reason")->as_string(), "tool_calls");
  const Json& call = choice.find("message")->find("tool_calls")->as_array().at(0);
  EXPECT_EQ(call.find("function")->find("arguments")->as_string(), R"({"city":"Oslo"})");
}

struct BadAsk {
  std::string_view body;
  std::string_view says;
};

TEST_F(SimulatorsOfAFile, AModelSaysWhatIsWrongWithARequest) {
  for (const BadAsk& one :
       {BadAsk{"[]", "an object"}, BadAsk{"{\"messages\": []}", "model: expected"},
        BadAsk{R"({"model": "tiny"})", "messages"}, BadAsk{R"({"model": "tiny", "messages": [1]})", "role"},
        BadAsk{R"({"model": "tiny", "messages": [{"role": "user"}], "tools": [{}]})", "tools/0"},
        BadAsk{"{\"model\": \"tiny\", \"model\": \"x\"}", ""}}) {
    const GatheredReply reply = ask("llm.internal", "POST", "/v1/chat/completions", std::string{one.body});
    EXPECT_EQ(reply.status, 400) << one.body;
    EXPECT_THAT(reply.text, HasSubstr(one.says));
  }
  EXPECT_EQ(
      ask("llm.internal", "POST", "/v1/chat/completions", R"({"model": "big", "messages": [{"role": "user"}]})").status,
      404);
}

TEST_F(SimulatorsOfAFile, AMirrorRepeatsWhatWasRecordedAndNothingElse) {
  const GatheredReply page = ask("docs.internal", "GET", "/guide?v=1");
  EXPECT_EQ(page.text, "guide");
  EXPECT_EQ(find_header(page.headers, "set-cookie"), nullptr);
  EXPECT_EQ(ask("docs.internal", "GET", "/guide?v=1").text, "newer guide");
  EXPECT_EQ(ask("docs.internal", "GET", "/guide?v=1").text, "newer guide");
  const GatheredReply miss = ask("docs.internal", "GET", "/guide?v=2");
  EXPECT_EQ(miss.status, 404);
  EXPECT_THAT(miss.text, HasSubstr("the nearest that was is docs.internal/guide?v=1"));
  EXPECT_EQ(ask("docs.internal", "POST", "/guide", "{}").status, 403);
  EXPECT_EQ(ask("drop.internal", "POST", "/guide", "{}").status, 202);
  EXPECT_EQ(notes_->take().size(), 2U);
}

TEST_F(SimulatorsOfAFile, AMirrorThatWasChangedIsRefused) {
  const auto bodies = os::list_directory(folder_ + "/mirror/bodies");
  ASSERT_TRUE(bodies);
  ASSERT_TRUE(os::write_file_atomic(folder_ + "/mirror/bodies/" + bodies.value()[0].name, "other", 0644));
  auto file = parse_services(kFile, "services.yaml");
  const auto services = make_simulators(file.value(), folder_, {7, {}}, notes_);
  ASSERT_FALSE(services);
  EXPECT_THAT(services.error().message(), HasSubstr("its body is not as it was recorded"));
}

}  // namespace
}  // namespace belljar::boundary
