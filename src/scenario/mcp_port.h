// The port of a tool server: the Model Context Protocol over the standard input and output of a sealed program.
// McpTalk has the words, docs/tools.md tells it to people.
#pragma once

#include "scenario/port.h"

namespace belljar::scenario {

Result<std::unique_ptr<Port>> make_mcp_port(PortParts parts);

}  // namespace belljar::scenario
