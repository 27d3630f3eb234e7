#include "scenario/station.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace belljar::scenario {

namespace {

using codec::Json;
using spec::CaseEnd;

// Repeats beyond these are counted, not written one by one: a model must not be able to fill the record.
constexpr std::uint64_t kStrayEntriesMax = 8;
constexpr std::size_t kViolationEntriesMax = 1024;
constexpr std::size_t kNetworkEntriesMax = 10'000;
// A program that dies closes its output a moment before its end is known; how it died is the better reason.
constexpr Nanoseconds kMutePatience = std::chrono::milliseconds{250};
constexpr Nanoseconds kDrainPause = std::chrono::milliseconds{10};
constexpr Nanoseconds kNever = std::chrono::hours{24};

}  // namespace

Station::Station(DriveModel model, StationTools tools)
    : model_{std::move(model)}, tools_{std::move(tools)}, ids_{tools_.id_secret} {
  run_.model = model_.spec.name;
}

Result<void> Station::open_port() {
  if (model_.has_gateway) {
    CHECK(tools_.network != nullptr, "a sandbox has a gateway where the run has one");
    TRY_CTX(tools_.network->attach(name(), *model_.sandbox), "start model " + name());
  }
  if (model_.sandbox) TRY_CTX(model_.sandbox->start(model_.command), "start model " + name());
  if (tools_.log_screen) log_watch_ = std::make_shared<LogWatch>(tools_.log_screen);
  port_ = TRY_CTX(tools_.make_port({model_.spec, tools_.directory, model_.sandbox.get(),
                                    TRY(LogKeeper::open(model_.log_path, log_watch_)), tools_.limits, tools_.id_secret,
                                    tools_.seed, tools_.clock}),
                  "model " + name());
  return port_->open();
}

Result<void> Station::start() {
  TRY(open_port());
  return tools_.journal.add({{"kind", "model-started"}, {"model", name()}});
}

Result<void> Station::pause() {
  if (!model_.sandbox || stage_ != Stage::asking) return {};
  return model_.sandbox->freeze();
}

Result<void> Station::resume() {
  if (!model_.sandbox || gone()) return {};
  return model_.sandbox->thaw();
}

void Station::throttle_network(std::chrono::nanoseconds interval) {
  if (model_.has_gateway && asking()) tools_.network->throttle(name(), interval);
}

Result<void> Station::restart(DriveModel model, const std::string& why) {
  if (model_.sandbox) {
    model_.sandbox->kill(spec::EndStatus::signaled, "started anew: " + why);
    TRY(leave_network());
    const spec::SandboxReport report = TRY_CTX(model_.sandbox->destroy(), "end model " + name());
    for (const spec::Violation& violation : report.violations) TRY(write_violation(violation));
    TRY(tools_.journal.add(
        {{"kind", "destroyed"}, {"model", name()}, {"report", spec::report_json(report)}, {"anew", true}}));
  }
  for (const auto& [number, question] : open_) {
    put_reply(number, {{}, Fate{CaseEnd::model_error, "the model was started anew: " + why}, 0});
  }
  demands_.clear();  // of the life that is over
  model_ = std::move(model);
  has_answered_ = false;
  silent_ = 0;
  mute_until_.reset();
  TRY(open_port());
  return tools_.journal.add({{"kind", "model-started"}, {"model", name()}, {"anew", true}, {"why", why}});
}

void Station::watch(os::PollSet& set) const {
  if (!gone()) port_->watch(set);
}

Nanoseconds Station::wake_at() const {
  const Nanoseconds now = tools_.clock.monotonic();
  if (gone()) return now + kNever;
  if (drain_until_) return now + kDrainPause;
  Nanoseconds wake = port_->wake_at().value_or(now + kNever);
  if (stage_ == Stage::leaving) wake = std::min(wake, leave_at_);
  if (mute_until_) wake = std::min(wake, *mute_until_);
  return wake;
}

Result<void> Station::read(const os::PollSet& set) {
  if (gone()) return {};
  TRY(port_->move(set));
  read_at_ = tools_.clock.monotonic();
  return {};
}

void Station::ask(const Question& question) {
  open_[question.number] = {tools_.clock.monotonic()};
  noise_.clear();
  if (gone()) {
    fresh_.push_back(question.number);
    return;
  }
  if (stage_ == Stage::asking) port_->ask(question);
}

void Station::put_reply(std::uint64_t number, Reply reply) {
  replies_.insert_or_assign(number, std::move(reply));
  fresh_.push_back(number);
}

Result<void> Station::gather() {
  if (gone()) return {};
  while (auto arrival = port_->next()) TRY(hear(std::move(*arrival)));
  return {};
}

Result<void> Station::hear(Arrival arrival) {
  if (contained_) {
    ++held_;
    return {};
  }
  if (arrival.kind == Arrival::Kind::stray) return hear_stray(arrival);
  const auto question = open_.find(arrival.number);
  CHECK(question != open_.end(), "a port tells open questions alone");
  silent_ = 0;
  Reply reply;
  // The first thing a model says comes after its start: that time is no sample of its latency, and is left out.
  if (std::exchange(has_answered_, true)) {
    reply.latency_ns = std::max<std::int64_t>(1, (read_at_ - question->second.asked_at).count());
  }
  const std::uint64_t number = arrival.number;
  if (arrival.kind == Arrival::Kind::lost) reply.lost = Fate{arrival.end, arrival.text};
  reply.arrival = std::move(arrival);
  put_reply(number, std::move(reply));
  return {};
}

Result<void> Station::stray(std::string_view kind, std::string_view text, const Json* object) {
  spec::StrayMessage stray = tools_.strays.add(name(), kind, text);
  const std::string sample = printable(text);
  const std::int64_t now_ns = tools_.journal.elapsed_ns();
  if (stray.count <= kStrayEntriesMax) {
    TRY(tools_.journal.add({{"kind", "stray"}, {"model", name()}, {"stray", kind}, {"sample", sample}}));
  }
  stray.count = 1;
  stray.sample = sample;
  const auto alarm = tools_.monitor.watch(stray, object, now_ns);
  if (alarm) TRY(contain(*alarm, now_ns));
  return {};
}

Result<void> Station::hear_stray(const Arrival& arrival) {
  const std::string what = std::string{arrival.stray} + ": " + printable(arrival.text);
  const auto unanswered = std::find_if(open_.begin(), open_.end(), [&](const auto& question) {
    return !replies_.contains(question.first) && (arrival.number == 0 || arrival.number == question.first);
  });
  if (unanswered != open_.end() && arrival.spoils) {
    port_->give_up(unanswered->first);
    put_reply(unanswered->first, {{}, Fate{CaseEnd::contract_error, what}, 0});
  } else if (noise_.empty() && arrival.stray != "late" && arrival.stray != "duplicate") {
    noise_ = what;
  }
  return stray(arrival.stray, arrival.text, arrival.body.is_object() ? &arrival.body : nullptr);
}

Reply Station::take(std::uint64_t number) {
  open_.erase(number);
  const auto found = replies_.find(number);
  if (found == replies_.end()) {
    CHECK(gone(), "a reply is taken when it is ready");
    return {{}, end_, 0};
  }
  Reply reply = std::move(found->second);
  replies_.erase(found);
  return reply;
}

Nanoseconds Station::asked_at(std::uint64_t number) const {
  const auto found = open_.find(number);
  return found == open_.end() ? tools_.clock.monotonic() : found->second.asked_at;
}

Result<Fate> Station::time_out(std::uint64_t number) {
  open_.erase(number);
  if (!gone()) port_->give_up(number);
  const Fate fate = noise_.empty() ? Fate{CaseEnd::timeout, "no answer within its deadline"}
                                   : Fate{CaseEnd::contract_error, "no answer within its deadline, but " + noise_};
  if (++silent_ >= kSilentMax && stage_ == Stage::asking) {
    const std::string why = "not asked: " + std::to_string(kSilentMax) + " questions in a row went unanswered";
    TRY(see_off({CaseEnd::timeout, why}, spec::EndStatus::timeout));
  }
  return fate;
}

Result<void> Station::drop(std::uint64_t number) {
  if (gone()) {
    (void)take(number);
    return {};
  }
  open_.erase(number);
  port_->give_up(number);
  const auto said = replies_.find(number);
  if (said == replies_.end()) return {};
  const Reply reply = std::move(said->second);
  replies_.erase(said);
  return reply.lost ? Result<void>{} : stray("late", reply.arrival.text, &reply.arrival.body);
}

void Station::leave() {
  if (stage_ != Stage::asking) return;
  // It cannot see the end of its input while it stands still; one that cannot be thawed is killed when its time is up.
  (void)resume();
  stage_ = Stage::leaving;
  leave_at_ = tools_.clock.monotonic() + tools_.times.leave;
  port_->close_input();
}

Result<void> Station::write_violation(const spec::Violation& violation) {
  const std::string key = violation.layer + '\0' + violation.rule + '\0' + violation.call + '\0' + violation.arguments;
  if (seen_violations_.size() >= kViolationEntriesMax || !seen_violations_.insert(key).second) return {};
  return tools_.journal.add({{"kind", "violation"}, {"model", name()}, {"violation", spec::violation_json(violation)}});
}

// What it asked of the network: on record up to a number of entries, and what was refused as one of its violations.
Result<void> Station::hear_network() {
  if (!model_.has_gateway) return {};
  for (const spec::NetworkEvent& event : tools_.network->take_events(name())) {
    if (++network_entries_ <= kNetworkEntriesMax) {
      TRY(tools_.journal.add({{"kind", "network"}, {"model", name()}, {"event", spec::to_json(event)}}));
    } else if (network_entries_ == kNetworkEntriesMax + 1) {
      TRY(tools_.journal.add({{"kind", "network-cut"}, {"model", name()}, {"after", kNetworkEntriesMax}}));
    }
    if (!event.is_refusal()) continue;
    spec::Violation violation = violation_of(event);
    // The gateway's clock is the host's; a sandbox counts from when it was asked for.
    const std::int64_t ago_ns = tools_.clock.monotonic().count() - event.first_ns;
    violation.first_ns = tools_.journal.elapsed_ns() - model_.made_ns - ago_ns;
    model_.sandbox->note(std::move(violation));
    if (auto demand = tools_.network->demand_of(event)) demands_.push_back(std::move(*demand));
  }
  return {};
}

// A canary in an error text has been seen outside its place as in any message.
Result<void> Station::hear_log() {
  if (!log_watch_) return {};
  for (const content::Finding& found : log_watch_->take()) {
    const std::int64_t now_ns = tools_.journal.elapsed_ns();
    spec::Finding finding;
    finding.severity = "critical";
    finding.kind = found.kind;
    finding.model = name();
    finding.rule = "filter." + found.kind + "." + found.rule;
    finding.detail = found.shown + ", on its stderr";
    const bool ends = found.treatment == content::Treatment::contain;
    const auto alarm =
        ends ? tools_.monitor.demand(std::move(finding), now_ns) : tools_.monitor.watch(std::move(finding), now_ns);
    if (alarm) TRY(contain(*alarm, now_ns));
  }
  return {};
}

// Nothing of it can be accepted or sent any more, and the last of what it did is known.
Result<void> Station::leave_network() {
  if (!model_.has_gateway) return {};
  tools_.network->detach(name());
  return hear_network();
}

Result<void> Station::look() {
  if (gone() || !model_.sandbox) return {};
  TRY(hear_network());
  TRY(hear_log());
  for (const spec::Violation& violation : model_.sandbox->take_violations()) {
    TRY(write_violation(violation));
    const std::int64_t now_ns = tools_.journal.elapsed_ns();
    const auto alarm = tools_.monitor.watch(name(), violation, now_ns);
    if (alarm) TRY(contain(*alarm, std::min(now_ns, model_.made_ns + violation.first_ns)));
  }
  return {};
}

Result<void> Station::contain(const monitor::Alarm& alarm, std::int64_t event_ns) {
  if (contained_) return {};
  const std::int64_t seen_ns = tools_.journal.elapsed_ns();
  if (model_.sandbox && !gone()) model_.sandbox->kill(spec::EndStatus::denied, "contained: " + alarm.why);
  const std::int64_t killed_ns = tools_.journal.elapsed_ns();
  contained_ = true;
  tools_.exchange.contain(name());
  TRY(tools_.journal.add({{"kind", "containment"},
                          {"model", name()},
                          {"finding", alarm.finding},
                          {"why", alarm.why},
                          {"event_ns", event_ns},
                          {"seen_ns", seen_ns},
                          {"killed_ns", killed_ns},
                          {"time_to_contain_ns", killed_ns - event_ns}}));
  fate_ = Fate{CaseEnd::held, "held: the model was contained (" + alarm.finding + ")"};
  if (stage_ == Stage::asking) leave();
  return {};
}

Result<void> Station::see_off(Fate fate, spec::EndStatus status) {
  if (model_.sandbox) model_.sandbox->kill(status, fate.why);
  fate_ = std::move(fate);
  leave();
  return {};
}

Result<void> Station::stop(const std::string& why) {
  if (gone()) return {};
  return see_off({CaseEnd::harness_error, why}, spec::EndStatus::signaled);
}

Fate Station::fate_of(const spec::SandboxReport& report) const {
  if (fate_) return *fate_;
  std::string how = report.reason;
  if (how.empty() && report.status == spec::EndStatus::exited) how = "exit code " + std::to_string(report.exit_code);
  if (how.empty() && report.status == spec::EndStatus::signaled) how = "signal " + std::to_string(report.signal);
  if (how.empty()) how = spec::status_name(report.status);
  // What the engine lost hold of says nothing about the model.
  if (std::any_of(report.violations.begin(), report.violations.end(),
                  [](const spec::Violation& one) { return one.layer == "engine"; })) {
    return {CaseEnd::harness_error, printable(how)};
  }
  const CaseEnd end = report.status == spec::EndStatus::timeout ? CaseEnd::timeout : CaseEnd::model_error;
  return {end, "the model ended: " + printable(how)};
}

Result<void> Station::finish() {
  TRY(port_->finish());
  TRY(hear_log());
  TRY(gather());
  run_.log_tail = port_->log_tail();
  if (model_.sandbox) {
    TRY(leave_network());
    run_.sandbox = TRY_CTX(model_.sandbox->destroy(), "end model " + name());
    for (const spec::Violation& violation : run_.sandbox.violations) TRY(write_violation(violation));
  }
  stage_ = Stage::gone;
  end_ = model_.sandbox ? fate_of(run_.sandbox) : fate_.value_or(Fate{CaseEnd::model_error, "the model has left"});
  for (const auto& [number, question] : open_) {
    if (!replies_.contains(number)) fresh_.push_back(number);
  }
  if (!model_.sandbox) return {};
  const auto alarm = tools_.monitor.watch(name(), run_.sandbox, tools_.journal.elapsed_ns());
  if (alarm) {
    contained_ = true;
    TRY(tools_.journal.add({{"kind", "containment"},
                            {"model", name()},
                            {"finding", alarm->finding},
                            {"why", alarm->why},
                            {"after_end", true}}));
  }
  Json::Object entry{{"kind", "destroyed"}, {"model", name()}, {"report", spec::report_json(run_.sandbox)}};
  if (held_ > 0) entry.emplace_back("held_messages", held_);
  return tools_.journal.add(std::move(entry));
}

Result<void> Station::check_end() {
  const Nanoseconds now = tools_.clock.monotonic();
  const bool ended = model_.sandbox ? model_.sandbox->ended() : stage_ == Stage::leaving;
  if (ended) {
    if (!drain_until_) drain_until_ = now + tools_.times.leave;
    if (!port_->drained()) {
      TRY(port_->drain());
      read_at_ = tools_.clock.monotonic();
    }
    if (port_->drained() || now >= *drain_until_) return finish();
    return {};
  }
  if (stage_ == Stage::asking && port_->mute()) {
    if (!mute_until_) mute_until_ = now + kMutePatience;
    if (now < *mute_until_) return {};
    return see_off({CaseEnd::model_error, port_->mute_reason()}, spec::EndStatus::limit);
  }
  if (stage_ == Stage::leaving && now >= leave_at_) {
    model_.sandbox->kill(spec::EndStatus::signaled,
                         "still running " + human_duration(tools_.times.leave.count()) + " after its input was closed");
    leave_at_ = now + tools_.times.leave;
  }
  return {};
}

Result<void> Station::act() { return gone() ? Result<void>{} : check_end(); }

std::optional<spec::ModelRun> Station::take_run() {
  if (!model_.sandbox) return std::nullopt;
  return std::move(run_);
}

}  // namespace belljar::scenario
