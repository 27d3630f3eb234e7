// The scripted port: a deterministic model out of a file of rules (scripted_rules.h), in the host, without a sandbox.
#pragma once

#include "scenario/port.h"

namespace belljar::scenario {

Result<std::unique_ptr<Port>> make_scripted_port(PortParts parts);

}  // namespace belljar::scenario
