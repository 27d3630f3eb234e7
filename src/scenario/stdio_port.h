// The stdio port: one JSON object per line into the program's stdin and out of its stdout (docs/stdio_models.md).
#pragma once

#include "scenario/port.h"

namespace belljar::scenario {

Result<std::unique_ptr<Port>> make_stdio_port(PortParts parts);

}  // namespace belljar::scenario
