// What models ask of others while they work. A call is a question like any other, with the question its caller works on
// as its cause; its answer goes back to the desk instead of on through the composition.
#include <algorithm>

#include "base/check.h"
#include "scenario/driver.h"

namespace belljar::scenario {

using codec::Json;

// Under the wall clock calls begin when they come.
Result<void> Driver::take_calls() {
  if (tools_.calls == nullptr || logical_ || tools_.calls->by_question()) return {};
  while (auto call = tools_.calls->take()) TRY(begin_call(std::move(*call)));
  return {};
}

// Under the logical clock a call comes at the one moment at which the run waits for its caller: where that model's end
// is the next thing to happen. Its end then waits until the call is over, so that no machine's speed moves either.
Result<bool> Driver::calls_first(const Event& event) {
  if (tools_.calls == nullptr || (!logical_ && !tools_.calls->by_question())) return false;
  if (event.kind != Event::Kind::due && event.kind != Event::Kind::deadline) return false;
  Ask* ask = find(event.ask);
  if (ask == nullptr || !ask->sent || ask->answered || ask->reply) return false;
  if (paused_until(seats_[ask->station])) return false;
  auto call = tools_.calls->take(seats_[ask->station].station->name(), ask->request.id);
  if (!call) return false;
  const Event taken = agenda_.take();
  if (logical_) now_ns_ = taken.t_ns;
  ask->due_waits = true;
  TRY(begin_call(std::move(*call)));
  // Refused at once: nothing is under way that would put its end back.
  ask = find(event.ask);
  if (ask != nullptr && ask->due_waits && ask->calls_open == 0) put_end_back(event.ask, *ask, 0);
  return true;
}

void Driver::put_end_back(std::uint64_t key, Ask& ask, std::int64_t after_ns) {
  ask.due_waits = false;
  const std::int64_t due_ns = now_ns_ + after_ns;
  const bool late = due_ns > ask.deadline_ns;
  agenda_.put(late ? std::max(now_ns_, ask.deadline_ns) : due_ns, late ? Event::Kind::deadline : Event::Kind::due, key);
}

Result<void> Driver::begin_call(Call call) {
  const auto seat =
      std::find_if(seats_.begin(), seats_.end(), [&](const Seat& one) { return one.station->name() == call.from; });
  CHECK(seat != seats_.end(), "only models of the run have a way to the desk");
  Ask* caller = seat->at_work ? find(*seat->at_work) : nullptr;
  if (caller == nullptr || !caller->sent || caller->answered) {
    TRY(seat->station->stray("call", codec::to_json(call.body), &call.body));
    return refuse_call(call, "calls.outside", "it works on no question now, so nothing could have caused a call");
  }
  const auto link = std::find_if(links_.begin(), links_.end(), [&](const exchange::Link* one) {
    return one->from == call.from && one->to == call.to && one->shape.calls;
  });
  if (link == links_.end()) {
    const std::string why = "no link says that " + call.from + " calls " + call.to;
    TRY(alarmed(tools_.monitor.watch_refusal(call.from, "calls.link", why, tools_.journal.elapsed_ns())));
    return refuse_call(call, "calls.link", why);
  }
  Root& root = roots_.at(caller->request.root);
  ++root.open;
  ++caller->calls_open;
  Ask ask;
  ask.call = call.id;
  ask.caller = *seat->at_work;
  ask.link = static_cast<std::size_t>(link - links_.begin());
  ask.station = seat_of_[ask.link];
  ask.path = caller->path;
  ++ask.path[ask.link];
  ask.request.root = caller->request.root;
  ask.request.from = call.from;
  ask.request.to = call.to;
  ask.request.case_id = caller->request.case_id;
  ask.request.cause = trace_.after(caller->request.cause, ++root.ordinal);
  return request(std::move(ask), std::move(call.body));
}

Result<void> Driver::refuse_call(const Call& call, const std::string& rule, const std::string& reason) {
  tools_.calls->reply(call.id, {CallReply::Kind::failed, {}, rule, reason});
  return tools_.journal.add(
      {{"kind", "call-refused"}, {"from", call.from}, {"to", call.to}, {"rule", rule}, {"reason", reason}});
}

// A copy that a flood made has nobody who waits for it.
Result<void> Driver::end_call(const Ask& ask, CallReply reply) {
  if (ask.request.copy == 0) {
    tools_.calls->reply(*ask.call, std::move(reply));
    Ask* caller = find(ask.caller);
    if (caller != nullptr && --caller->calls_open == 0 && caller->due_waits) {
      put_end_back(ask.caller, *caller, seats_[caller->station].station->spec().latency_ns);
    }
  }
  return close(ask.request.root);
}

}  // namespace belljar::scenario
