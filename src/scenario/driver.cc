#include "scenario/driver.h"

#include <algorithm>

#include "base/check.h"
#include "codec/crypto.h"
#include "os/poll.h"

namespace belljar::scenario {

namespace {

// The longest sleep: samples and checkpoints are due about so often.
constexpr Nanoseconds kNapMax = std::chrono::milliseconds{100};
// Under the logical clock a model that never answers must not stop the run for ever. It fires in real time, so what it
// ends is told as a finding.
constexpr Nanoseconds kGuardLeast = std::chrono::seconds{30};
constexpr int kGuardDeadlines = 10;
// Events handled between two looks at what the models do.
constexpr int kEventsATurn = 512;

std::vector<monitor::GainEdge> edges_of(const Flow& flow) {
  std::vector<monitor::GainEdge> edges;
  for (std::size_t link = 0; link < flow.links().size(); ++link) {
    edges.push_back({flow.links()[link]->from, flow.links()[link]->to, flow.cyclic()[link]});
  }
  return edges;
}

}  // namespace

Driver::Driver(DriveInput input, const DriveTools& tools)
    : input_{std::move(input)},
      tools_{tools},
      logical_{input_.scenario.clock == spec::ClockKind::logical},
      each_{input_.scenario.asks_each()},
      links_{tools.exchange.links()},
      flow_{input_.scenario, links_},
      trace_{codec::sha256("belljar trace\n" + input_.id_secret.hex())},
      gain_{input_.scenario.amplification, edges_of(flow_)},
      transcript_{logical_} {
  for (std::size_t link = 0; link < links_.size(); ++link) {
    if (links_[link]->from == "workload") entries_.push_back(link);
    ways_.emplace_back().run.from = links_[link]->from;
    ways_.back().run.to = links_[link]->to;
  }
  const std::size_t lanes = each_ ? entries_.size() : 1;
  next_case_.assign(lanes, 0);
  active_.assign(lanes, 0);
  results_.resize(lanes * input_.cases.size());
}

Result<void> Driver::open_seats() {
  const auto limits_of = [&](const std::string& model) {
    FrameLimits limits{0, 0};
    for (const exchange::Link* link : links_) {
      if (link->to != model) continue;
      limits.bytes_max = std::max<std::size_t>(limits.bytes_max, link->contract.message_bytes_max);
      limits.depth_max = std::max<std::size_t>(limits.depth_max, link->contract.depth_max);
    }
    return limits;
  };
  std::map<std::string, std::size_t> places;
  for (DriveModel& model : input_.models) {
    const std::string name = model.spec.name;
    places[name] = seats_.size();
    const StationTools shared{
        tools_.exchange,  tools_.journal,       tools_.monitor,
        strays_,          tools_.clock,         input_.make_port,
        input_.directory, input_.scenario.seed, codec::sha256(input_.id_secret.hex() + "\n" + name),
        limits_of(name),  input_.times,         tools_.network,
        input_.log_screen};
    seats_.emplace_back().station = std::make_unique<Station>(std::move(model), shared);
  }
  for (const exchange::Link* link : links_) {
    CHECK(places.contains(link->to), "every linked model is driven");
    seat_of_.push_back(places[link->to]);
  }
  for (Seat& seat : seats_) TRY(seat.station->start());
  return {};
}

bool Driver::done() const {
  return std::all_of(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.station->gone(); });
}

Result<DriveResult> Driver::run() {
  begun_ = tools_.clock.monotonic();
  const Nanoseconds begun = begun_;
  TRY(open_seats());
  begun_ = tools_.clock.monotonic();
  TRY(advance());
  while (!done()) TRY(turn());
  TRY(tell_strays());
  return finish(begun);
}

exchange::Traffic Driver::traffic() const {
  const bool busy = std::any_of(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.sent > 0; });
  return busy ? exchange::Traffic::in_flight : exchange::Traffic::quiet;
}

Result<void> Driver::sleep(os::PollSet& set) {
  const Nanoseconds now = tools_.clock.monotonic();
  Nanoseconds until = now + kNapMax;
  if (tools_.engine != nullptr) set.add(tools_.engine->poll_fd(), os::Interest::read);
  if (tools_.stop != nullptr) set.add(tools_.stop->fd(), os::Interest::read);
  if (tools_.calls != nullptr && tools_.calls->fd() >= 0) set.add(tools_.calls->fd(), os::Interest::read);
  if (tools_.network != nullptr) set.add(tools_.network->poll_fd(), os::Interest::read);
  for (const Seat& seat : seats_) {
    seat.station->watch(set);
    until = std::min(until, seat.station->wake_at());
  }
  if (const Event* next = agenda_.next()) {
    // Under the logical clock what has not been handled waits for an answer.
    const auto ask = asks_.find(next->ask);
    const bool waits = logical_ && ask != asks_.end() &&
                       !seats_[ask->second.station].station->ready(ask->second.number) &&
                       !paused_until(seats_[ask->second.station]);
    if (!waits) until = std::min(until, logical_ ? now : begun_ + Nanoseconds{next->t_ns});
  }
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max(until - now, Nanoseconds{0}));
  return set.wait(left);
}

Result<void> Driver::stop_all(const Fate& fate) {
  if (stopping_) return {};
  stopping_ = fate;
  for (const Seat& seat : seats_) TRY(seat.station->stop(fate.why));
  return {};
}

Result<void> Driver::check_stop() {
  if (tools_.stop == nullptr || interrupted_) return {};
  interrupted_ = tools_.stop->take();
  if (!interrupted_) return {};
  TRY(tools_.journal.add({{"kind", "interrupted"}, {"signal", *interrupted_}}));
  return stop_all({spec::CaseEnd::harness_error, "the run was interrupted by signal " + std::to_string(*interrupted_)});
}

Result<void> Driver::turn() {
  os::PollSet set;
  TRY(sleep(set));
  if (tools_.engine != nullptr) TRY(tools_.engine->pump());
  TRY(check_stop());
  for (const Seat& seat : seats_) TRY(seat.station->read(set));
  // Deeds before words: what a model did before it wrote what was just read is known after this pump.
  if (tools_.engine != nullptr) TRY(tools_.engine->pump());
  for (const Seat& seat : seats_) TRY(seat.station->look());
  for (const Seat& seat : seats_) TRY(seat.station->gather());
  TRY(take_demands());
  TRY(tell_findings());
  // Before the next questions are asked.
  TRY(tools_.journal.tick(traffic()));
  TRY(advance());
  for (const Seat& seat : seats_) TRY(seat.station->act());
  TRY(advance());
  TRY(tell_findings());
  tools_.listener.cases(ends_, results_.size());
  return {};
}

// Whether an event must wait for what a model has not said yet.
Result<bool> Driver::blocked(const Event& event) {
  if (!logical_ || (event.kind != Event::Kind::due && event.kind != Event::Kind::deadline)) return false;
  Ask* ask = find(event.ask);
  if (ask == nullptr || ask->answered || ask->reply) return false;
  Station& station = *seats_[ask->station].station;
  // One that stands still says nothing: what becomes of its questions follows from the time alone.
  if (station.ready(ask->number) || paused_until(seats_[ask->station])) return false;
  const Nanoseconds deadline = links_[ask->link]->contract.deadline;
  const Nanoseconds patience = std::max(kGuardLeast, kGuardDeadlines * deadline) + input_.times.start;
  if (tools_.clock.monotonic() < station.asked_at(ask->number) + patience || station.mute()) return true;
  spec::Finding finding;
  finding.severity = "medium";
  finding.kind = "timeout";
  finding.model = station.name();
  finding.rule = "wall-guard";
  finding.detail = "no answer in real time, which the logical clock does not see: the digest may not repeat";
  TRY(alarmed(tools_.monitor.watch(std::move(finding), tools_.journal.elapsed_ns())));
  ask->reply = Reply{{}, TRY(station.time_out(ask->number)), 0};
  return false;
}

Result<void> Driver::handle(const Event& event) {
  switch (event.kind) {
    case Event::Kind::deliver:
      return on_deliver(event.ask);
    case Event::Kind::due:
      return on_due(event.ask);
    case Event::Kind::deadline:
      return on_deadline(event.ask);
    case Event::Kind::hand_over:
      return on_hand_over(event.ask);
    case Event::Kind::retry:
      return on_retry(event.ask);
    case Event::Kind::resume:
      return on_resume(seat_key(event.ask));
  }
  return {};
}

// Everything that can happen now. Under the wall clock: what is due by now, and replies as they came. Under the logical
// clock: everything up to the first answer that is awaited.
Result<void> Driver::advance() {
  for (std::size_t at = 0; at < seats_.size(); ++at) {
    for (const std::uint64_t number : seats_[at].station->take_fresh()) {
      if (!logical_) agenda_.put(real_ns(), Event::Kind::due, ask_key(at, number));
    }
  }
  if (!logical_) now_ns_ = real_ns();
  TRY(take_calls());
  TRY(fill());
  for (int handled = 0; handled < kEventsATurn; ++handled) {
    const Event* next = agenda_.next();
    if (next == nullptr || (!logical_ && next->t_ns > now_ns_)) break;
    if (TRY(calls_first(*next))) continue;
    if (TRY(blocked(*next))) break;
    const Event event = agenda_.take();
    if (logical_) now_ns_ = event.t_ns;
    TRY(handle(event));
    TRY(fill());
    if (input_.until && tools_.exchange.attempts() >= *input_.until && !stopping_) {
      stopped_ = true;
      TRY(stop_all({spec::CaseEnd::harness_error, "stopped at message " + std::to_string(*input_.until)}));
    }
  }
  return {};
}

Result<void> Driver::tell_findings() {
  for (const spec::Finding& finding : tools_.monitor.take_new()) {
    TRY(tools_.journal.add({{"kind", "finding"},
                            {"id", finding.id},
                            {"severity", finding.severity},
                            {"finding", finding.kind},
                            {"model", finding.model},
                            {"rule", finding.rule},
                            {"detail", finding.detail}}));
    tools_.listener.finding(finding);
  }
  return {};
}

// The exact counts, once they can grow no more.
Result<void> Driver::tell_strays() {
  stray_counts_ = strays_.take();
  for (const spec::StrayMessage& stray : stray_counts_) {
    TRY(tools_.journal.add(
        {{"kind", "strays"}, {"model", stray.model}, {"stray", stray.kind}, {"count", stray.count}}));
  }
  return {};
}

DriveResult Driver::finish(Nanoseconds begun) {
  DriveResult result;
  spec::Measurements& measured = result.measurements;
  measured.cases = std::move(results_);
  measured.strays = std::move(stray_counts_);
  for (const Seat& seat : seats_) {
    measured.contained = measured.contained || seat.station->contained();
    if (auto run = seat.station->take_run()) measured.models.push_back(std::move(*run));
  }
  measured.findings = tools_.monitor.findings();
  measured.drive_ns = (tools_.clock.monotonic() - begun).count();
  measured.positive = comparable(codec::Json{input_.scenario.workload.positive}, input_.scenario.workload.compare);
  measured.composed = !each_;
  measured.clock = spec::clock_name(input_.scenario.clock);
  measured.messages = tools_.exchange.attempts();
  for (Way& way : ways_) measured.links.push_back(std::move(way.run));
  measured.gains = gain_.curves();
  for (auto& [model, votes] : votes_) measured.votes.push_back(std::move(votes));
  const auto& faults = tools_.exchange.faults();
  const std::vector<std::uint64_t> struck = faults.struck();
  for (std::size_t at = 0; at < struck.size(); ++at) {
    const spec::FaultSpec& fault = faults.specs()[at];
    const std::string where = fault.model.empty() ? fault.from + " to " + fault.to : fault.model;
    measured.faults.push_back({std::string{spec::fault_name(fault.kind)}, where, struck[at]});
  }
  result.transcript = transcript_.digest();
  result.interrupted = interrupted_;
  result.stopped = stopped_;
  return result;
}

Result<DriveResult> drive(DriveInput input, const DriveTools& tools) { return Driver{std::move(input), tools}.run(); }

}  // namespace belljar::scenario
