// ToolStage: what may be asked of a tool server, and what it may say it offers: the list that its link pins. Pure.
//
//   {"id", "tools": "list"}                         ->  {"id", "tools": [{"name", "description", "inputSchema", ...}]}
//   {"id", "tool": "read", "arguments": {...}}      ->  {"id", "content": [...], "isError", "structuredContent"}
//
// A request of another form, a tool that is not pinned and arguments that its schema refuses do not pass. A list that
// differs from the pinned one is refused ("tools.drift") and so is every request from then on; of one that does not,
// the tools that are not pinned are taken out and the decoys put in. A call of a decoy never passes; what follows is
// what follows a canary ("decoy.SERVER/TOOL").
#pragma once

#include "exchange/stage.h"
#include "spec/filters.h"

namespace belljar::exchange {

constexpr std::string_view kDriftRule = "tools.drift";

class ToolStage final : public Stage {
 public:
  explicit ToolStage(spec::Treatment decoys) : decoys_{decoys} {}

  std::string_view name() const override { return "tools"; }
  Decision admit(const Message& message, const Context& context) const override;

 private:
  Decision asked(const Message& message, const Context& context) const;

  spec::Treatment decoys_;
};

// The tool that a request of a link to a tool server calls; empty: none, it asks for the list.
std::string_view tool_called(const Message& message);

}  // namespace belljar::exchange
