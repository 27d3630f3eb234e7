// The words of the Model Context Protocol that both ends of it share: JSON-RPC 2.0 messages, one at a time.
//
//   JsonRpc rpc = TRY(parse_json_rpc(text));
//   if (rpc.kind == JsonRpc::Kind::request) send(rpc_error(rpc.id, kRpcNoMethod, "method not found"));
//
// Versions spoken: 2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25; of all that they hold, tools alone. Pure; what is
// parsed is untrusted and bounded.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/result.h"
#include "codec/json.h"

namespace belljar::scenario {

constexpr std::array<std::string_view, 4> kMcpVersions{"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"};
bool is_mcp_version(std::string_view version);

constexpr std::size_t kRpcBytesMax = 1U << 20;

constexpr int kRpcParseError = -32700;
constexpr int kRpcInvalidRequest = -32600;
constexpr int kRpcNoMethod = -32601;
constexpr int kRpcInvalidParams = -32602;
constexpr int kRpcRefused = -32000;

struct JsonRpc {
  enum class Kind { request, notification, response };
  Kind kind = Kind::request;
  codec::Json id;  // of a request: text or a whole number
  std::string method;
  codec::Json params;  // null: none
};

// Errc::corrupt: no JSON; Errc::invalid_argument: no message of JSON-RPC.
Result<JsonRpc> parse_json_rpc(std::string_view text);
Result<JsonRpc> read_json_rpc(const codec::Json& message);

std::string rpc_request(std::string_view id, std::string_view method, codec::Json params);
std::string rpc_notification(std::string_view method);
std::string rpc_result(const codec::Json& id, codec::Json result);
std::string rpc_error(const codec::Json& id, int code, std::string_view message);

}  // namespace belljar::scenario
