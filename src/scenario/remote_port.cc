#include "scenario/remote_port.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "base/text.h"
#include "boundary/target.h"
#include "content/filter_sets.h"
#include "scenario/credentials.h"
#include "scenario/load.h"
#include "scenario/openai_lanes.h"
#include "spec/host_name.h"

namespace belljar::scenario {

namespace {

constexpr const char* kName = "remote";  // of the place at the gateway, its rule and its credential
constexpr int kTriesAgainMax = 3;
// The contract's deadline ends what takes too long; the gateway need not be quicker.
constexpr std::chrono::milliseconds kPatience{600'000};
constexpr std::array<std::string_view, 2> kTargets{"/chat/completions", "/embeddings"};

Error wrong(const spec::ModelSpec& model, const std::string& what) {
  return Error{Errc::invalid_argument, "model " + model.name + " (remote): " + what};
}

// What the scenario's policy says of asking that host for that target; nothing without one.
std::optional<policy::Decision> decide(const std::optional<policy::Policy>& policy, const spec::ModelSpec& model,
                                       const RemotePlace& place, const std::string& host, std::string_view path) {
  if (!policy) return std::nullopt;
  const std::array<policy::Attribute, 5> attributes{
      {{"scheme", std::string_view{"https"}},
       {"port", std::int64_t{place.port}},
       {"host_kind", spec::is_address(host) ? std::string_view{"address"} : std::string_view{"name"}},
       {"method", std::string_view{"POST"}},
       {"path", path}}};
  return policy->decide({model.name, spec::Action::connect, host, attributes, true});
}

// The addresses that the scenario's policy names and permits for this model: the gateway's own rule then names them
// too.
void add_named_addresses(const std::optional<policy::Policy>& policy, const spec::ModelSpec& model,
                         const RemotePlace& place, std::string_view path, std::vector<std::string>& hosts) {
  if (!policy) return;
  for (const spec::PolicyRule& rule : policy->spec().rules) {
    if (rule.effect != spec::Effect::permit) continue;
    for (const spec::Selectors& what : rule.what) {
      for (const std::string& host : what.hosts) {
        if (!spec::is_address(host) || std::find(hosts.begin(), hosts.end(), host) != hosts.end()) continue;
        const auto decision = decide(policy, model, place, host, path);
        if (decision->answer == policy::Answer::allow) hosts.push_back(host);
      }
    }
  }
}

// One permit: this host, by POST, at the two paths that are ever asked; the terms of the scenario's permit hold.
Result<spec::PolicySpec> rule_for(const std::optional<policy::Policy>& policy, const spec::ModelSpec& model,
                                  const RemotePlace& place) {
  spec::PolicyRule rule;
  rule.id = kName;
  rule.effect = spec::Effect::permit;
  rule.actions = {spec::Action::connect};
  spec::Selectors what;
  what.hosts = {place.host};
  what.ports = {place.port};
  what.schemes = {"https"};
  what.methods = {"POST"};
  std::string refusal;
  for (const std::string_view target : kTargets) {
    const std::string path = place.base + std::string{target};
    const auto decision = decide(policy, model, place, place.host, path);
    if (decision && decision->answer != policy::Answer::allow) {
      refusal = std::string{decision->reason} + " (rule " + std::string{decision->rule} + ")";
      continue;
    }
    if (decision) rule.terms = *decision->terms;
    what.paths.push_back(path);
    add_named_addresses(policy, model, place, path, what.hosts);
  }
  if (what.paths.empty()) {
    return wrong(model, "the policy does not let it connect to " + place.host + ":" + std::to_string(place.port) +
                            ": " + refusal + "; permit it, or leave the model out");
  }
  if (!policy && place.is_address) {
    const auto address = boundary::IpAddress::parse(place.host);
    const std::string_view special = address ? boundary::special_use(*address) : std::string_view{"no address"};
    if (!special.empty()) {
      return wrong(model,
                   place.host + " is " + std::string{special} + "; a policy of the scenario may permit it by name");
    }
  }
  if (!rule.terms.credential.empty()) {
    return wrong(model, "the permit for " + place.host + " puts in the credential \"" + rule.terms.credential +
                            "\", and a remote model has its key by its own `credential`: take one of the two out");
  }
  rule.what = {std::move(what)};
  rule.terms.tls = spec::Tls::intercept;
  rule.terms.credential = model.remote.credential ? kName : "";
  spec::PolicySpec spec;
  spec.name = kName;
  spec.rules = {std::move(rule)};
  return spec;
}

class RemotePort final : public Port {
 public:
  RemotePort(std::unique_ptr<boundary::Gateway> gateway, const RemotePlace& server, OpenaiPlace place,
             const PortParts& parts)
      : gateway_{std::move(gateway)},
        host_{server.host},
        port_{server.port},
        connections_(place.count),
        lanes_{with_lines(std::move(place)), parts.limits, parts.id_secret, parts.clock} {}

  void ask(const Question& question) override {
    lanes_.ask(question);
    lanes_.dispatch();
  }
  void give_up(std::uint64_t number) override {
    lanes_.give_up(number);
    lanes_.dispatch();
  }
  void close_input() override {}

  void watch(os::PollSet& set) const override { lanes_.watch(set); }
  std::optional<Nanoseconds> wake_at() const override { return lanes_.wake_at(); }
  Result<void> move(const os::PollSet& set) override {
    lanes_.move(set);
    lanes_.dispatch();
    (void)gateway_->take_events();  // what it refused has been answered, and is on record as that answer
    return {};
  }
  std::optional<Arrival> next() override { return lanes_.next(); }

 private:
  OpenaiPlace with_lines(OpenaiPlace place) {
    place.connect = [this](std::size_t lane) -> Result<int> {
      connections_[lane] = TRY(gateway_->connect(kName, host_, port_));
      return connections_[lane].get();
    };
    return place;
  }

  std::unique_ptr<boundary::Gateway> gateway_;
  std::string host_;
  std::uint16_t port_;
  std::vector<os::Fd> connections_;
  OpenaiLanes lanes_;
};

}  // namespace

Result<RemotePlace> remote_place(const spec::ModelSpec& model) {
  constexpr std::string_view kScheme = "https://";
  const std::string& url = model.remote.url;
  const std::string doing = "url " + printable(url, 300);
  if (!url.starts_with(kScheme))
    return wrong(model, doing + ": found no https, expected it: nothing is asked in the clear");
  const std::string_view rest = std::string_view{url}.substr(kScheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const auto authority = boundary::parse_authority(rest.substr(0, slash), 443);
  if (!authority) return wrong(model, doing + ": " + authority.error().message());
  const auto path = boundary::normal_target(slash == rest.size() ? "/" : rest.substr(slash), "POST");
  if (!path) return wrong(model, doing + ": " + path.error().message());
  if (path.value().find('?') != std::string::npos) {
    return wrong(model, doing + ": found a query, expected a path such as /v1");
  }
  std::string base = path.value();
  while (base.ends_with('/')) base.pop_back();
  const boundary::Host& host = authority.value().host;
  return RemotePlace{host.text, host.in_url(), host.kind != boundary::HostKind::name, authority.value().port,
                     std::move(base)};
}

Result<std::unique_ptr<Port>> make_remote_port(PortParts parts, const RemoteSetup& setup) {
  const spec::ModelSpec& model = parts.model;
  const RemotePlace place = TRY(remote_place(model));
  spec::PolicySpec rules = TRY(rule_for(setup.policy, model, place));
  boundary::GatewaySetup gateway_setup = setup.gateway;
  if (!model.remote.ca.empty()) gateway_setup.trust_file = path_from(parts.directory, model.remote.ca);
  boundary::Attachment attachment;
  attachment.name = kName;
  for (const std::string& name : rules.rules.front().terms.filters) {
    attachment.filters[name] = TRY_CTX(content::make_filter_set(name, parts.directory), "model " + model.name);
  }
  if (model.remote.credential) {
    auto secrets =
        TRY_CTX(fetch_secrets({*model.remote.credential}, parts.directory), "model " + model.name + " (remote)");
    attachment.credentials = {{kName, std::move(secrets.front().value)}};
  }
  attachment.policy = std::make_shared<const policy::Policy>(TRY(policy::compile(std::move(rules))));
  attachment.limits.progress_deadline = kPatience;
  attachment.limits.idle_deadline = kPatience;
  attachment.limits.service_deadline = kPatience;
  auto gateway = TRY_CTX(boundary::Gateway::start(gateway_setup), "model " + model.name);
  TRY_CTX(gateway->attach(std::move(attachment)), "model " + model.name);

  OpenaiPlace asked;
  asked.count = std::clamp<std::size_t>(model.in_flight, 1, sandbox::kServeLines);
  asked.host = place.in_url + (place.port == 443 ? "" : ":" + std::to_string(place.port));
  asked.before_target = place.base;
  asked.model = model.remote.model;
  if (model.remote.credential) asked.authorization = "Bearer " + boundary::placeholder_of(kName);
  asked.tries_again_max = kTriesAgainMax;
  return std::unique_ptr<Port>{std::make_unique<RemotePort>(std::move(gateway), place, std::move(asked), parts)};
}

}  // namespace belljar::scenario
