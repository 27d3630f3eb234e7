// `belljar exec` where nothing is asked for but a sandbox: no policy, and so no network. Apart from the rest, so that
// the small program in front can do it by itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "os/stop_signals.h"
#include "spec/sandbox_report.h"
#include "spec/sandbox_spec.h"

namespace belljar::cli {

// In a sandbox that stood ready, where a pool of this user keeps such ones, otherwise in one of our own. From a pool
// and without `proof` it returns once nothing of the sandbox lives: `destroyed` is false, and the pool removes what is
// left.
Result<spec::SandboxReport> run_plain(const spec::SandboxSpec& spec, const spec::Command& command, bool proof,
                                      os::StopSignals& signals, const Clock& clock);

// `belljar exec WORDS`. Nothing: it takes the whole of Belljar, to run it or to say what is wrong with it; no program
// was started.
std::optional<int> exec_plain(const std::vector<std::string>& words, const Clock& clock);

}  // namespace belljar::cli
