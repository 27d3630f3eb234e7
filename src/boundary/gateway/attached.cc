#include "boundary/gateway/attached.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/mix.h"
#include "base/text.h"

namespace belljar::boundary {

namespace {

constexpr std::uint32_t kFirstSynthetic = (198U << 24U | 18U << 16U) + 1;  // 198.18.0.1
constexpr std::size_t kAttributesMax = 6;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Refusal spent(const Permit& permit, std::string_view what, std::uint64_t most) {
  Refusal refusal{spec::NetworkKind::budget, permit.rule, "the budget of rule " + permit.rule + " is spent: ", {}, 429};
  refusal.reason += std::to_string(most) + " " + std::string{what};
  return refusal;
}

bool past(const std::optional<std::uint64_t>& most, std::uint64_t used) { return most && used > *most; }

}  // namespace

Refusal malformed(std::string_view rule, const Error& error) {
  return Refusal{spec::NetworkKind::malformed, std::string{rule}, error.message(), {}, 400};
}

Attached::Attached(Attachment attachment, EventLog& events)
    : given_{std::move(attachment)}, events_{events}, scrubber_{given_.credentials} {}

std::optional<Refusal> Attached::ask(const Asked& asked, Known known, Permit& permit) const {
  std::array<policy::Attribute, kAttributesMax> attributes{};
  std::size_t count = 0;
  const auto add = [&](std::string_view name, auto value) { attributes.at(count++) = {name, value}; };
  add("port", std::int64_t{asked.port});
  add("host_kind", asked.is_address ? std::string_view{"address"} : std::string_view{"name"});
  if (!asked.scheme.empty()) add("scheme", std::string_view{asked.scheme});
  if (!asked.method.empty()) add("method", std::string_view{asked.method});
  if (!asked.path.empty()) add("path", std::string_view{asked.path});
  if (asked.bytes) add("bytes", static_cast<std::int64_t>(*asked.bytes));
  const policy::Decision decision = given_.policy->decide({.subject = given_.name,
                                                           .action = policy::Action::connect,
                                                           .resource = asked.host,
                                                           .attributes = std::span{attributes}.first(count),
                                                           .partial = known == Known::part});
  if (decision.answer == policy::Answer::deny) {
    Refusal refusal{spec::NetworkKind::refused, std::string{decision.rule}, std::string{decision.reason}, {}, 403};
    if (decision.consequence != spec::Consequence::record) {
      refusal.consequence = spec::consequence_name(decision.consequence);
    }
    return refusal;
  }
  permit = {decision.answer == policy::Answer::depends, std::string{decision.rule}, decision.terms};
  return std::nullopt;
}

std::optional<Refusal> Attached::ask_address(const Asked& asked, const IpAddress& address) const {
  const std::string_view special = special_use(address);
  if (special.empty()) return std::nullopt;
  Asked itself = asked;
  itself.host = address.text();
  itself.is_address = true;
  Permit permit;
  if (!ask(itself, Known::part, permit) && !permit.depends) return std::nullopt;
  return Refusal{spec::NetworkKind::refused,
                 "gateway/address",
                 asked.host + " leads to " + address.text() + ", which is " + std::string{special} +
                     "; a rule that means it names the address itself",
                 {},
                 403};
}

std::optional<Refusal> Attached::ask_name(const std::string& name) const {
  // A decoy is found by whoever looks for it; the question alone touches nothing.
  if (given_.services && given_.services->has_decoy(name)) return std::nullopt;
  // Which port will follow is not known; that some rule may let one through is enough for an address.
  const std::array<policy::Attribute, 1> attributes{{{"host_kind", std::string_view{"name"}}}};
  const policy::Decision decision = given_.policy->decide({.subject = given_.name,
                                                           .action = policy::Action::connect,
                                                           .resource = name,
                                                           .attributes = attributes,
                                                           .partial = true});
  if (decision.answer != policy::Answer::deny) return std::nullopt;
  Refusal refusal{spec::NetworkKind::refused, std::string{decision.rule}, std::string{decision.reason}, {}, 403};
  if (decision.consequence != spec::Consequence::record) {
    refusal.consequence = spec::consequence_name(decision.consequence);
  }
  return refusal;
}

std::optional<Refusal> Attached::count_connection(const Permit& permit) {
  if (permit.terms == nullptr) return std::nullopt;
  const auto& most = permit.terms->budget.connections;
  if (past(most, ++usage_[permit.terms].connections)) return spent(permit, "connections", *most);
  return std::nullopt;
}

std::optional<Refusal> Attached::count_request(const Permit& permit) {
  if (permit.terms == nullptr) return std::nullopt;
  const spec::NetworkBudget& budget = permit.terms->budget;
  Usage& usage = usage_[permit.terms];
  if (past(budget.requests, ++usage.requests)) return spent(permit, "requests", *budget.requests);
  if (!budget.requests_per_second) return std::nullopt;
  const std::int64_t second = now_ns() / 1'000'000'000;
  if (second != std::exchange(usage.second, second)) usage.in_second = 0;
  if (past(budget.requests_per_second, ++usage.in_second)) {
    return spent(permit, "requests a second", *budget.requests_per_second);
  }
  return std::nullopt;
}

std::optional<Refusal> Attached::count_up(const Permit& permit, std::uint64_t bytes) {
  if (permit.terms == nullptr) return std::nullopt;
  const auto& most = permit.terms->budget.bytes_up;
  if (past(most, usage_[permit.terms].up += bytes)) return spent(permit, "bytes up", *most);
  return std::nullopt;
}

std::optional<Refusal> Attached::count_down(const Permit& permit, std::uint64_t bytes) {
  if (permit.terms == nullptr) return std::nullopt;
  const auto& most = permit.terms->budget.bytes_down;
  if (past(most, usage_[permit.terms].down += bytes)) return spent(permit, "bytes down", *most);
  return std::nullopt;
}

std::optional<Refusal> Attached::count_query(const std::string& name) {
  const auto over = [](std::string_view what, std::uint64_t most) {
    return Refusal{spec::NetworkKind::budget, "gateway/dns", std::to_string(most) + " " + std::string{what}, {}, 429};
  };
  if (++queries_ > limits().dns_queries_max) return over("queries are the most", limits().dns_queries_max);
  if (asked_names_.contains(name)) return std::nullopt;
  label_bytes_ += name.size();
  if (label_bytes_ > limits().dns_label_bytes_max) {
    return over("bytes of different names are the most", limits().dns_label_bytes_max);
  }
  asked_names_.insert(name);
  // The names of a rule count against its own budget; a rule is found as the one that lets the name through.
  const std::array<policy::Attribute, 1> attributes{{{"host_kind", std::string_view{"name"}}}};
  const policy::Decision decision = given_.policy->decide({.subject = given_.name,
                                                           .action = policy::Action::connect,
                                                           .resource = name,
                                                           .attributes = attributes,
                                                           .partial = true});
  if (decision.terms == nullptr || !decision.terms->budget.names) return std::nullopt;
  std::set<std::string, std::less<>>& names = usage_[decision.terms].names;
  if (names.size() >= *decision.terms->budget.names && !names.contains(name)) {
    return spent({false, std::string{decision.rule}, decision.terms}, "names", *decision.terms->budget.names);
  }
  names.insert(name);
  return std::nullopt;
}

void Attached::tell(const Refusal& refusal, const Asked& asked) {
  spec::NetworkEvent event;
  event.sandbox = given_.name;
  event.kind = refusal.kind;
  event.door = asked.door;
  event.host = printable(asked.host, 260);
  event.port = asked.port;
  event.rule = refusal.rule;
  event.reason = printable(scrubber_.whole(refusal.reason), 400);
  event.consequence = refusal.consequence;
  event.first_ns = now_ns();
  events_.add(std::move(event));
  if (refusal.consequence != spec::consequence_name(spec::Consequence::throttle)) return;
  for (const spec::PolicyRule& rule : given_.policy->spec().rules) {
    if (rule.id == refusal.rule) slow_down(rule.measure.interval);
  }
}

void Attached::slow_down(std::chrono::nanoseconds interval) {
  interval_ns_ = std::max<std::int64_t>(interval_ns_, interval.count());
  free_ns_ = std::max(free_ns_, now_ns() + interval_ns_);
}

std::chrono::milliseconds Attached::take_turn() {
  if (interval_ns_ == 0) return std::chrono::milliseconds{0};
  const std::int64_t now = now_ns();
  const std::int64_t at = std::max(now, free_ns_);
  free_ns_ = at + interval_ns_;
  return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::nanoseconds{at - now});
}

void Attached::tell_allowed(const Permit& permit, const Asked& asked, std::uint64_t up, std::uint64_t down) {
  spec::NetworkEvent event;
  event.sandbox = given_.name;
  event.kind = spec::NetworkKind::allowed;
  event.door = asked.door;
  event.host = asked.host;
  event.port = asked.port;
  event.rule = permit.rule;
  event.bytes_up = up;
  event.bytes_down = down;
  event.first_ns = now_ns();
  events_.add(std::move(event));
}

std::optional<IpAddress> Attached::address_of(const std::string& name) {
  const auto known = addresses_.find(name);
  if (known != addresses_.end()) return IpAddress::v4(known->second);
  if (names_.size() >= limits().names_max) return std::nullopt;
  const auto address = static_cast<std::uint32_t>(kFirstSynthetic + names_.size());
  names_.push_back(name);
  addresses_.emplace(name, address);
  return IpAddress::v4(address);
}

const std::string* Attached::name_of(std::uint32_t synthetic) const {
  const std::size_t place = std::size_t{synthetic} - kFirstSynthetic;
  return synthetic >= kFirstSynthetic && place < names_.size() ? &names_[place] : nullptr;
}

double Attached::draw() { return unit_interval(mix(given_.seed ^ mix(++draws_))); }

std::chrono::milliseconds Attached::draw_latency(const spec::Terms& terms) {
  const spec::NetworkConditions& link = terms.conditions;
  if (link.jitter.count() == 0) return link.latency;
  const double jitter = draw() * static_cast<double>(link.jitter.count());
  return link.latency + std::chrono::milliseconds{static_cast<std::int64_t>(jitter)};
}

bool Attached::draw_reset(const spec::Terms& terms) {
  return terms.conditions.resets > 0 && draw() < terms.conditions.resets;
}

std::optional<Refusal> Attached::ask_decoy(const Asked& asked) const {
  const Service* const found = service(asked.host, asked.port);
  if (found == nullptr || !found->decoy) return std::nullopt;
  return touched(found->name);
}

Refusal Attached::touched(std::string_view decoy) const {
  content::Finding finding;
  finding.kind = "canary";
  finding.rule = "decoy:" + std::string{decoy};
  finding.treatment = given_.decoys;
  finding.shown = "the decoy " + printable(decoy, 200) + " was touched";
  return refusal_of(finding);
}

std::optional<Refusal> Attached::follow(std::string_view channel, std::string_view text) {
  if (!given_.screen) return std::nullopt;
  const std::vector<content::Finding> found = given_.screen->follow(trail_, channel, text);
  if (found.empty()) return std::nullopt;
  return refusal_of(found.front());
}

std::vector<const content::Screen*> Attached::screens(const Permit& permit) const {
  std::vector<const content::Screen*> all;
  if (given_.screen && !given_.screen->empty()) all.push_back(given_.screen.get());
  if (permit.terms == nullptr) return all;
  for (const std::string& name : permit.terms->filters) {
    const auto found = given_.filters.find(name);
    if (found != given_.filters.end()) all.push_back(found->second.get());
  }
  return all;
}

const Credential* Attached::credential(const Permit& permit) const {
  if (permit.terms == nullptr || permit.terms->credential.empty()) return nullptr;
  const auto found = std::find_if(given_.credentials.begin(), given_.credentials.end(),
                                  [&](const Credential& one) { return one.name == permit.terms->credential; });
  return found == given_.credentials.end() ? nullptr : &*found;
}

const Service* Attached::service(const std::string& host, std::uint16_t port) const {
  return given_.services ? given_.services->find(host, port) : nullptr;
}

}  // namespace belljar::boundary
