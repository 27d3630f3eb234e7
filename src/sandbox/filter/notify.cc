#include "sandbox/filter/notify.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"
#include "base/text.h"
#include "os/error.h"
#include "os/file.h"
#include "sandbox/filter/decode.h"

namespace belljar::sandbox {

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kPace = 2'000'000;  // a paced pump comes back every 2 ms for several calls, not for each
constexpr std::size_t kPathBytes = 256;
constexpr std::size_t kNameBytes = 64;

std::uint64_t cost_of_one(const NotificationOptions& options) { return kSecond / options.per_second; }

// What answers a call whatever the filter and the profile disagree about: no call is let through from here.
Decision refusal(const Profile& profile, const seccomp_data& data) {
  const Decision decision = profile.decide(data);
  if (decision.action == Action::refuse && decision.error != 0) return decision;
  return {Action::refuse, EPERM, "filter-mismatch"};
}

std::string process_name(pid_t pid) {
  const Result<std::string> name = os::read_small(AT_FDCWD, "/proc/" + std::to_string(pid) + "/comm");
  if (!name) return {};
  std::string text = name.value();
  if (text.ends_with('\n')) text.pop_back();
  return printable(text, kNameBytes);
}

}  // namespace

Notifications::Notifications(os::Fd listener, const CompiledFilter& filter, Nanoseconds started,
                             NotificationOptions options)
    : listener_{std::move(listener)},
      filter_{&filter},
      options_{options},
      started_{started},
      refilled_{started},
      tokens_ns_{options.burst * cost_of_one(options)} {
  overflow_.layer = "seccomp";
  overflow_.rule = "overflow";
  overflow_.arguments = "calls beyond the first " + std::to_string(options.records_max) + " distinct ones";
  overflow_.answer = "refused";
  overflow_.count = 0;
}

Result<Notifications> Notifications::open(os::Fd listener, const CompiledFilter& filter, Nanoseconds started,
                                          NotificationOptions options) {
  CHECK(options.per_second > 0 && options.burst > 0 && options.calls_per_pump > 0, "a supervisor answers at some rate");
  TRY(os::check_notification_form());
  os::prefer_synchronous_wakeup(listener.get());
  return Notifications{std::move(listener), filter, started, options};
}

void Notifications::refill(Nanoseconds now) {
  if (now <= refilled_) return;
  const auto passed = static_cast<std::uint64_t>((now - refilled_).count());
  tokens_ns_ = std::min(tokens_ns_ + passed, options_.burst * cost_of_one(options_));
  refilled_ = now;
}

Result<PumpOutcome> Notifications::pump(Nanoseconds now) {
  refill(now);
  const std::uint64_t cost = cost_of_one(options_);
  PumpOutcome outcome;
  while (outcome.answered < options_.calls_per_pump) {
    if (tokens_ns_ < cost) {
      outcome.state = PumpOutcome::State::paced;
      outcome.not_before = now + Nanoseconds{std::max(kPace, cost - tokens_ns_)};
      return outcome;
    }
    const os::Received received = TRY(os::receive_notification(listener_.get()));
    if (received.state != os::Received::State::call) {
      const bool is_gone = received.state == os::Received::State::gone;
      outcome.state = is_gone ? PumpOutcome::State::gone : PumpOutcome::State::drained;
      return outcome;
    }
    const Decision decision = refusal(filter_->profile, received.call.data);
    record(received.call, decision, now);
    // A caller that died meanwhile is gone with its call; it tried, and that is recorded.
    (void)TRY(os::answer_notification(listener_.get(), received.call.id, decision.error));
    tokens_ns_ -= cost;
    ++outcome.answered;
  }
  outcome.state = PumpOutcome::State::more;
  return outcome;
}

std::string Notifications::describe(const os::Notification& call) const {
  return describe_arguments(call.data, [&](std::uint64_t address) {
    if (call.pid == 0) return std::string{};
    std::string text = os::read_process_text(call.pid, address, kPathBytes);
    // The number may belong to another process by now; then what was read is none of ours.
    if (!os::notification_is_valid(listener_.get(), call.id)) text.clear();
    return text;
  });
}

void Notifications::record(const os::Notification& call, const Decision& decision, Nanoseconds now) {
  ++refused_;
  const std::string name = describe_call(call.data.nr);
  const std::string arguments = describe(call);
  const std::string key = name + '\0' + std::string{decision.rule} + '\0' + arguments;
  const auto known = positions_.find(key);
  if (known != positions_.end()) {
    ++records_[known->second].count;
    return;
  }
  const std::int64_t since_start = (now - started_).count();
  if (records_.size() >= options_.records_max) {
    if (overflow_.first_ns == 0) overflow_.first_ns = since_start;
    ++overflow_.count;
    return;
  }
  spec::Violation violation;
  violation.layer = "seccomp";
  violation.rule = decision.rule;
  violation.call = name;
  violation.arguments = arguments;
  violation.process = process_name(call.pid);
  violation.pid = call.pid;
  violation.answer = os::errno_name(decision.error);
  violation.first_ns = since_start;
  positions_.emplace(key, records_.size());
  records_.push_back(std::move(violation));
}

std::vector<spec::Violation> Notifications::take() {
  std::vector<spec::Violation> taken;
  for (spec::Violation& one : records_) {
    if (one.count == 0) continue;
    taken.push_back(one);
    one.count = 0;
  }
  if (overflow_.count != 0) {
    taken.push_back(overflow_);
    overflow_.count = 0;
  }
  return taken;
}

}  // namespace belljar::sandbox
