// What a fault of the scenario makes of a request or an answer.
#include <algorithm>

#include "scenario/driver.h"

namespace belljar::scenario {

using codec::Json;
using exchange::FaultHit;
using spec::CaseEnd;
using spec::ErrorClass;
using spec::FaultKind;

Result<void> Driver::struck_request(Ask ask, const Json& body, const FaultHit& hit) {
  Seat& seat = seats_[ask.station];
  switch (hit.kind) {
    case FaultKind::flood:
      TRY(copies(ask, body, hit.copies));
      launch(std::move(ask));
      return {};
    case FaultKind::amnesia:
      if (!input_.remake) return Error{Errc::internal, "a fault asks for a new sandbox and nothing makes one"};
      TRY(seat.station->restart(TRY(input_.remake(seat.station->name())), "a fault of the scenario"));
      launch(std::move(ask));
      return {};
    default:
      break;
  }
  const std::uint64_t key = ask_key(ask.station, ask.number);
  const std::string why = "unavailable: a fault of the scenario (" + std::string{spec::fault_name(hit.kind)} + ")";
  asks_.emplace(key, std::move(ask));
  return lose(key, {CaseEnd::model_error, why}, ErrorClass::environment);
}

// Copies are asked and counted like any question, and their answers go nowhere.
Result<void> Driver::copies(const Ask& ask, const Json& body, std::uint64_t count) {
  Root& root = roots_.at(ask.request.root);
  for (std::uint64_t copy = 1; copy <= count; ++copy) {
    Ask more = ask;
    ++root.open;
    more.request.copy = copy;
    more.request.cause = trace_.after(ask.request.cause, ++root.ordinal);
    TRY(request(std::move(more), body));
  }
  return {};
}

Result<void> Driver::struck_answer(std::uint64_t key, const FaultHit& hit) {
  Ask& ask = *find(key);
  Seat& seat = seats_[ask.station];
  const std::string by = " (a fault of the scenario)";
  const std::int64_t arrives_ns = now_ns_ + links_[ask.link]->shape.latency_ns;
  switch (hit.kind) {
    case FaultKind::slow:
      if (arrives_ns + hit.delay_ns > ask.deadline_ns) break;
      return accept(key, arrives_ns + hit.delay_ns);
    case FaultKind::error:
      return lose(key, {CaseEnd::model_error, "the model said: error" + by}, ErrorClass::environment);
    case FaultKind::malformed:
    case FaultKind::truncated:
      return lose(key, {CaseEnd::contract_error, "not-json: " + std::string{spec::fault_name(hit.kind)} + by},
                  ErrorClass::contract);
    case FaultKind::duplicated:
      TRY(seat.station->stray("duplicate", codec::to_json(ask.answer), &ask.answer));
      return accept(key, arrives_ns);
    case FaultKind::reordered:
      if (seat.parked) break;
      seat.parked = key;
      break;
    default:
      break;
  }
  // It comes too late or never.
  agenda_.put(std::max(now_ns_, ask.deadline_ns), Event::Kind::deadline, key);
  return {};
}

}  // namespace belljar::scenario
