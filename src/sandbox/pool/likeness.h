// Likeness: what must be equal before a pool may stand in for the engine that a process would start itself: the same
// Belljar, in the same namespaces, with the same profiles, making the same sandbox. Compared as text.
//
//   std::string mine = TRY(likeness(options));     // changes when a program or profile file is replaced or edited
//   std::string wanted = spec_text(spec);          // equal specs of the same image content give equal texts
//
// Reads a dozen file statuses, some tens of microseconds. Any thread.
#pragma once

#include <string>

#include "base/result.h"
#include "sandbox/engine.h"
#include "spec/sandbox_spec.h"

namespace belljar::sandbox {

Result<std::string> likeness(const EngineOptions& options);

// A pool makes its sandboxes beforehand, so none that shows files of the host (they may have been replaced since),
// holds planted ones, has a gateway, serves, or is deterministic.
bool may_be_pooled(const spec::SandboxSpec& spec);
std::string spec_text(const spec::SandboxSpec& spec);

// Where the pool of this user listens: $BELLJAR_POOL, or a name in a folder of this user alone.
Result<std::string> pool_socket_path();

}  // namespace belljar::sandbox
