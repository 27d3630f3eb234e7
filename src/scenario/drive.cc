#include "scenario/drive.h"

#include <algorithm>

#include "codec/crypto.h"
#include "os/poll.h"

namespace belljar::scenario {

namespace {

// The longest sleep: samples and checkpoints are due about so often.
constexpr Nanoseconds kNapMax = std::chrono::milliseconds{100};

class Driver {
 public:
  Driver(DriveInput input, const DriveTools& tools)
      : input_{std::move(input)},
        tools_{tools},
        transcript_{input_.models.size(), input_.cases.size()},
        results_(input_.models.size() * input_.cases.size()) {}

  Result<DriveResult> run() {
    const Nanoseconds begun = tools_.clock.monotonic();
    TRY(open_lanes());
    for (const auto& lane : lanes_) TRY(lane->start());
    while (!done()) TRY(turn());
    TRY(tell_strays());
    return finish(begun);
  }

 private:
  bool done() const {
    return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->done(); });
  }

  Result<void> open_lanes() {
    const LaneTools shared{tools_.exchange, tools_.journal, tools_.monitor, transcript_, strays_,
                           input_.cases,    results_,       ends_,          tools_.clock};
    for (std::size_t index = 0; index < input_.models.size(); ++index) {
      DriveModel& model = input_.models[index];
      LaneParts parts;
      parts.model = model.name;
      parts.index = index;
      parts.count = input_.models.size();
      parts.answer_member = input_.answer_member;
      parts.command = std::move(model.command);
      parts.quotas = model.quotas;
      parts.sandbox = std::move(model.sandbox);
      parts.made_ns = model.made_ns;
      parts.id_secret = codec::sha256(input_.id_secret.hex() + "\n" + model.name);
      parts.log = TRY(LogKeeper::open(model.log_path));
      parts.times = input_.times;
      lanes_.push_back(std::make_unique<Lane>(std::move(parts), shared));
    }
    return {};
  }

  Result<void> sleep(os::PollSet& set) {
    const Nanoseconds now = tools_.clock.monotonic();
    Nanoseconds until = now + kNapMax;
    set.add(tools_.engine.poll_fd(), os::Interest::read);
    if (tools_.stop != nullptr) set.add(tools_.stop->fd(), os::Interest::read);
    for (const auto& lane : lanes_) {
      if (lane->done()) continue;
      lane->watch(set);
      until = std::min(until, lane->wake_at());
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max(until - now, Nanoseconds{0}));
    return set.wait(left);
  }

  Result<void> check_stop() {
    if (tools_.stop == nullptr || interrupted_) return {};
    interrupted_ = tools_.stop->take();
    if (!interrupted_) return {};
    const std::string why = "the run was interrupted by signal " + std::to_string(*interrupted_);
    TRY(tools_.journal.add({{"kind", "interrupted"}, {"signal", *interrupted_}}));
    for (const auto& lane : lanes_) TRY(lane->stop(why));
    return {};
  }

  Result<void> turn() {
    os::PollSet set;
    TRY(sleep(set));
    TRY(tools_.engine.pump());
    TRY(check_stop());
    for (const auto& lane : lanes_) {
      if (!lane->done()) TRY(lane->read(set));
    }
    // Deeds before words: what a model did before it wrote what was just read is known after this pump.
    TRY(tools_.engine.pump());
    for (const auto& lane : lanes_) TRY(lane->look());
    for (const auto& lane : lanes_) TRY(lane->listen());
    TRY(tell_findings());
    // Before the next questions are asked.
    TRY(tools_.journal.tick(traffic()));
    for (const auto& lane : lanes_) TRY(lane->act());
    TRY(tell_findings());
    tools_.listener.cases(ends_, results_.size());
    return {};
  }

  exchange::Traffic traffic() const {
    const bool busy = std::any_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->in_flight(); });
    return busy ? exchange::Traffic::in_flight : exchange::Traffic::quiet;
  }

  Result<void> tell_findings() {
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
  Result<void> tell_strays() {
    stray_counts_ = strays_.take();
    for (const spec::StrayMessage& stray : stray_counts_) {
      TRY(tools_.journal.add(
          {{"kind", "strays"}, {"model", stray.model}, {"stray", stray.kind}, {"count", stray.count}}));
    }
    return {};
  }

  Result<DriveResult> finish(Nanoseconds begun) {
    DriveResult result;
    spec::Measurements& measured = result.measurements;
    measured.cases = std::move(results_);
    measured.strays = std::move(stray_counts_);
    for (const auto& lane : lanes_) {
      measured.contained = measured.contained || lane->contained();
      measured.models.push_back(lane->take_run());
    }
    measured.findings = tools_.monitor.findings();
    measured.drive_ns = (tools_.clock.monotonic() - begun).count();
    measured.positive = input_.positive;
    result.transcript = transcript_.digest();
    result.interrupted = interrupted_;
    return result;
  }

  DriveInput input_;
  const DriveTools& tools_;
  Transcript transcript_;
  StrayBook strays_;
  std::vector<spec::StrayMessage> stray_counts_;
  std::vector<spec::CaseResult> results_;
  EndCounts ends_{};
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::optional<int> interrupted_;
};

}  // namespace

Result<DriveResult> drive(DriveInput input, const DriveTools& tools) { return Driver{std::move(input), tools}.run(); }

}  // namespace belljar::scenario
