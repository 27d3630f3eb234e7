// The openai port: a model that serves chat completions or embeddings over HTTP inside its sandbox, on a loopback that
// only the host reaches (docs/openai_models.md). Words: openai_wire.h; connections: http_line.h.
#pragma once

#include "scenario/port.h"

namespace belljar::scenario {

Result<std::unique_ptr<Port>> make_openai_port(PortParts parts);

}  // namespace belljar::scenario
