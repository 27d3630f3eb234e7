// What a policy's rule asks to follow for whoever broke it: throttle, pause, reset. Each is an entry of the record:
//   {"kind":"sanction","model":..,"consequence":"throttle","rule":..,"why":..,"interval_ns":N}
//   {"kind":"sanction","model":..,"consequence":"pause","rule":..,"why":..,"for_ns":N}      0: until the run ends
//   {"kind":"sanction","model":..,"consequence":"reset","rule":..,"why":..,"reset":1,"of":3}
//   {"kind":"resumed","model":..}
#include <algorithm>
#include <cstdint>

#include "scenario/driver.h"

namespace belljar::scenario {

using codec::Json;
using spec::CaseEnd;
using spec::Consequence;

// What requests to the network asked for; messages ask by themselves.
Result<void> Driver::take_demands() {
  for (const Seat& seat : seats_) {
    for (const NetworkDemand& demand : seat.station->take_demands()) {
      TRY(sanction(seat.station->name(), demand.rule, demand.what, {demand.consequence, demand.measure}));
    }
  }
  return {};
}

Result<void> Driver::sanction(const std::string& who, const std::string& rule, const std::string& why,
                              const exchange::Sanction& sanction) {
  if (stopping_ || tools_.exchange.contained(who)) return {};
  Restraint& restraint = restraints_[who];
  Json::Object entry{{"kind", "sanction"},
                     {"model", who},
                     {"consequence", spec::consequence_name(sanction.consequence)},
                     {"rule", rule},
                     {"why", why}};
  if (logical_) entry.emplace_back("t_ns", now_ns_);
  const spec::Measure& measure = sanction.measure;
  switch (sanction.consequence) {
    case Consequence::throttle:
      entry.emplace_back("interval_ns", std::int64_t{measure.interval.count()});
      restraint.interval_ns = std::max<std::int64_t>(restraint.interval_ns, measure.interval.count());
      restraint.free_ns = std::max(restraint.free_ns, now_ns_ + restraint.interval_ns);
      throttle_network(who);
      return tools_.journal.add(std::move(entry));
    case Consequence::pause:
      entry.emplace_back("for_ns", std::int64_t{measure.pause.count()});
      TRY(tools_.journal.add(std::move(entry)));
      return pause(who, rule, measure.pause.count());
    case Consequence::reset:
      entry.emplace_back("reset", std::uint64_t{restraint.resets} + 1);
      entry.emplace_back("of", std::uint64_t{measure.resets_max});
      TRY(tools_.journal.add(std::move(entry)));
      return reset(who, rule, measure.resets_max);
    default:
      return {};
  }
}

// The workload has no sandbox, and a model that is gone has none any more.
Result<void> Driver::pause(const std::string& who, const std::string& rule, std::int64_t for_ns) {
  for (std::size_t at = 0; at < seats_.size(); ++at) {
    Seat& seat = seats_[at];
    if (seat.station->name() != who || !seat.station->asking()) continue;
    if (const auto frozen = seat.station->pause(); !frozen) return contain_paused(seat, rule, frozen.error());
    Restraint& restraint = restraints_[who];
    if (for_ns == 0) {
      restraint.paused_until_ns = INT64_MAX;
      seat.fate = Fate{CaseEnd::held, "held: the model was paused until the run ends (" + rule + ")"};
      continue;
    }
    const std::int64_t until_ns = now_ns_ + for_ns;
    if (restraint.paused_until_ns && *restraint.paused_until_ns >= until_ns) continue;
    restraint.paused_until_ns = until_ns;
    agenda_.put(until_ns, Event::Kind::resume, seat_key(at));
  }
  return {};
}

// A model that was to stand still and could not be stopped is not left running.
Result<void> Driver::contain_paused(Seat& seat, const std::string& rule, const Error& why) {
  spec::Finding finding;
  finding.severity = "critical";
  finding.kind = "policy";
  finding.model = seat.station->name();
  finding.rule = rule + ".pause";
  finding.detail = "it could not be paused: " + why.message();
  return alarmed(tools_.monitor.demand(std::move(finding), tools_.journal.elapsed_ns()));
}

Result<void> Driver::on_resume(std::size_t at) {
  Seat& seat = seats_[at];
  Restraint& restraint = restraints_[seat.station->name()];
  // Paused again in the meantime, for longer.
  if (!restraint.paused_until_ns || *restraint.paused_until_ns > now_ns_) return {};
  restraint.paused_until_ns.reset();
  if (seat.station->gone()) return {};
  TRY(seat.station->resume());
  Json::Object entry{{"kind", "resumed"}, {"model", seat.station->name()}};
  if (logical_) entry.emplace_back("t_ns", now_ns_);
  TRY(tools_.journal.add(std::move(entry)));
  return fill_places(at);
}

Result<void> Driver::reset(const std::string& who, const std::string& rule, std::uint32_t resets_max) {
  const auto seat =
      std::find_if(seats_.begin(), seats_.end(), [&](const Seat& one) { return one.station->name() == who; });
  if (seat == seats_.end() || !seat->station->asking()) return {};
  if (++restraints_[who].resets > resets_max) {
    spec::Finding finding;
    finding.severity = "critical";
    finding.kind = "policy";
    finding.model = who;
    finding.rule = rule + ".reset";
    finding.detail = "it was reset " + std::to_string(resets_max) + " times already";
    return alarmed(tools_.monitor.demand(std::move(finding), tools_.journal.elapsed_ns()));
  }
  if (!input_.remake) return Error{Errc::internal, "a rule asks for a new sandbox and nothing makes one"};
  TRY(seat->station->restart(TRY(input_.remake(who)), "rule " + rule));
  throttle_network(who);
  return {};
}

// A subject goes slowly wherever it goes: its messages here, its requests at the gateway.
void Driver::throttle_network(const std::string& who) {
  const std::int64_t interval_ns = restraints_[who].interval_ns;
  if (interval_ns == 0) return;
  for (const Seat& seat : seats_) {
    if (seat.station->name() == who) seat.station->throttle_network(Nanoseconds{interval_ns});
  }
}

std::optional<std::int64_t> Driver::paused_until(const Seat& seat) const {
  const auto found = restraints_.find(seat.station->name());
  return found == restraints_.end() ? std::nullopt : found->second.paused_until_ns;
}

// When a message of theirs that is ready at `at_ns` may go.
std::int64_t Driver::next_turn(const std::string& who, std::int64_t at_ns) {
  const auto found = restraints_.find(who);
  if (found == restraints_.end() || found->second.interval_ns == 0) return at_ns;
  Restraint& restraint = found->second;
  at_ns = std::max(at_ns, restraint.free_ns);
  restraint.free_ns = at_ns + restraint.interval_ns;
  return at_ns;
}

}  // namespace belljar::scenario
