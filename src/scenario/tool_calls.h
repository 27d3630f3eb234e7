// ToolCalls: the tool servers of the run as a sandbox reaches them, http://tools.belljar/NAME/mcp. Each server runs in
// a sandbox of its own; what a program asks one becomes a call at the desk, and so a message of the exchange, where the
// pinned list, the policy and the filters have their say (exchange/tool_stage.h).
//
//   services.add({std::string{kToolsHost}, 80},
//                {"tools", Transport::plain, std::make_shared<ToolCalls>(desk, servers), nullptr});
//
// Transports of the Model Context Protocol: streamable HTTP (2025-03-26 and later): POST /NAME/mcp, answered with JSON;
// HTTP with SSE (2024-11-05): GET /NAME/sse, then POST /NAME/messages?session=N. The greeting (`initialize`) and `ping`
// are answered here: what a server says of itself is no message of the run and never reaches a program. `tools/list`
// and `tools/call` are passed on; every other method is "method not found". Notifications are taken and go nowhere.
//
// What was refused or failed is a JSON-RPC error with the reason, which clients show to people; of a decoy, that the
// tool failed. What a program sends is hostile and bounded: kRpcBytesMax a request, kSessionsMax open streams. Called
// on the gateway's thread; ends of calls come from the driver's.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "boundary/service.h"
#include "scenario/call_desk.h"

namespace belljar::scenario {

inline constexpr std::string_view kToolsHost = "tools.belljar";

class ToolCalls final : public boundary::HttpService {
 public:
  static constexpr std::size_t kSessionsMax = 64;

  // `servers`: those that each sandbox may ask, by links.
  ToolCalls(std::shared_ptr<LiveCalls> desk, std::map<std::string, std::vector<std::string>> servers)
      : desk_{std::move(desk)}, servers_{std::move(servers)} {}

  void answer(const boundary::HttpAsk& ask, std::shared_ptr<boundary::Reply> reply) override;

 private:
  struct Session;

  void open_session(const boundary::HttpAsk& ask, const std::string& server, std::shared_ptr<boundary::Reply> reply);
  void post(const boundary::HttpAsk& ask, const std::string& server, const std::shared_ptr<boundary::Reply>& reply,
            const std::shared_ptr<Session>& session);

  std::shared_ptr<LiveCalls> desk_;
  std::map<std::string, std::vector<std::string>> servers_;
  std::map<std::uint64_t, std::shared_ptr<Session>> sessions_;  // shared with the ends of calls
  std::uint64_t last_session_ = 0;
};

}  // namespace belljar::scenario
