// belljar-core: finds the command and hands it what it needs from the machine.

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/contract.h"
#include "cli/diff.h"
#include "cli/doctor.h"
#include "cli/erase.h"
#include "cli/exec.h"
#include "cli/filter.h"
#include "cli/image.h"
#include "cli/mirror.h"
#include "cli/policy.h"
#include "cli/pool.h"
#include "cli/probe.h"
#include "cli/replay.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/verify.h"
#include "os/system.h"

namespace {

// The order in which help lists them.
constexpr auto kCommands = std::to_array<const belljar::cli::Command*>({
    &belljar::cli::kRun,
    &belljar::cli::kReplay,
    &belljar::cli::kVerify,
    &belljar::cli::kDiff,
    &belljar::cli::kErase,
    &belljar::cli::kReport,
    &belljar::cli::kExec,
    &belljar::cli::kPool,
    &belljar::cli::kDoctor,
    &belljar::cli::kProbe,
    &belljar::cli::kImage,
    &belljar::cli::kContract,
    &belljar::cli::kFilter,
    &belljar::cli::kPolicy,
    &belljar::cli::kMirror,
});

void print_help() {
  (void)std::puts("belljar runs AI models nobody trusts yet, sealed, and says whether they may be released.\n");
  for (const belljar::cli::Command* command : kCommands) {
    (void)std::printf("  belljar %-10s %s\n", std::string{command->name}.c_str(),
                      std::string{command->summary}.c_str());
  }
  (void)std::puts("\n`belljar COMMAND --help` tells the rest.");
}

int run(const belljar::cli::Command& command, const std::vector<std::string>& words) {
  const belljar::Result<belljar::cli::Arguments> arguments = belljar::cli::parse_arguments(command, words);
  if (!arguments) {
    (void)std::fprintf(stderr, "%s\n", arguments.error().message().c_str());
    return 2;
  }
  if (arguments.value().has("help")) {
    (void)std::fputs(belljar::cli::help_text(command).c_str(), stdout);
    return 0;
  }
  const belljar::os::SystemClock clock;
  belljar::os::SystemEntropy entropy;
  return command.main(arguments.value(), {clock, entropy});
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 1 ? 2 : 1), argv + argc);
  const std::string name = argc > 1 ? argv[1] : "--help";
  if (name == "--help" || name == "-h" || name == "help") {
    print_help();
    return argc > 1 ? 0 : 2;
  }
  for (const belljar::cli::Command* command : kCommands) {
    if (command->name == name) return run(*command, words);
  }
  (void)std::fprintf(stderr, "belljar: no command \"%s\"; `belljar --help` lists them\n", name.c_str());
  return 2;
}
