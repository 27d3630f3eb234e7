#include "cli/exec.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <map>

#include "base/text.h"
#include "codec/json.h"
#include "content/filter_sets.h"
#include "os/error.h"
#include "os/file.h"
#include "os/poll.h"
#include "os/stop_signals.h"
#include "policy/policy.h"
#include "sandbox/engine.h"
#include "sandbox/image/image.h"
#include "scenario/credentials.h"
#include "scenario/policy_check.h"
#include "scenario/run_gateway.h"
#include "spec/glob.h"
#include "spec/quotas.h"
#include "spec/sandbox_report.h"
#include "spec/sandbox_spec.h"

namespace belljar::cli {

namespace {

constexpr int kUsageError = 2;
constexpr int kNotSealed = 125;
constexpr const char* kSubject = "exec";  // who asks, in policies
constexpr std::size_t kRefusalsShown = 20;

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

// One program has nobody who would begin it anew, and nobody who would let it go on.
Result<void> check_consequences(const spec::PolicySpec& policy) {
  std::string wrong;
  for (const spec::PolicyRule& rule : policy.rules) {
    const bool resets = rule.then == spec::Consequence::reset;
    const bool for_ever = rule.then == spec::Consequence::pause && rule.measure.pause.count() == 0;
    const bool meant = std::all_of(rule.who.begin(), rule.who.end(), [](const std::vector<std::string>& names) {
      return std::any_of(names.begin(), names.end(),
                         [](const std::string& name) { return spec::glob_matches(name, kSubject); });
    });
    if (rule.effect != spec::Effect::forbid || !meant || (!resets && !for_ever)) continue;
    wrong += (wrong.empty() ? "" : "\n") + rule.file + ":" + std::to_string(rule.mark.line) + ":" +
             std::to_string(rule.mark.column) + ": found \"" + std::string{spec::consequence_name(rule.then)} +
             "\" in rule " + rule.id + ", expected " + (resets ? "kill" : "a time, as in {pause: 30s}") +
             ": belljar exec runs one program once";
  }
  if (wrong.empty()) return {};
  return Error{Errc::invalid_argument, "--policy: " + wrong};
}

Result<std::optional<policy::Policy>> read_policy(const Arguments& arguments) {
  const std::optional<std::string> name = arguments.value("policy");
  if (!name) {
    if (!arguments.has("services")) return std::optional<policy::Policy>{};
    return Error{Errc::invalid_argument,
                 "--services: found without --policy, expected one: what no rule permits is denied, and nobody could "
                 "reach them"};
  }
  spec::PolicySpec spec = TRY_CTX(spec::load_policy(*name), "--policy");
  TRY(check_consequences(spec));
  return std::optional<policy::Policy>{TRY_CTX(policy::compile(std::move(spec)), "--policy")};
}

// What every body at its gateway passes, as messages do in a run.
Result<spec::FilterSpec> read_filters(const Arguments& arguments) {
  const std::optional<std::string> name = arguments.value("filters");
  if (!name) return spec::FilterSpec{};
  if (!arguments.has("policy")) {
    return Error{Errc::invalid_argument,
                 "--filters: found without --policy, expected one: without it nothing goes out or comes in"};
  }
  return TRY_CTX(content::filter_set(*name, "."), "--filters");
}

// Wrong ones are told before anything is made.
Result<std::vector<scenario::Secret>> read_secrets(const Arguments& arguments,
                                                   const std::optional<policy::Policy>& policy) {
  std::vector<spec::CredentialSpec> credentials;
  for (const std::string& text : arguments.values("credential")) {
    credentials.push_back(TRY_CTX(spec::parse_credential(text), "--credential"));
  }
  if (policy) TRY_CTX(scenario::check_credentials(policy->spec(), credentials), "--policy");
  if (!policy && !credentials.empty()) {
    return Error{Errc::invalid_argument,
                 "--credential: found without --policy, expected one: a permit says where a credential may go"};
  }
  return scenario::fetch_secrets(credentials, ".");
}

std::string first_profile(const std::optional<policy::Policy>& policy) {
  const bool says = policy && !policy->spec().profiles.empty();
  return says ? policy->spec().profiles.front() : "interpreter";
}

// Quotas that nobody asked for are what the policy allows at most, where that is less.
Result<void> lower_to(const spec::PolicySpec& policy, spec::Quotas& quotas) {
  for (const auto& [key, most] : policy.limits) {
    spec::Quotas bound = quotas;
    TRY_CTX(spec::set_quota(bound, key, most), "--policy");
    if (!spec::quotas_above(quotas, bound).empty()) quotas = bound;
  }
  return {};
}

// What the policy says of the sandbox itself; in a scenario the same is said of each model.
Result<void> hold_to(const policy::Policy& policy, const spec::SandboxSpec& spec) {
  spec::ModelSpec model;
  model.name = kSubject;
  model.profile = spec.profile;
  model.quotas = spec.quotas;
  std::string wrong;
  for (const std::string& one : scenario::against_policy(policy, model)) wrong += (wrong.empty() ? "" : "; ") + one;
  for (const spec::ReadOnlyBind& bind : spec.files) {
    const policy::Decision decision = policy.decide({kSubject, spec::Action::read, bind.inside, {}});
    if (decision.answer == policy::Answer::allow) continue;
    wrong += (wrong.empty() ? "" : "; ") + std::string{"found --files at "} + printable(bind.inside) +
             ", expected none: " + std::string{decision.reason} + " (rule " + std::string{decision.rule} + ")";
  }
  if (wrong.empty()) return {};
  return Error{Errc::invalid_argument, "--policy " + policy.spec().name + ": " + wrong};
}

Result<spec::SandboxSpec> read_spec(const Arguments& arguments, const std::optional<policy::Policy>& policy) {
  spec::SandboxSpec spec;
  spec.name = "exec";
  if (const std::string tier = arguments.value("tier").value_or("native"); tier != "native") {
    return Error{Errc::invalid_argument, "--tier " + tier + ": this version has the tier native alone"};
  }
  spec.profile = arguments.value("profile").value_or(first_profile(policy));
  if (policy) TRY(lower_to(policy->spec(), spec.quotas));
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
  if (policy) TRY(hold_to(*policy, spec));
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
  Relay(sandbox::Engine& engine, sandbox::Sandbox& sandbox, os::StopSignals& signals, scenario::RunGateway* network,
        const Clock& clock)
      : engine_{engine}, sandbox_{sandbox}, signals_{signals}, network_{network}, clock_{clock} {}

  Result<void> run() {
    while (!sandbox_.ended()) TRY(turn());
    // What the program wrote before its end is in the pipes.
    for (const sandbox::Stream stream : {sandbox::Stream::out, sandbox::Stream::error}) {
      while (sandbox_.output_fd(stream) >= 0 && TRY(copy_output(stream))) {
      }
    }
    if (network_ == nullptr) return {};
    network_->detach(kSubject);
    hear_network();
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
    if (network_ != nullptr) poll_.add(network_->poll_fd(), os::Interest::read);
    TRY(poll_.wait(TRY(pause_left())));
    if (poll_.ready(engine_.poll_fd())) TRY(engine_.pump());
    if (network_ != nullptr && poll_.ready(network_->poll_fd())) hear_network();
    if (poll_.ready(signals_.fd())) {
      // What stands still hears nothing.
      TRY(sandbox_.thaw());
      if (const std::optional<int> number = signals_.take()) sandbox_.signal(*number);
    }
    for (const sandbox::Stream stream : {sandbox::Stream::out, sandbox::Stream::error}) {
      if (poll_.ready(sandbox_.output_fd(stream))) (void)TRY(copy_output(stream));
    }
    return copy_input();
  }

  void hear_network() {
    for (const spec::NetworkEvent& event : network_->take_events(kSubject)) {
      if (!event.is_refusal()) continue;
      const spec::Violation violation = scenario::violation_of(event);
      sandbox_.note(violation);
      if (violation.answer == "contained") {
        sandbox_.kill(spec::EndStatus::denied,
                      "contained by policy rule " + violation.rule + ": " + violation.arguments);
      }
      const std::optional<scenario::NetworkDemand> demand = network_->demand_of(event);
      if (demand && demand->consequence == spec::Consequence::pause) pause(*demand);
    }
  }

  void pause(const scenario::NetworkDemand& demand) {
    const Result<void> frozen = sandbox_.freeze();
    if (!frozen) {
      sandbox_.kill(spec::EndStatus::denied, "contained by policy rule " + demand.rule +
                                                 ": it could not be paused: " + frozen.error().message());
      return;
    }
    resume_at_ = std::max(resume_at_.value_or(Nanoseconds{0}), clock_.monotonic() + demand.measure.pause);
  }

  // How long to wait at most; lets the program go on when its pause is over.
  Result<std::chrono::milliseconds> pause_left() {
    constexpr std::chrono::milliseconds kNap{10'000};
    if (!resume_at_) return kNap;
    const Nanoseconds now = clock_.monotonic();
    if (now < *resume_at_) return std::min(kNap, std::chrono::ceil<std::chrono::milliseconds>(*resume_at_ - now));
    resume_at_.reset();
    TRY(sandbox_.thaw());
    return kNap;
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
  scenario::RunGateway* network_;  // null without one
  const Clock& clock_;
  std::optional<Nanoseconds> resume_at_;  // it stands still until then
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

// What services kept of the program, by count: the mail it sent, the statements it made.
void show_notes(scenario::RunGateway& network) {
  std::map<std::string, std::uint64_t> counts;
  for (const boundary::ServiceNote& note : network.take_notes()) ++counts[note.kind];
  std::string shown;
  for (const auto& [kind, count] : counts) shown += (shown.empty() ? "" : ", ") + std::to_string(count) + " " + kind;
  if (!shown.empty()) (void)std::fprintf(stderr, "belljar exec: services were left with: %s\n", shown.c_str());
}

Result<spec::SandboxReport> run_sealed(const Arguments& arguments, const Host& host) {
  const std::optional<policy::Policy> policy = TRY(read_policy(arguments));
  if (policy && arguments.has("deterministic") && scenario::may_have_gateway(*policy, kSubject)) {
    return Error{Errc::invalid_argument,
                 "--deterministic: found with a policy that permits exec to connect or to call, expected one that does "
                 "not: what comes from a network comes by the host's clock"};
  }
  std::vector<scenario::Secret> secrets = TRY(read_secrets(arguments, policy));
  spec::SandboxSpec spec = TRY(read_spec(arguments, policy));
  spec::Command command = read_command(arguments);
  const spec::FilterSpec filters = TRY(read_filters(arguments));
  os::StopSignals signals = TRY(os::StopSignals::open());
  std::unique_ptr<scenario::RunGateway> network;
  if (policy && scenario::may_have_gateway(*policy, kSubject)) {
    scenario::RunGatewaySpec setup{.policy = *policy, .services = arguments.values("services"), .screen = {}};
    TRY(scenario::plant_canaries(setup, filters, host.entropy));
    setup.secrets = std::move(secrets);
    network = TRY(scenario::RunGateway::open(std::move(setup)));
    network->equip(kSubject, spec, command);
  }
  std::unique_ptr<sandbox::Engine> engine = TRY(sandbox::Engine::start({}, host.clock));
  std::unique_ptr<sandbox::Sandbox> sandbox = TRY(engine->create(spec));
  if (!spec.gateway) network.reset();
  if (network) TRY(network->attach(kSubject, *sandbox));
  TRY(sandbox->start(command));
  TRY(Relay(*engine, *sandbox, signals, network.get(), host.clock).run());
  if (network) show_notes(*network);
  return sandbox->destroy();
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
  show_refusals(result);
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
        {"policy", Argument::required, "POLICY", "what it may reach: a file, or a ready policy such as agent"},
        {"filters", Argument::required, "FILTERS",
         "what every body must pass: a file, or a set: secrets, pii, injection, strict"},
        {"credential", Argument::required, "NAME=SOURCE",
         "a secret that stays outside, file:PATH or variable:NAME; a permit says where it goes", true},
        {"services", Argument::required, "FILE", "stand-ins that answer in place of the world", true},
        {"allow-degraded", Argument::required, "NAME", "accept a missing protection by name", true},
    },
    true,
    exec_main};

}  // namespace belljar::cli
