// Everything of src/boundary that answers in place of the world, out of bytes that a sandbox or a file would give, and
// the broker of tools with both of its ends. The first byte chooses the parser; GatheredReply holds services to the
// order of Reply.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "boundary/openai_server.h"
#include "boundary/path_and_query.h"
#include "boundary/reply_for_tests.h"
#include "boundary/service_file.h"
#include "boundary/simulator_http.h"
#include "boundary/simulator_openapi.h"
#include "boundary/simulator_postgres.h"
#include "boundary/simulator_s3.h"
#include "boundary/simulator_smtp.h"
#include "boundary/sql_dialect.h"
#include "codec/gunzip.h"
#include "content/pinned_tools.h"
#include "scenario/mcp_talk.h"
#include "scenario/tool_calls.h"

namespace {

using namespace belljar;
using namespace belljar::boundary;

constexpr std::string_view kShop = R"(belljar-services: 1
services:
  - name: shop
    kind: http
    hosts: [a.test]
    routes:
      - {on: "POST /{kind}", keep: "${/path/kind}", body: {got: "${/body}", q: "${/query/q}"}, headers: {x: "${/query/q}"}}
      - {on: "GET /{kind}", find: "${/path/kind}", body: "${/found}"}
      - {on: "GET /list/{rest...}", list: "${/path/rest}", text: "${/found}"}
  - name: db
    kind: postgres
    hosts: [b.test]
    rows: [{table: users, rows: [{id: 1, name: a}]}]
)";

// Bytes to one connection, cut by their own content, so that cuts are searched too.
void talk(TalkService& service, std::string_view bytes) {
  const std::unique_ptr<Talk> one = service.open("agent");
  one->open();
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + static_cast<unsigned char>(bytes[0]) * 4U);
    if (one->feed(bytes.substr(0, size)).close) return;
    bytes.remove_prefix(size);
  }
}

// "METHOD target\nbody"
HttpAsk ask_of(std::string_view text) {
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view head = text.substr(0, line);
  const std::size_t space = std::min(head.find(' '), head.size());
  return make_ask(std::string{head.substr(0, space)}, std::string{head.substr(std::min(space + 1, head.size()))},
                  std::string{text.substr(std::min(line + 1, text.size()))});
}

void once(HttpService& service, std::string_view text) {
  const auto reply = std::make_shared<GatheredReply>();
  service.answer(ask_of(text), reply);
  if (!reply->ended && !reply->broken) std::abort();
}

void postgres(std::string_view text) {
  static const ServiceFile file = parse_services(kShop, "f").value();
  static const auto notes = std::make_shared<ServiceNotes>();
  const auto server = SimulatedPostgres::make(file.services[1], ".", {}, notes).value();
  const std::string hello{"\0\0\0\x09\0\x03\0\0\0", 9};
  talk(*server, hello + std::string{text});
  notes->take();
}

void chat(std::string_view text) {
  if (const auto ask = read_model_ask("/v1/chat/completions", text)) {
    GatheredReply reply;
    answer_model(reply, ask.value(), ask.value().request, 1);
    if (!reply.ended) std::abort();
  }
  if (const auto plain = codec::parse_json(text, {.depth_max = 32})) {
    ModelAsk ask;
    ask.streams = true;
    GatheredReply reply;
    answer_model(reply, ask, plain.value(), 1);
    if (!reply.ended) std::abort();
  }
}

void openapi(std::string_view text) {
  const auto document = codec::parse_json(text, {.depth_max = 24, .values_max = 2000});
  if (document) static_cast<void>(static_cast<bool>(openapi_routes(document.value(), "f")));
}

// What a client asks of a tool server; what lies at the desk is answered with the rest.
void tools(std::string_view text) {
  static const std::shared_ptr<scenario::LiveCalls> desk = scenario::LiveCalls::make().value();
  const std::size_t line = std::min(text.find('\n'), text.size());
  const auto said = codec::parse_json(text.substr(std::min(line + 1, text.size())), {.depth_max = 32});
  scenario::ToolCalls service{desk, {{"agent", {"s"}}}};
  const auto reply = std::make_shared<GatheredReply>();
  service.answer(make_ask("POST", "/s/mcp", std::string{text.substr(0, line)}), reply);
  while (const auto call = desk->take()) {
    const bool good = said && said.value().is_object();
    desk->reply(call->id, {good ? scenario::CallReply::Kind::answer : scenario::CallReply::Kind::failed,
                           good ? said.value() : codec::Json{}, "rule", std::string{text}});
  }
  if (!reply->ended) std::abort();
}

// What a tool server says: to the greeting, to two questions, unasked. Each question is told to have ended at most
// once.
void tool_server(std::string_view text) {
  static const auto pinned =
      content::PinnedTools::parse(R"({"tools": [{"name": "a", "inputSchema": {"type": "object"}}]})", "f").value();
  const scenario::CaseIds ids{Digest{}};
  scenario::McpTalk talk{{.bytes_max = 4096, .depth_max = 8}, ids};
  const codec::Json call = codec::Json::Object{{"id", ids.id(1)}, {"tool", "a"}, {"arguments", codec::Json::Object{}}};
  const codec::Json list = codec::Json::Object{{"id", ids.id(2)}, {"tools", "list"}};
  talk.ask({1, ids.id(1), call, codec::to_json(call)});
  talk.ask({2, ids.id(2), list, codec::to_json(list)});
  std::string said{text};  // "@1" and "@2" stand for the ids, which nothing could guess
  for (const auto& [sign, id] :
       {std::pair{"@1", ids.id(1)}, std::pair{"@2", ids.id(2)}, std::pair{"@0", std::string{"belljar-initialize"}}}) {
    for (std::size_t at = 0; (at = said.find(sign, at)) != std::string::npos; at += id.size()) said.replace(at, 2, id);
  }
  talk.hear(said);
  talk.finish();
  std::array<int, 3> ends{};
  while (const auto arrival = talk.next()) {
    if (arrival->kind != scenario::Arrival::Kind::stray && (arrival->number > 2 || ++ends[arrival->number] > 1))
      std::abort();
    if (arrival->text.size() > 8192 + 4096) std::abort();
    if (const codec::Json* tools = arrival->body.is_object() ? arrival->body.find("tools") : nullptr)
      pinned.review(*tools);
  }
  if (talk.take_lines().size() > scenario::McpTalk::kServerAsksMax + scenario::McpTalk::kPagesMax + 8) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  static const auto notes = std::make_shared<ServiceNotes>();
  static const ServiceFile file = parse_services(kShop, "f").value();
  switch (data[0] % 11) {
    case 0:
      static_cast<void>(static_cast<bool>(parse_services(text, "f")));
      break;
    case 1:
      postgres(text);
      break;
    case 2: {
      SimulatedSmtp smtp{"mail", 0, notes};
      talk(smtp, text);
      break;
    }
    case 3:
      chat(text);
      break;
    case 4: {
      ServiceSpec spec;
      spec.buckets = {"b"};
      once(*SimulatedS3::make(spec, "", {}, notes).value(), text);
      break;
    }
    case 5: {
      SimulatedHttp shop{file.services[0], {}};
      once(shop, text);
      once(shop, text);
      break;
    }
    case 6:
      if (to_sqlite(text).size() > 2 * text.size() + 64) std::abort();
      sql_verb(text);
      break;
    case 7:
      openapi(text);
      break;
    case 8:
      tools(text);
      break;
    case 10:
      tool_server(text);
      break;
    default:
      static_cast<void>(static_cast<bool>(codec::gunzip(text, 1U << 20)));
      codec::find_in_tar(text, "package/package.json");
      static_cast<void>(static_cast<bool>(parse_path_and_query(text)));
      break;
  }
  notes->take();
  return 0;
}
