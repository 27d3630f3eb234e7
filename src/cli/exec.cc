#include "cli/exec.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <functional>
#include <map>

#include "base/text.h"
#include "cli/exec_options.h"
#include "cli/exec_plain.h"
#include "cli/relay.h"
#include "cli/sandbox_options.h"
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
constexpr const char* kSubject = "exec";  // who asks, in policies

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
  TRY(read_sandbox_options(arguments, spec));
  spec.image = TRY_CTX(sandbox::resolve_image(arguments.value("image").value_or("host"), "."), "--image");
  for (const std::string& file : arguments.values("files")) {
    const auto [host, inside] = TRY_CTX(split_pair(file, ':', "HOST:INSIDE, such as ./model:/model"), "--files");
    spec.files.push_back({TRY_CTX(os::absolute_path(host), "--files"), inside});
  }
  if (arguments.has("deterministic")) {
    spec.deterministic = spec::Deterministic{TRY(read_seed(arguments.value("deterministic").value_or("")))};
  }
  if (policy) TRY(hold_to(*policy, spec));
  return spec;
}

// What the network tells becomes part of the record, ends the program or makes it stand still.
class NetworkEar {
 public:
  NetworkEar(scenario::RunGateway& network, sandbox::Sandbox& sandbox) : network_{network}, sandbox_{sandbox} {}

  void hear(Relay& relay) {
    for (const spec::NetworkEvent& event : network_.take_events(kSubject)) {
      if (!event.is_refusal()) continue;
      const spec::Violation violation = scenario::violation_of(event);
      sandbox_.note(violation);
      if (violation.answer == "contained") contain(violation.rule, violation.arguments);
      const std::optional<scenario::NetworkDemand> demand = network_.demand_of(event);
      if (!demand || demand->consequence != spec::Consequence::pause) continue;
      const Result<void> paused = relay.pause(demand->measure.pause);
      if (!paused) contain(demand->rule, "it could not be paused: " + paused.error().message());
    }
  }

 private:
  void contain(const std::string& rule, const std::string& why) {
    sandbox_.kill(spec::EndStatus::denied, "contained by policy rule " + rule + ": " + why);
  }

  scenario::RunGateway& network_;
  sandbox::Sandbox& sandbox_;
};

Result<void> relay_with(scenario::RunGateway& network, sandbox::Engine& engine, sandbox::Sandbox& sandbox,
                        os::StopSignals& signals, const Clock& clock) {
  NetworkEar ear{network, sandbox};
  Relay* relaying = nullptr;
  const auto hear = [&]() -> Result<void> {
    ear.hear(*relaying);
    return {};
  };
  Relay relay{{{engine.poll_fd(), [&] { return engine.pump(); }}, {network.poll_fd(), hear}}, sandbox, signals, clock};
  relaying = &relay;
  TRY(relay.run());
  network.detach(kSubject);
  return hear();
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
  if (!spec.gateway) return run_plain(spec, command, arguments.has("result"), signals, host.clock);
  std::unique_ptr<sandbox::Engine> engine = TRY(sandbox::Engine::start({}, host.clock));
  std::unique_ptr<sandbox::Sandbox> sandbox = TRY(engine->create(spec));
  TRY(network->attach(kSubject, *sandbox));
  TRY(sandbox->start(command));
  TRY(relay_with(*network, *engine, *sandbox, signals, host.clock));
  show_notes(*network);
  return sandbox->destroy();
}

int exec_main(const Arguments& arguments, const Host& host) {
  if (arguments.operands.empty()) {
    (void)std::fprintf(stderr, "belljar exec: which program? %s", help_text(kExec).c_str());
    return kUsageError;
  }
  return exec_outcome(arguments, run_sealed(arguments, host));
}

}  // namespace

const Command kExec = exec_command(exec_main);

}  // namespace belljar::cli
