#include "scenario/tool_calls.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"
#include "base/version.h"
#include "boundary/path_and_query.h"
#include "scenario/mcp_wire.h"

namespace belljar::scenario {

namespace {

using boundary::HttpAsk;
using boundary::Reply;
using codec::Json;

std::string text_of(const Json* value) {
  return value != nullptr && value->is_string() ? value->as_string() : std::string{};
}

Json greeting(const Json& params, const std::string& server) {
  const std::string asked = params.is_object() ? text_of(params.find("protocolVersion")) : std::string{};
  return Json{Json::Object{{"protocolVersion", is_mcp_version(asked) ? asked : std::string{kMcpVersions.back()}},
                           {"capabilities", Json::Object{{"tools", Json::Object{}}}},
                           {"serverInfo", Json::Object{{"name", server}, {"version", kVersion}}}}};
}

// What is answered without a message of the run.
std::optional<std::string> answered_here(const JsonRpc& rpc, const std::string& server) {
  if (rpc.method == "initialize") return rpc_result(rpc.id, greeting(rpc.params, server));
  if (rpc.method == "ping") return rpc_result(rpc.id, Json{Json::Object{}});
  if (rpc.method == "tools/list") return std::nullopt;
  if (rpc.method != "tools/call") {
    return rpc_error(rpc.id, kRpcNoMethod, "method not found: " + printable(rpc.method, 64));
  }
  const Json* arguments = rpc.params.is_object() ? rpc.params.find("arguments") : nullptr;
  if (text_of(rpc.params.is_object() ? rpc.params.find("name") : nullptr).empty()) {
    return rpc_error(rpc.id, kRpcInvalidParams, "params: expected the \"name\" of a tool");
  }
  if (arguments == nullptr || arguments->is_object()) return std::nullopt;
  return rpc_error(rpc.id, kRpcInvalidParams, "params: expected \"arguments\" as an object");
}

// What is asked, as a message of the run.
Json request_of(const JsonRpc& rpc) {
  if (rpc.method == "tools/list") return Json{Json::Object{{"tools", "list"}}};
  const Json* arguments = rpc.params.find("arguments");
  return Json{Json::Object{{"tool", *rpc.params.find("name")},
                           {"arguments", arguments == nullptr ? Json{Json::Object{}} : *arguments}}};
}

std::string heard(const Json& id, const CallReply& said) {
  if (said.kind == CallReply::Kind::failed) {
    return rpc_error(id, kRpcRefused, said.rule.starts_with("decoy.") ? "the tool failed" : said.why);
  }
  Json result{Json::Object{}};
  for (const Json::Member& member : said.body.as_object()) {
    if (member.first != "id") result.set(member.first, member.second);
  }
  return rpc_result(id, std::move(result));
}

}  // namespace

// A stream of the older transport. Ends of calls write to it from the driver's thread.
struct ToolCalls::Session {
  std::uint64_t number = 0;
  std::string subject;
  std::string server;
  std::shared_ptr<Reply> reply;  // the gateway's connection

  void send(std::string_view message) const { reply->body("event: message\ndata: " + std::string{message} + "\n\n"); }
};

void ToolCalls::answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) {
  const Result<boundary::PathAndQuery> target = boundary::parse_path_and_query(ask.target);
  if (!target || target.value().steps.size() != 2) {
    return send_problem(*reply, 404, "not_found", "expected /NAME/mcp, or /NAME/sse for the older transport");
  }
  const std::string& server = target.value().steps[0];
  const std::string& end = target.value().steps[1];
  const auto links = servers_.find(ask.subject);
  if (links == servers_.end() || std::find(links->second.begin(), links->second.end(), server) == links->second.end()) {
    return send_problem(
        *reply, 404, "no_such_server",
        "no link of the scenario leads from " + ask.subject + " to a tool server \"" + printable(server, 64) + "\"");
  }
  if (end == "sse" && ask.method == "GET") return open_session(ask, server, std::move(reply));
  if (end == "mcp" && ask.method == "DELETE") return send(*reply, 200, "", "");
  if (ask.method != "POST") return send(*reply, 405, "text/plain", "post a JSON-RPC message\n", {{"allow", "POST"}});
  if (end == "mcp") return post(ask, server, reply, nullptr);
  const std::string* number = target.value().find("session");
  std::uint64_t session = 0;
  if (number != nullptr) std::from_chars(number->data(), number->data() + number->size(), session);
  const auto found = sessions_.find(session);
  const bool own = found != sessions_.end() && found->second->subject == ask.subject && found->second->server == server;
  if (end != "messages" || !own) return send_problem(*reply, 404, "no_such_session", "no such session");
  post(ask, server, reply, found->second);
}

void ToolCalls::open_session(const HttpAsk& ask, const std::string& server, std::shared_ptr<Reply> reply) {
  // The oldest makes room: a client that is gone does not say so.
  if (sessions_.size() >= kSessionsMax) {
    sessions_.begin()->second->reply->end();
    sessions_.erase(sessions_.begin());
  }
  auto session = std::make_shared<Session>();
  session->number = ++last_session_;
  session->subject = ask.subject;
  session->server = server;
  session->reply = std::move(reply);
  session->reply->head(200, {{"content-type", "text/event-stream"}, {"cache-control", "no-cache"}});
  session->reply->body("event: endpoint\ndata: /" + server + "/messages?session=" + std::to_string(session->number) +
                       "\n\n");
  sessions_.emplace(session->number, std::move(session));
}

void ToolCalls::post(const HttpAsk& ask, const std::string& server, const std::shared_ptr<Reply>& reply,
                     const std::shared_ptr<Session>& session) {
  const Result<JsonRpc> parsed = parse_json_rpc(ask.body);
  if (!parsed) {
    const int code = parsed.error().code() == Errc::invalid_argument ? kRpcInvalidRequest : kRpcParseError;
    return send(*reply, 400, "application/json", rpc_error(nullptr, code, parsed.error().message()));
  }
  const JsonRpc& rpc = parsed.value();
  // Of the older transport, the answer to the post itself says only that it was taken.
  if (rpc.kind != JsonRpc::Kind::request || session != nullptr) send(*reply, 202, "", "");
  if (rpc.kind != JsonRpc::Kind::request) return;
  const auto say = [session, reply](const std::string& message) {
    if (session != nullptr) return session->send(message);
    send(*reply, 200, "application/json", message);
  };
  if (const auto here = answered_here(rpc, server)) return say(*here);
  desk_->put(ask.subject, server, request_of(rpc), [say, id = rpc.id](const CallReply& said) { say(heard(id, said)); });
}

}  // namespace belljar::scenario
