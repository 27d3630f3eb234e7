#include "cli/exec_plain.h"

#include <algorithm>
#include <array>

#include "cli/exec_options.h"
#include "cli/relay.h"
#include "cli/sandbox_options.h"
#include "sandbox/engine.h"
#include "sandbox/pool/pooled_sandbox.h"

namespace belljar::cli {

namespace {

// The others need more of Belljar.
constexpr std::array<std::string_view, 8> kUnderstood{"profile",       "limit",    "env",    "directory",
                                                      "writable-root", "own-time", "result", "allow-degraded"};

bool is_understood(const Arguments& arguments) {
  return !arguments.operands.empty() &&
         std::all_of(arguments.options.begin(), arguments.options.end(), [](const auto& option) {
           return std::find(kUnderstood.begin(), kUnderstood.end(), option.first) != kUnderstood.end();
         });
}

}  // namespace

Result<spec::SandboxReport> run_plain(const spec::SandboxSpec& spec, const spec::Command& command, bool proof,
                                      os::StopSignals& signals, const Clock& clock) {
  const std::unique_ptr<sandbox::PooledSandbox> ready =
      TRY(sandbox::PooledSandbox::start(spec, command, {.proof = proof}));
  if (ready) {
    TRY(Relay({{ready->poll_fd(), [&] { return ready->pump(); }}}, *ready, signals, clock).run());
    return ready->destroy();
  }
  const std::unique_ptr<sandbox::Engine> engine = TRY(sandbox::Engine::start({}, clock));
  const std::unique_ptr<sandbox::Sandbox> sandbox = TRY(engine->create(spec));
  TRY(sandbox->start(command));
  TRY(Relay({{engine->poll_fd(), [&] { return engine->pump(); }}}, *sandbox, signals, clock).run());
  return sandbox->destroy();
}

std::optional<int> exec_plain(const std::vector<std::string>& words, const Clock& clock) {
  const Result<Arguments> arguments = parse_arguments(exec_command(nullptr), words);
  if (!arguments || !is_understood(arguments.value())) return std::nullopt;
  spec::SandboxSpec spec;
  spec.name = "exec";
  spec.image.root = "/";
  spec.profile = arguments.value().value("profile").value_or(spec.profile);
  if (!read_sandbox_options(arguments.value(), spec)) return std::nullopt;
  Result<os::StopSignals> signals = os::StopSignals::open();
  if (!signals) return std::nullopt;
  const bool proof = arguments.value().has("result");
  return exec_outcome(arguments.value(),
                      run_plain(spec, read_command(arguments.value()), proof, signals.value(), clock));
}

}  // namespace belljar::cli
