// ToolBroker: MCP servers of the run as a sandbox reaches them, http://tools.belljar/NAME/mcp. Each server runs in a
// sandbox of its own and speaks MCP over its standard input and output; each request becomes a message of the exchange.
//
//   PinnedTools pinned = TRY(parse_tools(text, "files.tools.json"));       // {"tools": [{"name", "inputSchema", ...}]}
//   ToolBroker broker{{{"agent", {"files"}}}, {{"files", pinned}}, ask};
//   services.add({ToolBroker::kHost, 80}, {"tools", Transport::plain, broker, nullptr});
//
// Transports: streamable HTTP (2025-03-26 and later): POST /NAME/mcp, answered with JSON; HTTP with SSE (2024-11-05):
// GET /NAME/sse, then POST /NAME/messages?session=N. Which version is spoken is agreed between client and server.
//
// Tools are pinned by a file: what tools/list may say. A tool it does not name is left out of the list and cannot be
// called; one that the server describes otherwise than the file, or no longer has, is drift: the list is refused, and
// so is every call from then on. Arguments are checked against the pinned inputSchema. Requests a server may get:
// initialize, ping, tools/list, tools/call; others are "method not found". Notifications are taken and go nowhere. The
// request passed on is {"jsonrpc": "2.0", "method", "params"}, its answer {"jsonrpc", "result"} or {"jsonrpc",
// "error"}.
//
// What comes from either side is hostile and bounded: kToolAskBytesMax a request, kSessionsMax open streams. Runs on
// the gateway's thread; ends of calls on whatever thread answers. Format: JSON-RPC 2.0; Model Context Protocol
// 2024-11-05 to 2025-06-18.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "boundary/service.h"
#include "content/schema.h"

namespace belljar::boundary {

constexpr std::size_t kToolAskBytesMax = 1U << 20;

struct PinnedTool {
  codec::Json tool;        // as the file has it
  content::Schema schema;  // of its arguments
};

class PinnedTools {
 public:
  // Errc::invalid_argument says what is wrong and where.
  static Result<PinnedTools> parse(std::string_view text, std::string_view file);

  const PinnedTool* find(std::string_view name) const;
  // Empty, or how the server's list differs from the file; on success `kept` holds the pinned tools alone.
  std::string drift(const codec::Json& tools, codec::Json::Array& kept) const;

 private:
  std::map<std::string, PinnedTool, std::less<>> tools_;
};

struct JsonRpc {
  enum class Kind { request, notification, response };
  Kind kind = Kind::request;
  codec::Json id;  // of a request: text or a number
  std::string method;
  codec::Json params;  // null: none
};
Result<JsonRpc> parse_json_rpc(std::string_view text);

// How a request ended: the server's answer, or why there is none.
struct ToolAnswer {
  const codec::Json* body = nullptr;
  std::string why;
};
// Says what of the answer was refused, which is the server's fault; nothing when all is well.
using ToolDone = std::function<std::optional<std::string>(const ToolAnswer& answer)>;
// Passes a request of `subject` on to `server`; calls `done` once, now or later, on any thread.
using AskTool = std::function<void(std::string subject, std::string server, codec::Json request, ToolDone done)>;
using ToolLinks = std::map<std::string, std::set<std::string>, std::less<>>;  // subject -> servers it may ask

class ToolBroker final : public HttpService {
 public:
  static constexpr std::string_view kHost = "tools.belljar";
  static constexpr std::size_t kSessionsMax = 64;

  ToolBroker(ToolLinks links, std::map<std::string, PinnedTools> tools, AskTool ask);
  void answer(const HttpAsk& ask, std::shared_ptr<Reply> reply) override;

 private:
  struct Server;
  struct Session;

  void open_session(const HttpAsk& ask, const std::string& name, Reply& first, std::shared_ptr<Reply> reply);
  void post(const HttpAsk& ask, const std::string& name, const std::shared_ptr<Reply>& reply,
            const std::shared_ptr<Session>& session);

  ToolLinks links_;
  std::map<std::string, std::shared_ptr<Server>> servers_;  // shared with the ends of calls
  std::map<std::uint64_t, std::shared_ptr<Session>> sessions_;
  std::uint64_t last_session_ = 0;
  AskTool ask_;
};

}  // namespace belljar::boundary
