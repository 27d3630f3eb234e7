// How one question goes out, how its answer comes back, and what a contract, a budget or a fault makes of either.
#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "scenario/driver.h"

namespace belljar::scenario {

namespace {

using codec::Json;
using exchange::Act;
using exchange::Direction;
using spec::CaseEnd;
using spec::ErrorClass;

std::string error_text(const Json& object) {
  const Json* error = object.find("error");
  if (error == nullptr) return {};
  return printable(error->is_string() ? error->as_string() : codec::to_json(*error));
}

// The code by which a contract tells whose fault a failure is: the error itself, or its member "code".
std::string error_code(const Json& object) {
  const Json* error = object.find("error");
  if (error == nullptr) return {};
  const Json* code = error->is_object() ? error->find("code") : error;
  return code != nullptr && code->is_string() ? code->as_string() : std::string{};
}

Json with_id(const std::string& id, Json body) {
  Json::Object members{{"id", id}};
  if (body.is_object()) {
    for (Json::Member& member : body.as_object()) {
      if (member.first != "id") members.push_back(std::move(member));
    }
  }
  return Json{std::move(members)};
}

}  // namespace

Ask* Driver::find(std::uint64_t key) {
  const auto found = asks_.find(key);
  return found == asks_.end() ? nullptr : &found->second;
}

Result<void> Driver::alarmed(const std::optional<monitor::Alarm>& alarm) {
  if (!alarm) return {};
  for (const Seat& seat : seats_) {
    if (seat.station->name() == alarm->model) TRY(seat.station->contain(*alarm, tools_.journal.elapsed_ns()));
  }
  return {};
}

Result<exchange::Decision> Driver::pass(exchange::Message& message, std::size_t link) {
  exchange::Decision decision = TRY(tools_.exchange.pass(message));
  transcript_.message(message, decision);
  if (decision.act == Act::allow || decision.act == Act::alter) TRY(noticed(message, decision));
  spec::LinkRun& run = ways_[link].run;
  run.tokens += message.tokens;
  run.bytes += message.text.size();
  if (decision.act == Act::refuse) ++run.refused;
  if (decision.act == Act::hold) ++run.held;
  if (decision.act == Act::fault) ++run.faulted;
  if (decision.act == Act::allow || decision.act == Act::alter) {
    ++(message.direction == Direction::request ? run.requests : run.answers);
  }
  if (decision.act == Act::alter) {
    message.body = decision.altered;
    message.text = codec::to_json(message.body);
  }
  return decision;
}

Result<void> Driver::take_step(std::uint64_t root, Step step, const exchange::Cause* cause,
                               const std::vector<std::uint64_t>* path, std::uint64_t said_tokens) {
  const exchange::Link& along = *links_[step.link];
  Root& of = roots_.at(root);
  ++of.open;
  if (!step.error.empty()) {
    if (along.from != "workload") {
      TRY(alarmed(
          tools_.monitor.watch_refusal(along.from, "contract.answer.map", step.error, tools_.journal.elapsed_ns())));
    }
    TRY(fail_root(root, CaseEnd::contract_error, std::move(step.error)));
    return close(root);
  }
  Ask ask;
  ask.link = step.link;
  ask.station = seat_of_[step.link];
  ask.path = path != nullptr ? *path : std::vector<std::uint64_t>(links_.size(), 0);
  ++ask.path[step.link];
  ask.request.root = root;
  ask.request.from = along.from;
  ask.request.to = along.to;
  ask.request.case_id = of.progress.item->id;
  ask.request.cause = cause != nullptr ? trace_.after(*cause, ++of.ordinal) : of.cause;
  ask.caused_by_tokens = said_tokens;
  return request(std::move(ask), std::move(step.body));
}

// Passes the exchange and goes on its way. The root counts it as open until it is closed.
Result<void> Driver::request(Ask ask, Json body) {
  Seat& seat = seats_[ask.station];
  if (stopping_ || seat.fate) {
    const Fate& fate = stopping_ ? *stopping_ : *seat.fate;
    return give_up(ask, fate.end, fate.why, "");
  }
  const spec::ModelSpec& model = seat.station->spec();
  ask.number = seat.station->next_number();
  exchange::Message& message = ask.request;
  message.id = seat.station->id(ask.number);
  message.body = with_id(message.id, std::move(body));
  message.text = codec::to_json(message.body);
  // A server inside counts the tokens of question and answer itself, and reports them with the answer.
  const bool counts = model.adapter == spec::AdapterKind::openai || model.adapter == spec::AdapterKind::remote;
  message.tokens = counts ? 0 : exchange::estimate_tokens(message.text);
  message.cost = model.request_cost + static_cast<std::int64_t>(message.tokens) * model.token_cost;
  message.t_ns = now_ns_;
  const exchange::Decision decision = TRY(pass(message, ask.link));
  if (decision.act == Act::fault) return struck_request(std::move(ask), without_id(message.body), *decision.fault);
  if (decision.act != Act::allow && decision.act != Act::alter) return refused(ask, decision);
  launch(std::move(ask));
  return {};
}

Result<void> Driver::refused(const Ask& ask, const exchange::Decision& decision) {
  const std::string why = decision.rule + ": " + decision.reason;
  const std::string& from = ask.request.from;
  CaseEnd end = from == "workload" ? CaseEnd::harness_error : CaseEnd::contract_error;
  if (decision.act == Act::hold || decision.act == Act::contain) end = CaseEnd::held;
  if (decision.rule.starts_with("budget.")) {
    end = CaseEnd::model_error;
    spec::Finding finding;
    finding.severity = "high";
    finding.kind = "budget";
    finding.model = from == "workload" ? ask.request.to : from;
    finding.rule = decision.rule;
    finding.detail = decision.reason;
    TRY(alarmed(tools_.monitor.watch(std::move(finding), tools_.journal.elapsed_ns())));
  } else if (from != "workload") {
    TRY(broke(from, decision));
  }
  return give_up(ask, end, "the request was not sent: " + why, decision.rule);
}

// A question that ends without an answer: the case hears of it, or the model that asked.
Result<void> Driver::give_up(const Ask& ask, CaseEnd end, std::string why, std::string rule) {
  if (ask.call) return end_call(ask, {CallReply::Kind::failed, {}, std::move(rule), std::move(why)});
  if (ask.request.copy == 0) TRY(fail_root(ask.request.root, end, std::move(why)));
  return close(ask.request.root);
}

// When a request on this link may begin: as its rate and its contract's say.
std::int64_t Driver::throttle(std::size_t link) {
  Way& way = ways_[link];
  std::int64_t at_ns = now_ns_;
  if (const double rate = links_[link]->shape.rate; rate > 0) {
    at_ns = std::max(at_ns, way.free_ns);
    way.free_ns = at_ns + static_cast<std::int64_t>(1e9 / rate);
  }
  if (const auto& rate = links_[link]->contract.rate) {
    if (way.begun.size() >= rate->count) {
      at_ns = std::max(at_ns, way.begun.front() + Nanoseconds{rate->per}.count());
      way.begun.pop_front();
    }
    way.begun.push_back(at_ns);
  }
  return next_turn(links_[link]->from, at_ns);
}

void Driver::launch(Ask ask) {
  const std::uint64_t key = ask_key(ask.station, ask.number);
  ask.passed_ns = now_ns_;
  const std::int64_t at_ns = throttle(ask.link) + links_[ask.link]->shape.latency_ns;
  asks_.emplace(key, std::move(ask));
  agenda_.put(at_ns, Event::Kind::deliver, key);
}

Result<void> Driver::measure_gain(const Ask& ask) {
  // What the model said, not the words that the link's map puts around it: those would dilute the growth.
  auto finding =
      gain_.note(ask.request.root, ask.link, ask.path[ask.link],
                 ask.caused_by_tokens != 0 ? ask.caused_by_tokens : exchange::estimate_tokens(ask.request.text));
  if (!finding) return {};
  return alarmed(tools_.monitor.watch(std::move(*finding), tools_.journal.elapsed_ns()));
}

Result<void> Driver::on_deliver(std::uint64_t key) {
  Ask* ask = find(key);
  if (ask == nullptr) return {};
  Seat& seat = seats_[ask->station];
  if (const auto until_ns = paused_until(seat)) {
    if (seat.fate) return lose(key, *seat.fate, ErrorClass::environment);
    agenda_.put(*until_ns, Event::Kind::deliver, key);
    return {};
  }
  TRY(measure_gain(*ask));
  if (seat.sent >= seat.station->spec().in_flight) {
    seat.queue.push_back(key);
    return {};
  }
  return send(key, *ask);
}

Result<void> Driver::send(std::uint64_t key, Ask& ask) {
  Seat& seat = seats_[ask.station];
  ++seat.sent;
  seat.at_work = key;
  ask.sent = true;
  seat.station->ask({ask.number, ask.request.id, ask.request.body, ask.request.text});
  ask.request.text.clear();
  const exchange::Link& along = *links_[ask.link];
  ask.deadline_ns = now_ns_ + Nanoseconds{along.contract.deadline}.count();
  const std::int64_t due_ns = now_ns_ + seat.station->spec().latency_ns;
  if (!logical_) {
    if (!seat.station->has_answered()) ask.deadline_ns += input_.times.start.count();
    agenda_.put(ask.deadline_ns, Event::Kind::deadline, key);
  } else if (due_ns > ask.deadline_ns) {
    agenda_.put(ask.deadline_ns, Event::Kind::deadline, key);
  } else {
    agenda_.put(due_ns, Event::Kind::due, key);
  }
  return {};
}

Result<void> Driver::free_place(std::size_t at) {
  Seat& seat = seats_[at];
  --seat.sent;
  seat.at_work.reset();
  return fill_places(at);
}

Result<void> Driver::fill_places(std::size_t at) {
  Seat& seat = seats_[at];
  while (!seat.queue.empty() && seat.sent < seat.station->spec().in_flight) {
    const std::uint64_t key = seat.queue.front();
    if (!seat.fate && paused_until(seat)) return {};
    seat.queue.pop_front();
    Ask* ask = find(key);
    if (ask == nullptr) continue;
    if (seat.fate) {
      TRY(lose(key, *seat.fate, ErrorClass::environment));
    } else {
      TRY(send(key, *ask));
    }
  }
  return {};
}

Result<void> Driver::on_due(std::uint64_t key) {
  Ask* ask = find(key);
  if (ask == nullptr || ask->answered || !ask->sent) return {};
  if (const auto until_ns = paused_until(seats_[ask->station])) {
    const bool late = *until_ns > ask->deadline_ns;
    if (late && !logical_) return {};  // its deadline is on the agenda
    agenda_.put(late ? std::max(now_ns_, ask->deadline_ns) : *until_ns, late ? Event::Kind::deadline : Event::Kind::due,
                key);
    return {};
  }
  Station& station = *seats_[ask->station].station;
  if (!ask->reply && !station.ready(ask->number)) return {};
  Reply reply = ask->reply ? std::move(*ask->reply) : station.take(ask->number);
  if (reply.arrival.delay_ns > 0 && !reply.lost) {
    const std::int64_t until_ns = now_ns_ + std::exchange(reply.arrival.delay_ns, 0);
    ask->reply = std::move(reply);
    const bool late = logical_ && until_ns > ask->deadline_ns;
    agenda_.put(late ? ask->deadline_ns : until_ns, late ? Event::Kind::deadline : Event::Kind::due, key);
    return {};
  }
  ask->reply.reset();
  return believe(key, std::move(reply));
}

Result<void> Driver::on_deadline(std::uint64_t key) {
  Ask* ask = find(key);
  if (ask == nullptr || !ask->sent) return {};
  if (ask->answered) {
    // Answered in time, but kept back or taken by a fault until now.
    return lose(key, {CaseEnd::timeout, "no answer within its deadline"}, ErrorClass::timeout);
  }
  Station& station = *seats_[ask->station].station;
  if (paused_until(seats_[ask->station])) {
    const std::size_t seat = ask->station;
    TRY(station.drop(ask->number));
    TRY(lose(key, {CaseEnd::timeout, "no answer within its deadline: the model was paused"}, ErrorClass::timeout));
    return free_place(seat);
  }
  if (!logical_ && !ask->reply && (station.mute() || station.ready(ask->number))) {
    // Its end, or its reply, is about to be handled.
    agenda_.put(now_ns_ + 1'000'000, Event::Kind::deadline, key);
    return {};
  }
  Fate fate{CaseEnd::timeout, "no answer within its deadline"};
  if (logical_ || ask->reply) {
    Reply reply = ask->reply ? std::move(*ask->reply) : station.take(ask->number);
    ask->reply.reset();
    if (reply.lost) return believe(key, std::move(reply));
    TRY(station.stray("late", reply.arrival.text, &reply.arrival.body));
  } else {
    fate = TRY(station.time_out(ask->number));
  }
  const std::size_t seat = ask->station;
  TRY(lose(key, fate, fate.end == CaseEnd::timeout ? ErrorClass::timeout : ErrorClass::contract));
  return free_place(seat);
}

// The reply of a question, whatever it is: the place at the model is free again after it.
Result<void> Driver::believe(std::uint64_t key, Reply reply) {
  Ask& ask = *find(key);
  const std::size_t at = ask.station;
  Seat& seat = seats_[at];
  if (reply.lost) {
    const bool ended = seat.station->gone();
    if ((ended || reply.arrival.final) && !seat.fate) {
      seat.fate = *reply.lost;
      TRY(tools_.journal.add({{"kind", "gone"},
                              {"model", seat.station->name()},
                              {"end", spec::case_end_name(seat.fate->end)},
                              {"why", seat.fate->why},
                              {"seq", ask.request.seq}}));
    }
    const ErrorClass kind = reply.lost->end == CaseEnd::timeout          ? ErrorClass::timeout
                            : reply.lost->end == CaseEnd::contract_error ? ErrorClass::contract
                                                                         : ErrorClass::environment;
    TRY(lose(key, *reply.lost, kind));
    return free_place(at);
  }
  Root& root = roots_.at(ask.request.root);
  const spec::ModelSpec& model = seat.station->spec();
  exchange::Message message;
  const bool failed = reply.arrival.kind == Arrival::Kind::failure;
  message.direction = failed ? Direction::failure : Direction::answer;
  message.from = ask.request.to;
  message.to = ask.request.from;
  message.id = ask.request.id;
  message.case_id = ask.request.case_id;
  message.root = ask.request.root;
  message.copy = ask.request.copy;
  message.cause = trace_.after(ask.request.cause, ++root.ordinal);
  message.text = std::move(reply.arrival.text);
  message.body = std::move(reply.arrival.body);
  const Usage& usage = reply.arrival.usage;
  message.tokens = usage.known ? usage.tokens_in + usage.tokens_out : exchange::estimate_tokens(message.text);
  message.said = usage.known ? usage.tokens_out : message.tokens;
  message.cost = static_cast<std::int64_t>(message.tokens) * model.token_cost;
  message.t_ns = now_ns_;
  message.waited_ns = now_ns_ - ask.passed_ns;
  if (each_ && !ask.call) root.latency_ns = logical_ ? model.latency_ns : reply.latency_ns;
  const exchange::Decision decision = TRY(pass(message, ask.link));
  ask.answered = true;
  ask.answer = std::move(message.body);
  ask.answer_cause = message.cause;
  ask.said_tokens = message.said;
  if (decision.act == Act::fault) {
    TRY(struck_answer(key, *decision.fault));
  } else if (decision.act == Act::hold || decision.act == Act::contain) {
    const std::string from = message.from;
    TRY(lose(key, {CaseEnd::held, "held: " + decision.reason}, ErrorClass::contract));
    TRY(broke(from, decision));
  } else if (decision.act != Act::allow && decision.act != Act::alter) {
    const std::string from = message.from;
    TRY(lose(key, {CaseEnd::contract_error, decision.rule + ": " + decision.reason}, ErrorClass::contract));
    TRY(broke(from, decision));
  } else if (failed) {
    TRY(failure(key, ask.answer));
  } else {
    TRY(accept(key, now_ns_ + links_[ask.link]->shape.latency_ns));
  }
  return free_place(at);
}

Result<void> Driver::failure(std::uint64_t key, const Json& body) {
  const Ask& ask = *find(key);
  const ErrorClass kind = spec::error_class(links_[ask.link]->contract.errors, error_code(body));
  return lose(key, {CaseEnd::model_error, "the model said: " + error_text(body)}, kind);
}

// The answer reaches whoever asked at that time, or when its model may speak again.
Result<void> Driver::accept(std::uint64_t key, std::int64_t at_ns) {
  const Ask& ask = *find(key);
  const std::int64_t turn_ns = next_turn(ask.request.to, at_ns);
  if (turn_ns > at_ns && turn_ns > ask.deadline_ns) {
    agenda_.put(std::max(now_ns_, ask.deadline_ns), Event::Kind::deadline, key);
    return {};
  }
  at_ns = turn_ns;
  if (at_ns <= now_ns_) return on_hand_over(key);
  agenda_.put(at_ns, Event::Kind::hand_over, key);
  return {};
}

Result<void> Driver::on_hand_over(std::uint64_t key) {
  const auto found = asks_.find(key);
  if (found == asks_.end()) return {};
  const Ask ask = std::move(found->second);
  asks_.erase(found);
  Root& root = roots_.at(ask.request.root);
  if (ask.call) {
    TRY(end_call(ask, {CallReply::Kind::answer, ask.answer, {}, {}}));
  } else if (ask.request.copy == 0) {
    TRY(take_steps(ask.request.root, flow_.after(root.progress, ask.link, ask.request.body, ask.answer),
                   &ask.answer_cause, &ask.path, ask.said_tokens));
  }
  if (!ask.call) TRY(close(ask.request.root));
  // What a fault kept back follows the answer that overtook it.
  std::optional<std::uint64_t>& parked = seats_[ask.station].parked;
  if (!parked || *parked == key) return {};
  const std::uint64_t behind = *std::exchange(parked, std::nullopt);
  return find(behind) != nullptr ? on_hand_over(behind) : Result<void>{};
}

Result<void> Driver::lose(std::uint64_t key, const Fate& fate, ErrorClass kind) {
  const auto found = asks_.find(key);
  const Ask& ask = found->second;
  ++ways_[ask.link].run.lost;
  transcript_.lost(ask.request.root, now_ns_, ask.request.to, spec::case_end_name(fate.end));
  TRY(tools_.journal.add({{"kind", "lost"},
                          {"seq", ask.request.seq},
                          {"end", spec::case_end_name(fate.end)},
                          {"class", spec::error_class_name(kind)},
                          {"why", fate.why}}));
  const spec::RetryPolicy& policy = links_[ask.link]->contract.retry;
  const bool retried = !seats_[ask.station].fate && !stopping_ && ask.request.copy == 0 && fate.end != CaseEnd::held &&
                       spec::may_retry(policy, kind, ask.attempt);
  if (retried) {
    const auto wait = spec::retry_delay(policy, ask.attempt, input_.scenario.seed ^ ask.request.cause.span);
    agenda_.put(now_ns_ + wait.count(), Event::Kind::retry, key);
    found->second.sent = false;
    return {};
  }
  const Ask gone = std::move(found->second);
  asks_.erase(found);
  return give_up(gone, fate.end, fate.why, {});
}

Result<void> Driver::on_retry(std::uint64_t key) {
  const auto found = asks_.find(key);
  if (found == asks_.end()) return {};
  Ask again = std::move(found->second);
  asks_.erase(found);
  ++ways_[again.link].run.retried;
  ++again.attempt;
  again.sent = false;
  again.answered = false;
  again.reply.reset();
  again.request.cause = trace_.after(again.request.cause, ++roots_.at(again.request.root).ordinal);
  Json body = without_id(again.request.body);
  return request(std::move(again), std::move(body));
}

}  // namespace belljar::scenario
