#include "cli/exec.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>

#include "base/text.h"
#include "codec/json.h"
#include "os/error.h"
#include "os/file.h"
#include "os/poll.h"
#include "os/stop_signals.h"
#include "sandbox/engine.h"
#include "sandbox/image/image.h"
#include "spec/quotas.h"
#include "spec/sandbox_report.h"
#include "spec/sandbox_spec.h"

namespace belljar::cli {

namespace {

constexpr int kUsageError = 2;
constexpr int kNotSealed = 125;

Result<std::pair<std::string, std::string>> split_pair(const std::string& text, char between, std::string_view form) {
  const std::size_t at = text.find(between);
  if (at == std::string::npos || at == 0) {
    return Error{Errc::invalid_argument, "found \"" + text + "\", expected " + std::string{form}};
  }
  return std::pair{text.substr(0, at), text.substr(at + 1)};
}

Result<std::uint64_t> read_seed(const std::string& text) {
  std::uint64_t seed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
  if (text.empty() || (error == std::errc{} && end == text.data() + text.size())) return seed;
  return Error{Errc::invalid_argument, "--deterministic: found \"" + printable(text) +
                                           "\", expected a whole number, such as --deterministic=7"};
}

Result<spec::SandboxSpec> read_spec(const Arguments& arguments) {
  spec::SandboxSpec spec;
  spec.name = "exec";
  if (arguments.has("policy")) {
    return Error{Errc::invalid_argument,
                 "--policy: policy files are not supported by this version; use --profile and --limit"};
  }
  if (const std::string tier = arguments.value("tier").value_or("native"); tier != "native") {
    return Error{Errc::invalid_argument, "--tier " + tier + ": this version has the tier native alone"};
  }
  spec.profile = arguments.value("profile").value_or("interpreter");
  for (const std::string& limit : arguments.values("limit")) {
    const auto [key, value] = TRY_CTX(split_pair(limit, '=', "KEY=VALUE, such as memory=512MiB"), "--limit");
    TRY_CTX(spec::set_quota(spec.quotas, key, value), "--limit");
  }
  for (const std::string& file : arguments.values("files")) {
    const auto [host, inside] = TRY_CTX(split_pair(file, ':', "HOST:INSIDE, such as ./model:/model"), "--files");
    spec.files.push_back({TRY_CTX(os::absolute_path(host), "--files"), inside});
  }
  spec.image = TRY_CTX(sandbox::resolve_image(arguments.value("image").value_or("host"), "."), "--image");
  spec.writable_root = arguments.has("writable-root");
  if (arguments.has("own-time")) spec.time = spec::TimeNamespace::own;
  if (arguments.has("deterministic")) {
    spec.deterministic = spec::Deterministic{TRY(read_seed(arguments.value("deterministic").value_or("")))};
  }
  spec.allow_degraded = arguments.values("allow-degraded");
  return spec;
}

spec::Command read_command(const Arguments& arguments) {
  spec::Command command;
  command.argv = arguments.operands;
  command.environment = spec::default_environment();
  for (const std::string& variable : arguments.values("env")) command.environment.push_back(variable);
  command.directory = arguments.value("directory").value_or(command.directory);
  return command;
}

// Carries bytes between our stdio and the sandbox's; neither side can stall the other's end.
class Relay {
 public:
  Relay(sandbox::Engine& engine, sandbox::Sandbox& sandbox, os::StopSignals& signals)
      : engine_{engine}, sandbox_{sandbox}, signals_{signals} {}

  Result<void> run() {
    while (!sandbox_.ended()) TRY(turn());
    // What the program wrote before its end is in the pipes.
    for (const sandbox::Stream stream : {sandbox::Stream::out, sandbox::Stream::error}) {
      while (sandbox_.output_fd(stream) >= 0 && TRY(copy_output(stream))) {
      }
    }
    return {};
  }

 private:
  Result<void> turn() {
    poll_.clear();
    poll_.add(engine_.poll_fd(), os::Interest::read);
    poll_.add(signals_.fd(), os::Interest::read);
    poll_.add(sandbox_.output_fd(sandbox::Stream::out), os::Interest::read);
    poll_.add(sandbox_.output_fd(sandbox::Stream::error), os::Interest::read);
    if (sandbox_.input_fd() >= 0 && waiting_.empty()) poll_.add(STDIN_FILENO, os::Interest::read);
    if (sandbox_.input_fd() >= 0 && !waiting_.empty()) poll_.add(sandbox_.input_fd(), os::Interest::write);
    TRY(poll_.wait(std::chrono::seconds{10}));
    if (poll_.ready(engine_.poll_fd())) TRY(engine_.pump());
    if (poll_.ready(signals_.fd())) {
      if (const std::optional<int> number = signals_.take()) sandbox_.signal(*number);
    }
    for (const sandbox::Stream stream : {sandbox::Stream::out, sandbox::Stream::error}) {
      if (poll_.ready(sandbox_.output_fd(stream))) (void)TRY(copy_output(stream));
    }
    return copy_input();
  }

  Result<void> copy_input() {
    if (sandbox_.input_fd() < 0) return {};
    if (waiting_.empty() && poll_.ready(STDIN_FILENO)) {
      const os::Taken taken = os::read_ready(STDIN_FILENO, buffer_);
      waiting_.assign(buffer_.data(), taken.bytes);
      if (taken.closed) sandbox_.close_input();
    }
    if (waiting_.empty() || sandbox_.input_fd() < 0) return {};
    const os::Written written = TRY(os::write_some(sandbox_.input_fd(), waiting_));
    waiting_.erase(0, written.bytes);
    if (written.closed) {
      waiting_.clear();
      sandbox_.close_input();
    }
    return {};
  }

  // False when there is nothing more to take now.
  Result<bool> copy_output(sandbox::Stream stream) {
    const sandbox::OutputChunk chunk = TRY(sandbox_.read_output(stream, buffer_));
    const int to = stream == sandbox::Stream::out ? STDOUT_FILENO : STDERR_FILENO;
    if (chunk.bytes > 0) {
      // A reader that went away ends us as it would have ended the program.
      TRY(os::write_all(to, {buffer_.data(), chunk.bytes}, "our output"));
    }
    return chunk.bytes > 0 && !chunk.end;
  }

  sandbox::Engine& engine_;
  sandbox::Sandbox& sandbox_;
  os::StopSignals& signals_;
  os::PollSet poll_;
  std::string waiting_;
  std::array<char, 65536> buffer_{};
};

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

Result<spec::SandboxReport> run_sealed(const Arguments& arguments, const Host& host) {
  const spec::SandboxSpec spec = TRY(read_spec(arguments));
  os::StopSignals signals = TRY(os::StopSignals::open());
  std::unique_ptr<sandbox::Engine> engine = TRY(sandbox::Engine::start({}, host.clock));
  std::unique_ptr<sandbox::Sandbox> sandbox = TRY(engine->create(spec));
  TRY(sandbox->start(read_command(arguments)));
  TRY(Relay(*engine, *sandbox, signals).run());
  return sandbox->destroy();
}

int exec_main(const Arguments& arguments, const Host& host) {
  if (arguments.operands.empty()) {
    (void)std::fprintf(stderr, "belljar exec: which program? %s", help_text(kExec).c_str());
    return kUsageError;
  }
  const Result<spec::SandboxReport> report = run_sealed(arguments, host);
  if (!report) {
    (void)std::fprintf(stderr, "belljar exec: %s\n", report.error().message().c_str());
    return report.error().code() == Errc::invalid_argument ? kUsageError : kNotSealed;
  }
  const spec::SandboxReport& result = report.value();
  if (!result.reason.empty()) (void)std::fprintf(stderr, "belljar exec: %s\n", result.reason.c_str());
  if (result.deterministic && !result.deterministic->unfixed.empty()) {
    std::string names;
    for (const std::string& name : result.deterministic->unfixed) names += (names.empty() ? "" : ", ") + name;
    (void)std::fprintf(stderr, "belljar exec: not decided by the seed: %s (docs/determinism.md)\n", names.c_str());
  }
  if (const std::optional<std::string> file = arguments.value("result")) {
    const Result<void> written = os::write_file_atomic(*file, codec::to_json_pretty(spec::report_json(result)), 0644);
    if (!written) {
      (void)std::fprintf(stderr, "belljar exec: %s\n", written.error().message().c_str());
      return kNotSealed;
    }
  }
  return exit_code_of(result);
}

}  // namespace

const Command kExec{
    "exec",
    "-- PROGRAM [ARGUMENT...]",
    "Run one program sealed; stdio passes through, its exit code is ours",
    {
        {"profile", Argument::required, "NAME", "system calls it may make: compute, interpreter (default), agent"},
        {"limit", Argument::required, "KEY=VALUE", "a quota, such as memory=512MiB, wall=10s, processes=8", true},
        {"image", Argument::required, "IMAGE", "host (default), a folder, or a package list ending in .yaml"},
        {"files", Argument::required, "HOST:INSIDE", "show a host file or folder read-only inside", true},
        {"env", Argument::required, "NAME=VALUE", "set a variable; nothing of ours is passed on", true},
        {"directory", Argument::required, "DIR", "working folder inside (default /work)"},
        {"writable-root", Argument::none, "", "a writable view of the image's folders, thrown away afterwards"},
        {"own-time", Argument::none, "", "monotonic clocks that begin at zero"},
        {"deterministic", Argument::optional, "SEED",
         "randomness from the seed (default 0), a clock that moves by rule"},
        {"result", Argument::required, "FILE", "write how it ended as JSON"},
        {"tier", Argument::required, "TIER", "native"},
        {"policy", Argument::required, "FILE", "not supported by this version"},
        {"allow-degraded", Argument::required, "NAME", "accept a missing protection by name", true},
    },
    true,
    exec_main};

}  // namespace belljar::cli
