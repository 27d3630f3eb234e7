#include "cli/doctor.h"

#include <cstdio>
#include <string>

#include "sandbox/doctor/doctor.h"

namespace belljar::cli {

namespace {

constexpr int kReady = 0;
constexpr int kHostError = 4;

int run_doctor(const Arguments& arguments, const Host& /*host*/) {
  const sandbox::HostReport report = sandbox::examine_host();
  const std::string text =
      arguments.has("json") ? codec::to_json_pretty(sandbox::host_json(report)) : sandbox::host_table(report);
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written && report.native_ready() ? kReady : kHostError;
}

}  // namespace

const Command kDoctor{
    .name = "doctor",
    .operands = "",
    .summary = "What this host can enforce: each mechanism tried, with its cost and remedy where it fails",
    .options = {{.name = "json", .help = "one JSON object with stable ids"}},
    .trailing_command = false,
    .main = run_doctor};

}  // namespace belljar::cli
