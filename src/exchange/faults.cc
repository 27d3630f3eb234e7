#include "exchange/faults.h"

#include "base/mix.h"
#include "base/text.h"

namespace belljar::exchange {

namespace {

using spec::FaultKind;
using spec::FaultSpec;

bool falls_on_requests(FaultKind kind) {
  return kind == FaultKind::down || kind == FaultKind::dependency_lost || kind == FaultKind::flood ||
         kind == FaultKind::amnesia;
}

// Whether a request of this fault's model or link; dependency-lost concerns what the model asks of others.
bool concerns(const FaultSpec& fault, const std::string& from, const std::string& to) {
  if (fault.kind == FaultKind::dependency_lost) return from == fault.model;
  if (!fault.model.empty()) return to == fault.model;
  return from == fault.from && to == fault.to;
}

// Without a length a state lasts and an event happens once.
std::uint64_t length_of(const FaultSpec& fault) {
  if (fault.for_messages) return *fault.for_messages;
  const bool lasts = fault.for_ns || fault.match || fault.kind == FaultKind::down ||
                     fault.kind == FaultKind::dependency_lost || (fault.chance < 1);
  return lasts ? UINT64_MAX : 1;
}

}  // namespace

FaultBook::FaultBook(std::vector<FaultSpec> faults, std::uint64_t seed)
    : specs_{std::move(faults)}, faults_(specs_.size()), seed_{seed} {}

bool FaultBook::lucky(std::size_t index, const State& state) const {
  const double chance = specs_[index].chance;
  if (chance >= 1) return true;
  const std::uint64_t drawn = mix(mix(seed_ ^ (index + 1)) + state.candidates);
  return unit_interval(drawn) < chance;
}

bool FaultBook::active(const FaultSpec& fault, State& state, const Message& message) const {
  const bool untimed = !fault.at_messages && !fault.at_ns;
  const bool counted = fault.at_messages && state.requests > *fault.at_messages;
  const bool timed = fault.at_ns && message.t_ns >= *fault.at_ns;
  if (!untimed && !counted && !timed) return false;
  if (!state.since_ns) state.since_ns = message.t_ns;
  if (fault.for_ns && message.t_ns >= *state.since_ns + *fault.for_ns) return false;
  if (state.struck >= length_of(fault)) return false;
  return !fault.match || spec::holds(*fault.match, message.body);
}

std::optional<FaultHit> FaultBook::strike(const Message& message) {
  const bool is_request = message.direction == Direction::request;
  std::optional<FaultHit> hit;
  for (std::size_t index = 0; index < specs_.size(); ++index) {
    const FaultSpec& fault = specs_[index];
    State& state = faults_[index];
    const std::string& from = is_request ? message.from : message.to;
    const std::string& to = is_request ? message.to : message.from;
    if (message.copy > 0 || !concerns(fault, from, to)) continue;
    if (is_request) ++state.requests;
    if (is_request != falls_on_requests(fault.kind) || hit) continue;
    if (!active(fault, state, message)) continue;
    ++state.candidates;
    if (!lucky(index, state)) continue;
    ++state.struck;
    hit = FaultHit{fault.kind, fault.delay_ns, fault.kind == FaultKind::flood ? fault.copies : 0, index};
  }
  return hit;
}

std::vector<std::uint64_t> FaultBook::struck() const {
  std::vector<std::uint64_t> counts;
  for (const State& state : faults_) counts.push_back(state.struck);
  return counts;
}

Decision FaultStage::admit(const Message& message, const Context& context) const {
  if (context.fault == nullptr) return {};
  const FaultHit& hit = *context.fault;
  const std::string name{spec::fault_name(hit.kind)};
  const std::string& model = message.direction == Direction::request ? message.to : message.from;
  std::string reason = "a fault of the scenario: " + model + " " + name;
  if (hit.delay_ns > 0) reason += " by " + human_duration(hit.delay_ns);
  if (hit.copies > 0) reason += ", " + std::to_string(hit.copies) + " copies more";
  return {Act::fault, "fault." + name, std::move(reason), {}, hit};
}

}  // namespace belljar::exchange
