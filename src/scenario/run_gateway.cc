#include "scenario/run_gateway.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/text.h"
#include "boundary/service_canaries.h"
#include "boundary/service_file.h"
#include "boundary/simulators.h"
#include "content/filter_sets.h"
#include "os/file.h"
#include "scenario/canaries.h"
#include "spec/glob.h"

namespace belljar::scenario {

namespace {

constexpr std::uint64_t kServiceFileBytesMax = 4U << 20;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

Result<boundary::ServiceFile> read_services(const std::string& path) {
  return boundary::parse_services(TRY_CTX(os::read_file(path, kServiceFileBytesMax), "read services"), path);
}

// One more file's services beside those of the files before.
Result<void> add_services(const std::string& path, const boundary::SimulatorSeed& seed,
                          const std::shared_ptr<boundary::ServiceNotes>& notes, boundary::Services& into) {
  boundary::ServiceFile file = TRY(read_services(path));
  const boundary::Services made = TRY(boundary::make_simulators(std::move(file), directory_of(path), seed, notes));
  for (const auto& [door, service] : made.all()) TRY_CTX(into.add(door, service), path);
  return {};
}

using FilterSets = std::map<std::string, std::shared_ptr<const content::Screen>, std::less<>>;

// What a permit asks for and this run cannot give stops the start.
Result<FilterSets> filter_sets_of(const spec::PolicySpec& policy, const std::vector<content::Canary>& canaries) {
  FilterSets sets;
  for (const spec::PolicyRule& rule : policy.rules) {
    const std::string doing = "policy " + policy.name + ", rule " + rule.id;
    for (const std::string& name : rule.terms.filters) {
      if (sets.contains(name)) continue;
      sets[name] = TRY_CTX(content::make_filter_set(name, directory_of(rule.file), canaries), doing);
    }
  }
  return sets;
}

bool may_be(const spec::PolicyRule& rule, std::string_view subject) {
  return std::all_of(rule.who.begin(), rule.who.end(), [&](const std::vector<std::string>& patterns) {
    return patterns.empty() || std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
             return spec::glob_matches(pattern, subject);
           });
  });
}

}  // namespace

Result<void> plant_canaries(RunGatewaySpec& spec, const spec::FilterSpec& filters, Entropy& entropy) {
  std::set<std::string> names;
  std::vector<std::string> places;
  for (const std::string& path : spec.services) {
    TRY(boundary::add_canary_places(TRY(read_services(path)), names, places));
  }
  if (!places.empty()) spec.canary_key = make_canary_key(entropy);
  for (const std::string& place : places) spec.canaries.push_back(content::make_canary(spec.canary_key, place));
  auto screen = std::make_shared<const content::Screen>(TRY(content::Screen::make(filters, spec.canaries)));
  if (!screen->empty()) spec.screen = std::move(screen);
  spec.decoys = filters.canaries;
  return {};
}

bool may_have_gateway(const policy::Policy& policy, std::string_view subject) {
  const std::vector<spec::PolicyRule>& rules = policy.spec().rules;
  return std::any_of(rules.begin(), rules.end(), [&](const spec::PolicyRule& rule) {
    const auto leads_out = [](spec::Action action) {
      return action == spec::Action::connect || action == spec::Action::call;
    };
    return rule.effect == spec::Effect::permit && may_be(rule, subject) &&
           std::any_of(rule.actions.begin(), rule.actions.end(), leads_out);
  });
}

RunGateway::RunGateway(RunGatewaySpec spec, std::unique_ptr<boundary::Gateway> gateway)
    : policy_{std::make_shared<const policy::Policy>(std::move(spec.policy))},
      services_{std::make_shared<boundary::Services>()},
      notes_{std::make_shared<boundary::ServiceNotes>()},
      screen_{std::move(spec.screen)},
      decoys_{spec.decoys},
      secrets_{std::move(spec.secrets)},
      seed_{spec.seed},
      callees_{std::move(spec.callees)},
      gateway_{std::move(gateway)} {}

Result<std::unique_ptr<RunGateway>> RunGateway::open(RunGatewaySpec spec) {
  FilterSets filters = TRY(filter_sets_of(spec.policy.spec(), spec.canaries));
  const std::vector<std::string> files = std::move(spec.services);
  const boundary::SimulatorSeed seed{spec.seed, std::move(spec.canary_key)};
  const std::shared_ptr<LiveCalls> desk = std::move(spec.desk);
  std::map<std::string, std::vector<std::string>> tools = std::move(spec.tools);
  std::unique_ptr<RunGateway> made{new RunGateway{std::move(spec), TRY(boundary::Gateway::start({}))}};
  made->filters_ = std::move(filters);
  for (const std::string& file : files) TRY(add_services(file, seed, made->notes_, *made->services_));
  if (desk != nullptr) {
    TRY(made->services_->add(
        {std::string{kModelsHost}, 80},
        {"models", boundary::Transport::plain, std::make_shared<ModelCalls>(desk, made->callees_), nullptr}));
    TRY(made->services_->add(
        {std::string{kToolsHost}, 80},
        {"tools", boundary::Transport::plain, std::make_shared<ToolCalls>(desk, std::move(tools)), nullptr}));
  }
  return made;
}

bool RunGateway::may_use(std::string_view subject, const Secret& secret) const {
  const std::vector<spec::PolicyRule>& rules = policy_->spec().rules;
  return std::any_of(rules.begin(), rules.end(), [&](const spec::PolicyRule& rule) {
    return rule.effect == spec::Effect::permit && rule.terms.credential == secret.name && may_be(rule, subject);
  });
}

void RunGateway::equip(std::string_view subject, spec::SandboxSpec& spec, spec::Command& command) const {
  if (!may_have_gateway(*policy_, subject) || spec.deterministic) return;
  spec.gateway = spec::GatewaySpec{gateway_->authority_pem()};
  std::vector<std::string> variables = spec::gateway_environment(*spec.gateway);
  if (callees_.contains(std::string{subject})) {
    variables.push_back("OPENAI_BASE_URL=http://" + std::string{kModelsHost} + "/v1");
    variables.push_back("OPENAI_API_KEY=belljar");  // clients refuse to start without one; it opens nothing
  }
  for (const Secret& secret : secrets_) {
    if (secret.inside.empty() || !may_use(subject, secret)) continue;
    const std::string text = secret.inside + "=" + boundary::placeholder_of(secret.name);
    std::erase_if(variables, [&](const std::string& other) { return other.starts_with(secret.inside + "="); });
    variables.push_back(text);
  }
  for (std::string& variable : variables) {
    const std::string name = variable.substr(0, variable.find('=') + 1);
    const bool is_set = std::any_of(command.environment.begin(), command.environment.end(),
                                    [&](const std::string& known) { return known.starts_with(name); });
    if (!is_set) command.environment.push_back(std::move(variable));
  }
}

Result<void> RunGateway::attach(const std::string& subject, sandbox::Sandbox& sandbox) {
  sandbox::GatewayDoors doors = TRY(sandbox.gateway_doors());
  boundary::Attachment attachment;
  attachment.name = subject;
  attachment.doors = {std::move(doors.http), std::move(doors.socks), std::move(doors.transparent),
                      std::move(doors.dns)};
  attachment.policy = policy_;
  attachment.services = services_;
  attachment.screen = screen_;
  attachment.filters = filters_;
  attachment.decoys = decoys_;
  for (const Secret& secret : secrets_) attachment.credentials.push_back({secret.name, secret.value});
  attachment.seed = seed_;
  return gateway_->attach(std::move(attachment));
}

void RunGateway::detach(const std::string& subject) { gateway_->detach(subject); }

std::vector<spec::NetworkEvent> RunGateway::take_events(const std::string& subject) {
  for (spec::NetworkEvent& event : gateway_->take_events()) {
    std::vector<spec::NetworkEvent>& queue = waiting_[event.sandbox];
    queue.push_back(std::move(event));
  }
  const auto found = waiting_.find(subject);
  if (found == waiting_.end()) return {};
  return std::exchange(found->second, {});
}

std::optional<NetworkDemand> RunGateway::demand_of(const spec::NetworkEvent& event) const {
  using spec::Consequence;
  constexpr std::array<Consequence, 3> kLasting{Consequence::throttle, Consequence::pause, Consequence::reset};
  const bool lasts = std::any_of(kLasting.begin(), kLasting.end(),
                                 [&](Consequence one) { return event.consequence == spec::consequence_name(one); });
  if (!lasts) return std::nullopt;
  const auto& rules = policy_->spec().rules;
  const auto rule = std::find_if(rules.begin(), rules.end(), [&](const auto& one) { return one.id == event.rule; });
  if (rule == rules.end()) return std::nullopt;
  return NetworkDemand{rule->id, violation_of(event).arguments, rule->then, rule->measure};
}

spec::Violation violation_of(const spec::NetworkEvent& event) {
  spec::Violation violation;
  violation.layer = "gateway";
  violation.rule = event.rule;
  violation.arguments = event.door + " " + event.host + (event.port == 0 ? "" : ":" + std::to_string(event.port)) +
                        (event.reason.empty() ? "" : ": " + event.reason);
  violation.answer = event.consequence == spec::consequence_name(spec::Consequence::kill) ? "contained" : "refused";
  if (event.consequence == "redacted" || event.consequence == "noted") violation.answer = event.consequence;
  violation.count = event.count;
  violation.first_ns = event.first_ns;
  return violation;
}

}  // namespace belljar::scenario
