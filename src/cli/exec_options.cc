#include "cli/exec_options.h"

#include <csignal>
#include <cstdio>

#include "base/text.h"
#include "cli/sandbox_options.h"
#include "codec/json.h"
#include "os/file.h"

namespace belljar::cli {

namespace {

constexpr int kUsageError = 2;
constexpr int kNotSealed = 125;
constexpr std::size_t kRefusalsShown = 20;

int exit_code_of(const spec::SandboxReport& report) {
  switch (report.status) {
    case spec::EndStatus::exited:
      return report.exit_code;
    case spec::EndStatus::signaled:
      return 128 + report.signal;
    default:
      return report.signal != 0 ? 128 + report.signal : 128 + SIGKILL;
  }
}

// A line for each thing the network refused or changed, so that nobody has to guess why a program failed.
void show_refusals(const spec::SandboxReport& report) {
  std::size_t count = 0;
  for (const spec::Violation& violation : report.violations) {
    if (violation.layer != "gateway" || ++count > kRefusalsShown) continue;
    const std::string times = violation.count > 1 ? ", " + std::to_string(violation.count) + " times" : "";
    (void)std::fprintf(stderr, "belljar exec: %s: %s (rule %s)%s\n", printable(violation.answer, 40).c_str(),
                       printable(violation.arguments, 400).c_str(), printable(violation.rule).c_str(), times.c_str());
  }
  if (count > kRefusalsShown) {
    (void)std::fprintf(stderr, "belljar exec: and %zu more refusals; --result FILE has them all\n",
                       count - kRefusalsShown);
  }
}

void show(const spec::SandboxReport& report) {
  show_refusals(report);
  if (!report.reason.empty()) (void)std::fprintf(stderr, "belljar exec: %s\n", report.reason.c_str());
  if (!report.deterministic || report.deterministic->unfixed.empty()) return;
  std::string names;
  for (const std::string& name : report.deterministic->unfixed) names += (names.empty() ? "" : ", ") + name;
  (void)std::fprintf(stderr, "belljar exec: not decided by the seed: %s (docs/determinism.md)\n", names.c_str());
}

}  // namespace

int exec_outcome(const Arguments& arguments, const Result<spec::SandboxReport>& outcome) {
  if (!outcome) {
    (void)std::fprintf(stderr, "belljar exec: %s\n", outcome.error().message().c_str());
    return outcome.error().code() == Errc::invalid_argument ? kUsageError : kNotSealed;
  }
  const spec::SandboxReport& report = outcome.value();
  show(report);
  if (const std::optional<std::string> file = arguments.value("result")) {
    const Result<void> written = os::write_file_atomic(*file, codec::to_json_pretty(spec::report_json(report)), 0644);
    if (!written) {
      (void)std::fprintf(stderr, "belljar exec: %s\n", written.error().message().c_str());
      return kNotSealed;
    }
  }
  return exit_code_of(report);
}

spec::Command read_command(const Arguments& arguments) {
  spec::Command command;
  command.argv = arguments.operands;
  command.environment = spec::default_environment();
  for (const std::string& variable : arguments.values("env")) command.environment.push_back(variable);
  command.directory = arguments.value("directory").value_or(command.directory);
  return command;
}

Command exec_command(int (*main)(const Arguments& arguments, const Host& host)) {
  return {"exec",
          "-- PROGRAM [ARGUMENT...]",
          "Run one program sealed; stdio passes through, its exit code is ours",
          {
              kProfileOption,
              kLimitOption,
              kImageOption,
              {"files", Argument::required, "HOST:INSIDE", "show a host file or folder read-only inside", true},
              {"env", Argument::required, "NAME=VALUE", "set a variable; nothing of ours is passed on", true},
              {"directory", Argument::required, "DIR", "working folder inside (default /work)"},
              kWritableRootOption,
              kOwnTimeOption,
              {"deterministic", Argument::optional, "SEED",
               "randomness from the seed (default 0), a clock that moves by rule"},
              {"result", Argument::required, "FILE", "write how it ended as JSON"},
              {"tier", Argument::required, "TIER", "native"},
              {"policy", Argument::required, "POLICY", "what it may reach: a file, or a ready policy such as agent"},
              {"filters", Argument::required, "FILTERS",
               "what every body must pass: a file, or a set: secrets, pii, injection, strict"},
              {"credential", Argument::required, "NAME=SOURCE",
               "a secret that stays outside, file:PATH or variable:NAME; a permit says where it goes", true},
              {"services", Argument::required, "FILE", "stand-ins that answer in place of the world", true},
              kAllowDegradedOption,
          },
          true,
          main};
}

}  // namespace belljar::cli
