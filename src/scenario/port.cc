#include "scenario/port.h"

#include "base/check.h"
#include "scenario/mcp_port.h"
#include "scenario/openai_port.h"
#include "scenario/scripted_port.h"
#include "scenario/stdio_port.h"

namespace belljar::scenario {

Result<std::unique_ptr<Port>> make_port(PortParts parts) {
  switch (parts.model.adapter) {
    case spec::AdapterKind::stdio:
      CHECK(parts.sandbox != nullptr, "a stdio model has a sandbox");
      return make_stdio_port(std::move(parts));
    case spec::AdapterKind::openai:
      return make_openai_port(std::move(parts));
    case spec::AdapterKind::mcp:
      return make_mcp_port(std::move(parts));
    case spec::AdapterKind::scripted:
      return make_scripted_port(std::move(parts));
    case spec::AdapterKind::remote:  // make_remote_port(), by who knows the policy
    case spec::AdapterKind::replay:
      break;
  }
  return Error{Errc::invalid_argument, "model " + parts.model.name + ": the adapter " +
                                           std::string{spec::adapter_name(parts.model.adapter)} +
                                           " is not built in yet"};
}

}  // namespace belljar::scenario
