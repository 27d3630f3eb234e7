// What `belljar exec` takes, and what it says at the end; apart from what it does, so that the way by a pool
// (exec_ready.h) starts without the rest of Belljar.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "spec/sandbox_report.h"
#include "spec/sandbox_spec.h"

namespace belljar::cli {

Command exec_command(int (*main)(const Arguments& arguments, const Host& host));

spec::Command read_command(const Arguments& arguments);

// Tells why and what was refused, writes --result; the exit code.
int exec_outcome(const Arguments& arguments, const Result<spec::SandboxReport>& outcome);

}  // namespace belljar::cli
