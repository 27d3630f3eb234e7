#include "scenario/lane.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"

namespace belljar::scenario {

namespace {

using codec::Json;
using exchange::Direction;
using spec::CaseEnd;

// Repeats beyond these are counted, not written one by one: a model must not be able to fill the record.
constexpr std::uint64_t kStrayEntriesMax = 8;
constexpr std::size_t kViolationEntriesMax = 1024;
constexpr std::size_t kAnswerShownMax = 200;
// A program that dies closes its output a moment before its end is known; how it died is the better reason.
constexpr Nanoseconds kMutePatience = std::chrono::milliseconds{250};
constexpr Nanoseconds kDrainPause = std::chrono::milliseconds{10};

FrameLimits limits_of(const exchange::Link& link) {
  return {static_cast<std::size_t>(link.contract.message_bytes_max), link.contract.depth_max};
}

const exchange::Link& link_to(const exchange::Exchange& exchange, const std::string& model) {
  const exchange::Link* link = exchange.link("workload", model);
  CHECK(link != nullptr, "a lane is made for a linked model");
  return *link;
}

std::string error_text(const Json& object) {
  const Json* error = object.find("error");
  if (error == nullptr) return {};
  return printable(error->is_string() ? error->as_string() : codec::to_json(*error));
}

}  // namespace

Lane::Lane(LaneParts parts, LaneTools tools)
    : parts_{std::move(parts)},
      tools_{tools},
      pipes_{*parts_.sandbox, std::move(parts_.log), parts_.quotas.output_bytes},
      frames_{limits_of(link_to(tools.exchange, parts_.model))},
      talk_{CaseIds{parts_.id_secret}} {
  run_.model = parts_.model;
}

Result<void> Lane::start() {
  TRY_CTX(parts_.sandbox->start(parts_.command), "start model " + parts_.model);
  TRY(tools_.journal.add({{"kind", "model-started"}, {"model", parts_.model}}));
  return ask_next();
}

Nanoseconds Lane::wake_at() const {
  if (drain_until_) return tools_.clock.monotonic() + kDrainPause;
  if (stage_ == Stage::leaving) return leave_at_;
  if (mute_until_) return *mute_until_;
  return open_ ? deadline_ : tools_.clock.monotonic();
}

Result<void> Lane::ask_next() {
  while (stage_ == Stage::asking && !open_ && next_ < tools_.cases.size()) {
    const std::size_t item = next_++;
    const Case& asked = tools_.cases[item];
    exchange::Message message;
    message.from = "workload";
    message.to = parts_.model;
    message.case_id = asked.id;
    talk_.ask(item + 1);
    message.id = CaseIds{parts_.id_secret}.id(item + 1);
    message.body = case_request(asked, message.id);
    message.text = codec::to_json(message.body);
    const exchange::Decision decision = TRY(tools_.exchange.pass(message));
    if (decision.act != exchange::Act::allow) {
      talk_.give_up(item + 1);
      TRY(lose_case(item,
                    {CaseEnd::harness_error, "the request was not sent: " + decision.rule + ": " + decision.reason}));
      continue;
    }
    open_ = item;
    noise_.clear();
    asked_at_ = tools_.clock.monotonic();
    deadline_ = asked_at_ + link_to(tools_.exchange, parts_.model).contract.deadline;
    if (!has_answered_ && item == 0) deadline_ += parts_.times.start;
    pipes_.queue(message.text);
    TRY(pipes_.move({}));
  }
  if (stage_ == Stage::asking && !open_) leave();
  return {};
}

void Lane::leave() {
  stage_ = Stage::leaving;
  leave_at_ = tools_.clock.monotonic() + parts_.times.leave;
  pipes_.close_input();
}

Result<void> Lane::end_case(std::size_t item, spec::CaseResult result, const Json* answer) {
  const Case& asked = tools_.cases[item];
  result.case_id = asked.id;
  result.model = parts_.model;
  result.expected = printable(asked.expected, kAnswerShownMax);
  tools_.transcript.set(parts_.index, item, {asked.id, parts_.model, asked.fields, answer, result.end});
  Json::Object entry{{"kind", "case"},
                     {"case", result.case_id},
                     {"model", result.model},
                     {"end", spec::case_end_name(result.end)},
                     {"latency_ns", result.latency_ns}};
  if (!result.detail.empty()) entry.emplace_back("detail", result.detail);
  const CaseEnd end = result.end;
  tools_.results[item * parts_.count + parts_.index] = std::move(result);
  ++tools_.ends[static_cast<std::size_t>(end)];
  if (open_ == item) open_.reset();
  return tools_.journal.add(std::move(entry));
}

Result<void> Lane::lose_case(std::size_t item, const Fate& fate) {
  spec::CaseResult result;
  result.end = fate.end;
  result.detail = fate.why;
  return end_case(item, std::move(result), nullptr);
}

Result<void> Lane::lose_open_case(const Fate& fate) {
  if (!open_) return {};
  const std::size_t item = *open_;
  talk_.give_up(item + 1);
  return lose_case(item, fate);
}

Result<void> Lane::pass(const Heard& heard, const Frame& frame, Direction direction, exchange::Decision& decision) {
  exchange::Message message;
  message.direction = direction;
  message.from = parts_.model;
  message.to = "workload";
  message.case_id = tools_.cases[heard.number - 1].id;
  message.id = CaseIds{parts_.id_secret}.id(heard.number);
  message.body = frame.object;
  message.text = frame.text;
  decision = TRY(tools_.exchange.pass(message));
  return {};
}

// The first thing a model says comes after its start: that time is no sample of its latency, and is left out.
std::int64_t Lane::take_latency() {
  if (!std::exchange(has_answered_, true)) return 0;
  return std::max<std::int64_t>(1, (read_at_ - asked_at_).count());
}

Result<void> Lane::hear_answer(const Heard& heard, const Frame& frame) {
  spec::CaseResult result;
  result.latency_ns = take_latency();
  exchange::Decision decision;
  TRY(pass(heard, frame, Direction::answer, decision));
  const Json* answered = frame.object.find(parts_.answer_member);
  if (decision.act == exchange::Act::allow && answered == nullptr) {
    decision = {exchange::Act::refuse, "contract.answer.member", "no member \"" + parts_.answer_member + "\"", {}};
  }
  std::optional<monitor::Alarm> alarm;
  if (decision.act == exchange::Act::allow) {
    result.end = CaseEnd::answered;
    result.answered = printable(comparable(*answered), kAnswerShownMax);
  } else {
    result.end = CaseEnd::contract_error;
    result.detail = decision.rule + ": " + decision.reason;
    alarm = tools_.monitor.watch_refusal(parts_.model, decision.rule, decision.reason, tools_.journal.elapsed_ns());
  }
  TRY(end_case(heard.number - 1, std::move(result), &frame.object));
  if (alarm) TRY(contain(*alarm, tools_.journal.elapsed_ns()));
  return {};
}

Result<void> Lane::hear_failure(const Heard& heard, const Frame& frame) {
  spec::CaseResult result;
  result.latency_ns = take_latency();
  exchange::Decision decision;
  TRY(pass(heard, frame, Direction::failure, decision));
  result.end = CaseEnd::model_error;
  result.detail = "the model said: " + error_text(frame.object);
  return end_case(heard.number - 1, std::move(result), &frame.object);
}

Result<void> Lane::hear_stray(const Heard& heard, const Frame& frame) {
  spec::StrayMessage stray = tools_.strays.add(parts_.model, heard.stray_kind, frame.text);
  const std::string sample = printable(frame.text);
  const std::int64_t now_ns = tools_.journal.elapsed_ns();
  if (stray.count <= kStrayEntriesMax) {
    TRY(tools_.journal.add(
        {{"kind", "stray"}, {"model", parts_.model}, {"stray", heard.stray_kind}, {"sample", sample}}));
  }
  stray.count = 1;
  stray.sample = sample;
  const bool parsed = frame.kind == FrameKind::object;
  const auto alarm = tools_.monitor.watch(stray, parsed ? &frame.object : nullptr, now_ns);
  if (open_ && heard.spoils) {
    TRY(lose_open_case({CaseEnd::contract_error, std::string{heard.stray_kind} + ": " + sample}));
  } else if (open_ && noise_.empty() && heard.stray_kind != "late" && heard.stray_kind != "duplicate") {
    noise_ = std::string{heard.stray_kind} + ": " + sample;
  }
  if (alarm) TRY(contain(*alarm, now_ns));
  return {};
}

Result<void> Lane::hear(const Frame& frame) {
  if (contained_) {
    ++held_;
    return {};
  }
  const Heard heard = talk_.hear(frame);
  if (heard.meaning == Meaning::stray) return hear_stray(heard, frame);
  silent_ = 0;
  return heard.meaning == Meaning::answer ? hear_answer(heard, frame) : hear_failure(heard, frame);
}

Result<void> Lane::write_violation(const spec::Violation& violation) {
  const std::string key = violation.layer + '\0' + violation.rule + '\0' + violation.call + '\0' + violation.arguments;
  if (seen_violations_.size() >= kViolationEntriesMax || !seen_violations_.insert(key).second) return {};
  return tools_.journal.add(
      {{"kind", "violation"}, {"model", parts_.model}, {"violation", spec::violation_json(violation)}});
}

Result<void> Lane::note_violation(const spec::Violation& violation) {
  TRY(write_violation(violation));
  const std::int64_t now_ns = tools_.journal.elapsed_ns();
  const auto alarm = tools_.monitor.watch(parts_.model, violation, now_ns);
  if (alarm) TRY(contain(*alarm, std::min(now_ns, parts_.made_ns + violation.first_ns)));
  return {};
}

Result<void> Lane::look() {
  if (stage_ == Stage::gone) return {};
  for (const spec::Violation& violation : parts_.sandbox->take_violations()) TRY(note_violation(violation));
  return {};
}

Result<void> Lane::contain(const monitor::Alarm& alarm, std::int64_t event_ns) {
  if (contained_) return {};
  const std::int64_t seen_ns = tools_.journal.elapsed_ns();
  parts_.sandbox->kill(spec::EndStatus::denied, "contained: " + alarm.why);
  const std::int64_t killed_ns = tools_.journal.elapsed_ns();
  contained_ = true;
  tools_.exchange.contain(parts_.model);
  TRY(tools_.journal.add({{"kind", "containment"},
                          {"model", parts_.model},
                          {"finding", alarm.finding},
                          {"why", alarm.why},
                          {"event_ns", event_ns},
                          {"seen_ns", seen_ns},
                          {"killed_ns", killed_ns},
                          {"time_to_contain_ns", killed_ns - event_ns}}));
  fate_ = Fate{CaseEnd::held, "held: the model was contained (" + alarm.finding + ")"};
  TRY(lose_open_case(*fate_));
  if (stage_ == Stage::asking) leave();
  return {};
}

Result<void> Lane::see_off(Fate fate, spec::EndStatus status) {
  parts_.sandbox->kill(status, fate.why);
  fate_ = std::move(fate);
  TRY(lose_open_case(*fate_));
  if (stage_ == Stage::asking) leave();
  return {};
}

Result<void> Lane::stop(const std::string& why) {
  if (stage_ == Stage::gone) return {};
  return see_off({CaseEnd::harness_error, why}, spec::EndStatus::signaled);
}

Result<void> Lane::keep_deadline() {
  if (!open_ || pipes_.mute() || tools_.clock.monotonic() < deadline_) return {};
  const Fate fate = noise_.empty() ? Fate{CaseEnd::timeout, "no answer within its deadline"}
                                   : Fate{CaseEnd::contract_error, "no answer within its deadline, but " + noise_};
  TRY(lose_open_case(fate));
  if (++silent_ < kSilentMax) return {};
  return see_off({CaseEnd::timeout, "not asked: " + std::to_string(kSilentMax) + " questions in a row went unanswered"},
                 spec::EndStatus::timeout);
}

Lane::Fate Lane::fate_of(const spec::SandboxReport& report) const {
  if (fate_) return *fate_;
  std::string how = report.reason;
  if (how.empty() && report.status == spec::EndStatus::exited) how = "exit code " + std::to_string(report.exit_code);
  if (how.empty() && report.status == spec::EndStatus::signaled) how = "signal " + std::to_string(report.signal);
  if (how.empty()) how = spec::status_name(report.status);
  const CaseEnd end = report.status == spec::EndStatus::timeout ? CaseEnd::timeout : CaseEnd::model_error;
  return {end, "the model ended: " + printable(how)};
}

Result<void> Lane::finish() {
  TRY(listen());
  Result<void> heard;
  frames_.finish([&](const Frame& frame) { heard = hear(frame); });
  TRY(heard);
  TRY(pipes_.finish_log());
  const std::string during = "end model " + parts_.model;
  run_.sandbox = TRY_CTX(parts_.sandbox->destroy(), during);
  run_.log_tail = pipes_.log_tail();
  for (const spec::Violation& violation : run_.sandbox.violations) TRY(write_violation(violation));
  stage_ = Stage::gone;
  const Fate fate = fate_of(run_.sandbox);
  TRY(lose_open_case(fate));
  while (next_ < tools_.cases.size()) TRY(lose_case(next_++, fate));
  const auto alarm = tools_.monitor.watch(parts_.model, run_.sandbox, tools_.journal.elapsed_ns());
  if (alarm) {
    contained_ = true;
    TRY(tools_.journal.add({{"kind", "containment"},
                            {"model", parts_.model},
                            {"finding", alarm->finding},
                            {"why", alarm->why},
                            {"after_end", true}}));
  }
  Json::Object entry{{"kind", "destroyed"}, {"model", parts_.model}, {"report", spec::report_json(run_.sandbox)}};
  if (held_ > 0) entry.emplace_back("held_messages", held_);
  return tools_.journal.add(std::move(entry));
}

Result<void> Lane::check_end() {
  if (parts_.sandbox->ended()) {
    if (!drain_until_) drain_until_ = tools_.clock.monotonic() + parts_.times.leave;
    if (!pipes_.drained()) {
      TRY(pipes_.drain());
      read_at_ = tools_.clock.monotonic();
    }
    if (pipes_.drained() || tools_.clock.monotonic() >= *drain_until_) return finish();
    return {};
  }
  if (stage_ == Stage::asking && pipes_.mute()) {
    if (!mute_until_) mute_until_ = tools_.clock.monotonic() + kMutePatience;
    if (tools_.clock.monotonic() < *mute_until_) return {};
    return see_off({CaseEnd::model_error, pipes_.mute_reason()}, spec::EndStatus::limit);
  }
  if (stage_ == Stage::leaving && tools_.clock.monotonic() >= leave_at_) {
    parts_.sandbox->kill(spec::EndStatus::signaled,
                         "still running " + human_duration(parts_.times.leave.count()) + " after its input was closed");
    leave_at_ = tools_.clock.monotonic() + parts_.times.leave;
  }
  return {};
}

Result<void> Lane::read(const os::PollSet& set) {
  TRY(pipes_.move(set));
  read_at_ = tools_.clock.monotonic();
  return {};
}

Result<void> Lane::listen() {
  Result<void> heard;
  const std::string bytes = pipes_.take_heard();
  frames_.feed(bytes, [&](const Frame& frame) {
    if (heard) heard = hear(frame);
  });
  return heard;
}

Result<void> Lane::act() {
  if (stage_ == Stage::gone) return {};
  TRY(keep_deadline());
  if (stage_ == Stage::asking && !parts_.sandbox->ended()) TRY(ask_next());
  return check_end();
}

}  // namespace belljar::scenario
