#include "boundary/tool_broker.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>

#include "base/text.h"
#include "boundary/path_and_query.h"

namespace belljar::boundary {

namespace {

using codec::Json;

constexpr int kParseError = -32700;
constexpr int kInvalidRequest = -32600;
constexpr int kNoMethod = -32601;
constexpr int kInvalidParams = -32602;
constexpr int kRefused = -32000;

std::string rpc_error(const Json& id, int code, std::string_view message) {
  return codec::to_json(Json::Object{
      {"jsonrpc", "2.0"}, {"id", id}, {"error", Json::Object{{"code", code}, {"message", printable(message, 1000)}}}});
}

std::string rpc_result(const Json& id, const Json& result) {
  return codec::to_json(Json::Object{{"jsonrpc", "2.0"}, {"id", id}, {"result", result}});
}

std::string text_of(const Json* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string{};
}

}  // namespace

Result<PinnedTools> PinnedTools::parse(std::string_view text, std::string_view file) {
  const std::string who = "read the tools of " + printable(file, 4096);
  const Json document = TRY_CTX(codec::parse_json(text), who);
  const Json* tools = document.find("tools");
  if (tools == nullptr || !tools->is_array()) {
    return Error{Errc::invalid_argument,
                 who + ": found no list \"tools\", expected what the server answers to tools/list"};
  }
  PinnedTools pinned;
  for (const Json& tool : tools->as_array()) {
    const std::string name = text_of(tool.find("name"));
    const Json* schema = tool.find("inputSchema");
    if (name.empty() || schema == nullptr || !schema->is_object()) {
      return Error{Errc::invalid_argument, who + ": found a tool without \"name\" or \"inputSchema\", expected both"};
    }
    content::SchemaOptions options;
    options.unknown = content::UnknownKeywords::ignored;  // other people's schemas, which say more than they mean
    Result<content::Schema> compiled = content::compile_schema(*schema, options);
    if (!compiled) return std::move(compiled).error().context(who + ": the arguments of " + printable(name, 64));
    if (!pinned.tools_.emplace(name, PinnedTool{tool, std::move(compiled).value()}).second) {
      return Error{Errc::invalid_argument, who + ": found \"" + printable(name, 64) + "\" twice, expected it once"};
    }
  }
  return pinned;
}

const PinnedTool* PinnedTools::find(std::string_view name) const {
  const auto found = tools_.find(name);
  return found == tools_.end() ? nullptr : &found->second;
}

std::string PinnedTools::drift(const Json& tools, Json::Array& kept) const {
  if (!tools.is_array()) return "it is no list of tools";
  for (const Json& tool : tools.as_array()) {
    const PinnedTool* pinned = find(text_of(tool.find("name")));
    if (pinned == nullptr) continue;
    const std::string name = text_of(tool.find("name"));
    if (codec::canonical_json(tool) != codec::canonical_json(pinned->tool)) {
      return "the tool \"" + printable(name, 64) + "\" is not as it is pinned";
    }
    const auto same = [&](const Json& one) { return text_of(one.find("name")) == name; };
    if (std::any_of(kept.begin(), kept.end(), same)) return "the tool \"" + printable(name, 64) + "\" is there twice";
    kept.push_back(tool);
  }
  for (const auto& pinned : tools_) {
    const auto same = [&](const Json& one) { return text_of(one.find("name")) == pinned.first; };
    if (std::none_of(kept.begin(), kept.end(), same)) {
      return "the tool \"" + printable(pinned.first, 64) + "\" is gone";
    }
  }
  return {};
}

Result<JsonRpc> parse_json_rpc(std::string_view text) {
  Result<Json> parsed =
      codec::parse_json(text, {.bytes_max = kToolAskBytesMax, .depth_max = 32, .values_max = 100'000});
  if (!parsed) return Error{Errc::corrupt, parsed.error().message()};
  const Json message = std::move(parsed).value();
  const auto wrong = [](std::string_view what) { return Error{Errc::invalid_argument, std::string{what}}; };
  if (!message.is_object()) return wrong("found no object, expected one JSON-RPC message");
  const Json* version = message.find("jsonrpc");
  if (text_of(version) != "2.0") return wrong("expected \"jsonrpc\": \"2.0\"");
  JsonRpc rpc;
  const Json* id = message.find("id");
  const Json* method = message.find("method");
  if (method == nullptr) {
    if (id == nullptr || (message.find("result") == nullptr) == (message.find("error") == nullptr)) {
      return wrong("expected a method, or the answer to one");
    }
    rpc.kind = JsonRpc::Kind::response;
    return rpc;
  }
  if (!method->is_string()) return wrong("method: expected text");
  rpc.method = method->as_string();
  if (const Json* params = message.find("params")) {
    if (!params->is_object()) return wrong("params: expected an object");
    rpc.params = *params;
  }
  if (id == nullptr) {
    rpc.kind = JsonRpc::Kind::notification;
    return rpc;
  }
  if (!id->is_string() && !id->is_int()) return wrong("id: expected text or a whole number");
  if (id->is_string() && id->as_string().size() > 256) return wrong("id: expected at most 256 bytes");
  rpc.id = *id;
  return rpc;
}

// One MCP server. Its list of tools is checked on the driver's thread, calls on the gateway's.
struct ToolBroker::Server {
  std::string name;
  PinnedTools tools;
  std::atomic<bool> drifted = false;

  // Empty, or why a request may not reach the server, with the code of JSON-RPC.
  std::pair<int, std::string> check(const JsonRpc& rpc) const {
    constexpr std::array<std::string_view, 4> kMethods{"initialize", "ping", "tools/list", "tools/call"};
    if (std::find(kMethods.begin(), kMethods.end(), rpc.method) == kMethods.end()) {
      return {kNoMethod, "method not found: " + printable(rpc.method, 64)};
    }
    if (drifted) return {kRefused, "the tools of " + name + " are not as they are pinned"};
    if (rpc.method != "tools/call") return {0, {}};
    const std::string tool = text_of(rpc.params.find("name"));
    const PinnedTool* pinned = tools.find(tool);
    if (pinned == nullptr) return {kInvalidParams, "the tool \"" + printable(tool, 64) + "\" is not allowed"};
    const Json* arguments = rpc.params.find("arguments");
    const auto wrong = content::validate(pinned->schema, arguments == nullptr ? Json{Json::Object{}} : *arguments);
    if (wrong.empty()) return {0, {}};
    return {kInvalidParams, "arguments" + wrong.front().where + ": " + wrong.front().what};
  }

  // What the client is to hear; `refused` says what the server may not say.
  std::string hear(const Json& id, const std::string& method, const Json& answer, std::optional<std::string>& refused) {
    if (const Json* error = answer.find("error")) {
      return codec::to_json(Json::Object{{"jsonrpc", "2.0"}, {"id", id}, {"error", *error}});
    }
    const Json* result = answer.find("result");
    if (result == nullptr) return rpc_error(id, kRefused, "the server answered neither a result nor an error");
    if (method != "tools/list") return rpc_result(id, *result);
    const Json* listed = result->find("tools");
    Json::Array kept;
    const std::string why = tools.drift(listed == nullptr ? Json{} : *listed, kept);
    if (!why.empty()) {
      drifted = true;
      refused = "tools of " + name + ": " + why;
      return rpc_error(id, kRefused, *refused);
    }
    Json shown = *result;
    shown.set("tools", std::move(kept));
    return rpc_result(id, shown);
  }
};

// A stream of the older transport. Ends of calls write to it from the driver's thread.
struct ToolBroker::Session {
  std::uint64_t number = 0;
  std::string subject;
  std::string server;
  std::shared_ptr<Reply> reply;  // the gateway's connection

  void send(std::string_view message) const { reply->body("event: message\ndata: " + std::string{message} + "\n\n"); }
};

ToolBroker::ToolBroker(ToolLinks links, std::map<std::string, PinnedTools> tools, AskTool ask)
    : links_{std::move(links)}, ask_{std::move(ask)} {
  while (!tools.empty()) {
    auto node = tools.extract(tools.begin());
    auto server = std::make_shared<Server>();
    server->name = node.key();
    server->tools = std::move(node.mapped());
    servers_.emplace(node.key(), std::move(server));
  }
}

void ToolBroker::answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) {
  const Result<PathAndQuery> target = parse_path_and_query(ask.target);
  if (!target || target.value().steps.size() != 2) {
    return send_problem(*reply, 404, "not_found", "expected /NAME/mcp, or /NAME/sse for the older transport");
  }
  const std::string& name = target.value().steps[0];
  const std::string& end = target.value().steps[1];
  const auto links = links_.find(ask.subject);
  if (links == links_.end() || !links->second.contains(name) || !servers_.contains(name)) {
    return send_problem(
        *reply, 404, "no_such_server",
        "no link of the scenario leads from " + ask.subject + " to a tool server \"" + printable(name, 64) + "\"");
  }
  if (end == "sse" && ask.method == "GET") return open_session(ask, name, *reply, reply);
  if (end == "mcp" && ask.method == "DELETE") return send(*reply, 200, "", "");
  if (ask.method != "POST") return send(*reply, 405, "text/plain", "post a JSON-RPC message\n", {{"allow", "POST"}});
  if (end == "mcp") return post(ask, name, reply, nullptr);
  const std::string* number = target.value().find("session");
  std::uint64_t session = 0;
  if (number != nullptr) std::from_chars(number->data(), number->data() + number->size(), session);
  const auto found = sessions_.find(session);
  const bool own = found != sessions_.end() && found->second->subject == ask.subject && found->second->server == name;
  if (end != "messages" || !own) return send_problem(*reply, 404, "no_such_session", "no such session");
  post(ask, name, reply, found->second);
}

void ToolBroker::open_session(const HttpAsk& ask, const std::string& name, Reply& first, std::shared_ptr<Reply> reply) {
  // The oldest makes room: a client that is gone does not say so.
  if (sessions_.size() >= kSessionsMax) {
    sessions_.begin()->second->reply->end();
    sessions_.erase(sessions_.begin());
  }
  auto session = std::make_shared<Session>();
  session->number = ++last_session_;
  session->subject = ask.subject;
  session->server = name;
  session->reply = std::move(reply);
  first.head(200, {{"content-type", "text/event-stream"}, {"cache-control", "no-cache"}});
  first.body("event: endpoint\ndata: /" + name + "/messages?session=" + std::to_string(session->number) + "\n\n");
  sessions_.emplace(session->number, std::move(session));
}

void ToolBroker::post(const HttpAsk& ask, const std::string& name, const std::shared_ptr<Reply>& reply,
                      const std::shared_ptr<Session>& session) {
  const auto say = [session](Reply& to, const std::string& message) {
    if (session == nullptr) return send(to, 200, "application/json", message);
    session->send(message);
    send(to, 202, "", "");
  };
  const Result<JsonRpc> parsed = parse_json_rpc(ask.body);
  if (!parsed) {
    const int code = parsed.error().code() == Errc::invalid_argument ? kInvalidRequest : kParseError;
    return send(*reply, 400, "application/json", rpc_error(nullptr, code, parsed.error().message()));
  }
  const JsonRpc& rpc = parsed.value();
  if (rpc.kind != JsonRpc::Kind::request) return send(*reply, 202, "", "");
  const std::shared_ptr<Server> server = servers_.at(name);
  const auto [code, why] = server->check(rpc);
  if (code != 0) return say(*reply, rpc_error(rpc.id, code, why));
  Json::Object request{{"jsonrpc", "2.0"}, {"method", rpc.method}};
  if (!rpc.params.is_null()) request.emplace_back("params", rpc.params);
  ask_(ask.subject, name, std::move(request),
       [session, reply, server, id = rpc.id, method = rpc.method](const ToolAnswer& end) -> std::optional<std::string> {
         std::optional<std::string> refused;
         const std::string message =
             end.body != nullptr ? server->hear(id, method, *end.body, refused) : rpc_error(id, kRefused, end.why);
         if (session != nullptr) {
           session->send(message);
         } else {
           send(*reply, 200, "application/json", message);
         }
         return refused;
       });
  if (session != nullptr) send(*reply, 202, "", "");
}

}  // namespace belljar::boundary
