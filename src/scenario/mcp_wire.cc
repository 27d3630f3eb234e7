#include "scenario/mcp_wire.h"

#include <algorithm>

#include "base/text.h"

namespace belljar::scenario {

namespace {

using codec::Json;

constexpr std::size_t kIdMax = 256;
constexpr std::size_t kMessageMax = 1000;

Error wrong(std::string_view what) { return Error{Errc::invalid_argument, std::string{what}}; }

}  // namespace

bool is_mcp_version(std::string_view version) {
  return std::find(kMcpVersions.begin(), kMcpVersions.end(), version) != kMcpVersions.end();
}

Result<JsonRpc> parse_json_rpc(std::string_view text) {
  const Result<Json> parsed =
      codec::parse_json(text, {.bytes_max = kRpcBytesMax, .depth_max = 32, .values_max = 100'000});
  if (!parsed) return Error{Errc::corrupt, parsed.error().message()};
  return read_json_rpc(parsed.value());
}

Result<JsonRpc> read_json_rpc(const Json& message) {
  if (!message.is_object()) return wrong("found no object, expected one JSON-RPC message");
  const Json* version = message.find("jsonrpc");
  if (version == nullptr || !version->is_string() || version->as_string() != "2.0") {
    return wrong("expected \"jsonrpc\": \"2.0\"");
  }
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
  if (id->is_string() && id->as_string().size() > kIdMax) return wrong("id: expected at most 256 bytes");
  rpc.id = *id;
  return rpc;
}

std::string rpc_request(std::string_view id, std::string_view method, Json params) {
  Json::Object request{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}};
  if (!params.is_null()) request.emplace_back("params", std::move(params));
  return codec::to_json(Json{std::move(request)});
}

std::string rpc_notification(std::string_view method) {
  return codec::to_json(Json{Json::Object{{"jsonrpc", "2.0"}, {"method", method}}});
}

std::string rpc_result(const Json& id, Json result) {
  return codec::to_json(Json{Json::Object{{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}}});
}

std::string rpc_error(const Json& id, int code, std::string_view message) {
  const Json error{Json::Object{{"code", code}, {"message", printable(message, kMessageMax)}}};
  return codec::to_json(Json{Json::Object{{"jsonrpc", "2.0"}, {"id", id}, {"error", error}}});
}

}  // namespace belljar::scenario
