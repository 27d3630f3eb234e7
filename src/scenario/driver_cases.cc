// How cases begin and end.
#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "scenario/driver.h"

namespace belljar::scenario {

namespace {

using codec::Json;
using spec::CaseEnd;

constexpr std::size_t kAnswerShownMax = 200;

}  // namespace

// How many cases of a composition run side by side.
std::size_t Driver::width() const {
  std::size_t width = 1;
  for (const Seat& seat : seats_) width = std::max<std::size_t>(width, seat.station->spec().in_flight);
  return width;
}

// Begins the cases that there is room for, and lets the models leave that nothing more will be asked of.
Result<void> Driver::fill() {
  for (std::size_t lane = 0; lane < next_case_.size(); ++lane) {
    const Seat* seat = each_ ? &seats_[seat_of_[entries_[lane]]] : nullptr;
    const std::size_t room = seat != nullptr ? seat->station->spec().in_flight : width();
    while (next_case_[lane] < input_.cases.size() && active_[lane] < room) {
      TRY(begin_root(next_case_[lane]++, lane));
    }
    const bool over = next_case_[lane] == input_.cases.size() && active_[lane] == 0;
    if (each_ && over) seat->station->leave();
  }
  if (each_) return {};
  if (next_case_[0] == input_.cases.size() && active_[0] == 0) {
    for (const Seat& seat : seats_) seat.station->leave();
  }
  return {};
}

Result<void> Driver::begin_root(std::size_t item, std::size_t lane) {
  const std::uint64_t number = item * next_case_.size() + lane;
  Root& root = roots_[number];
  root.item = item;
  root.entry = lane;
  root.cause = trace_.begin(number);
  root.begun_ns = now_ns_;
  root.open = 1;  // held by the beginning itself, so that it cannot end before all its steps are taken
  ++active_[lane];
  const Case& asked = input_.cases[item];
  TRY(take_steps(number,
                 each_ ? flow_.begin_at(root.progress, asked, entries_[lane]) : flow_.begin(root.progress, asked),
                 nullptr, nullptr, 0));
  return close(number);
}

Result<void> Driver::take_steps(std::uint64_t root, std::vector<Step> steps, const exchange::Cause* cause,
                                const std::vector<std::uint64_t>* path, std::uint64_t said_tokens) {
  // Of several requests that begin a case, each has its own span below the case's.
  const exchange::Cause begun = roots_.at(root).cause;
  const bool several = cause == nullptr && steps.size() > 1;
  for (Step& step : steps) TRY(take_step(root, std::move(step), several ? &begun : cause, path, said_tokens));
  return {};
}

Result<void> Driver::fail_root(std::uint64_t root, CaseEnd end, std::string why) {
  flow_.failed(roots_.at(root).progress, end, std::move(why));
  return {};
}

Result<void> Driver::close(std::uint64_t root) {
  if (--roots_.at(root).open > 0) return {};
  return wind_up(root);
}

// Nothing of it is under way: the judge, another round of a debate, or the end.
Result<void> Driver::wind_up(std::uint64_t number) {
  Root& root = roots_.at(number);
  std::vector<Step> steps = stopping_ ? std::vector<Step>{} : flow_.settle(root.progress);
  if (steps.empty()) return end_root(number);
  ++root.open;
  const exchange::Cause cause = root.cause;
  TRY(take_steps(number, std::move(steps), &cause, nullptr, 0));
  return close(number);
}

Result<void> Driver::record_vote(const Root& root, const Joined& joined) {
  Json::Object votes;
  for (const std::string& model : input_.scenario.composition.of) {
    spec::VoteRun& run = votes_[model];
    run.model = model;
    const auto vote = joined.votes.find(model);
    if (vote == joined.votes.end()) {
      ++run.absent;
      continue;
    }
    votes.emplace_back(model, printable(vote->second, kAnswerShownMax));
    ++(joined.end == CaseEnd::answered && vote->second == joined.answered ? run.with_result : run.against);
  }
  return tools_.journal.add({{"kind", "vote"},
                             {"case", root.progress.item->id},
                             {"votes", Json{std::move(votes)}},
                             {"result", printable(joined.answered, kAnswerShownMax)}});
}

Result<void> Driver::end_root(std::uint64_t number) {
  auto node = roots_.extract(number);
  const Root& root = node.mapped();
  const Joined joined = flow_.join(root.progress);
  if (joined.end == CaseEnd::contract_error && joined.detail.starts_with("contract.answer.member") &&
      !root.progress.failed) {
    TRY(alarmed(tools_.monitor.watch_refusal(root.progress.last_model, "contract.answer.member", joined.detail,
                                             tools_.journal.elapsed_ns())));
  }
  const auto joining = input_.scenario.composition.joining;
  if (joining == spec::Joining::vote || joining == spec::Joining::debate) TRY(record_vote(root, joined));
  spec::CaseResult result;
  result.case_id = root.progress.item->id;
  result.model = each_ ? links_[entries_[root.entry]]->to : std::string{spec::kWhole};
  result.end = joined.end;
  result.expected = printable(root.progress.item->expected, kAnswerShownMax);
  result.detail = joined.detail;
  if (joined.end == CaseEnd::answered) result.answered = printable(joined.answered, kAnswerShownMax);
  result.latency_ns = each_ ? root.latency_ns : now_ns_ - root.begun_ns;
  transcript_.end(number, result.case_id, result.model, spec::case_end_name(result.end), joined.answered);
  tools_.exchange.end_root(number);
  gain_.end_root(number);
  Json::Object entry{{"kind", "case"},
                     {"case", result.case_id},
                     {"model", result.model},
                     {"end", spec::case_end_name(result.end)},
                     {"latency_ns", result.latency_ns}};
  if (!result.detail.empty()) entry.emplace_back("detail", result.detail);
  ++ends_[static_cast<std::size_t>(result.end)];
  --active_[root.entry];
  results_[number] = std::move(result);
  return tools_.journal.add(std::move(entry));
}

}  // namespace belljar::scenario
