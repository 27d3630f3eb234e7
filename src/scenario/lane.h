// Lane: one model being driven. Asks one case at a time, sorts what comes back, keeps deadlines, sees the model off.
//
//   Lane lane{std::move(parts), tools};
//   TRY(lane.start());
//   while (!lane.done()) {
//     lane.watch(set);  ... wait ...
//     TRY(lane.read(set));    // bytes alone; nothing is believed yet
//     TRY(engine.pump());
//     TRY(lane.look());       // what the model did
//     TRY(lane.listen());     // what the model said
//     TRY(lane.act());        // deadlines, the next case, the end
//   }
//
// The order matters: a model that steals first and answers second is contained before its answer is looked at.
// Whatever a model does, a lane holds at most a message in each direction plus 64 KiB, never blocks on its pipes and
// comes to an end: by its last case, by kSilentMax questions in a row without an answer, or with its sandbox.
// A Result's error is the harness's own (the record cannot be written, the engine failed), never the model's.
// One thread at a time; everything in LaneTools is borrowed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "exchange/exchange.h"
#include "monitor/monitor.h"
#include "sandbox/engine.h"
#include "scenario/cases.h"
#include "scenario/conversation.h"
#include "scenario/stdio_pipes.h"
#include "scenario/stray_book.h"
#include "scenario/transcript.h"
#include "spec/measurements.h"

namespace belljar::scenario {

constexpr int kSilentMax = 5;

struct LaneTimes {
  Nanoseconds start = std::chrono::seconds{30};  // beyond the deadline, until a model has answered for the first time
  Nanoseconds leave = std::chrono::seconds{2};   // from the end of its input to its end
};

// How many cases ended each way, by CaseEnd.
using EndCounts = std::array<std::uint64_t, 6>;

// What lanes share.
struct LaneTools {
  exchange::Exchange& exchange;
  exchange::Journal& journal;
  monitor::Monitor& monitor;
  Transcript& transcript;
  StrayBook& strays;
  const std::vector<Case>& cases;
  std::vector<spec::CaseResult>& results;  // case * models + model
  EndCounts& ends;
  const Clock& clock;
};

struct LaneParts {
  std::string model;
  std::size_t index = 0;  // among `count` driven models
  std::size_t count = 1;
  std::string answer_member;  // WorkloadSpec::answer
  spec::Command command;
  spec::Quotas quotas;
  std::unique_ptr<sandbox::Sandbox> sandbox;
  std::int64_t made_ns = 0;  // when the sandbox was asked for, on the journal's clock: what its own times count from
  Digest id_secret;
  LogKeeper log;
  LaneTimes times;
};

class Lane {
 public:
  Lane(LaneParts parts, LaneTools tools);

  Result<void> start();
  void watch(os::PollSet& set) const { pipes_.watch(set); }
  Nanoseconds wake_at() const;  // when act() has something to do though nothing came
  Result<void> read(const os::PollSet& set);
  Result<void> look();
  Result<void> listen();
  Result<void> act();
  bool in_flight() const { return open_.has_value(); }
  // The person wants to stop: the cases left are lost to the harness, the sandbox dies.
  Result<void> stop(const std::string& why);

  bool done() const { return stage_ == Stage::gone; }
  const std::string& model() const { return parts_.model; }
  bool contained() const { return contained_; }
  spec::ModelRun take_run() { return std::move(run_); }  // once done

 private:
  enum class Stage { asking, leaving, gone };
  // How cases end that get no answer.
  struct Fate {
    spec::CaseEnd end = spec::CaseEnd::model_error;
    std::string why;
  };

  Result<void> ask_next();
  Result<void> hear(const Frame& frame);
  std::int64_t take_latency();
  Result<void> hear_answer(const Heard& heard, const Frame& frame);
  Result<void> hear_failure(const Heard& heard, const Frame& frame);
  Result<void> hear_stray(const Heard& heard, const Frame& frame);
  Result<void> pass(const Heard& heard, const Frame& frame, exchange::Direction direction,
                    exchange::Decision& decision);
  Result<void> end_case(std::size_t item, spec::CaseResult result, const codec::Json* answer);
  Result<void> lose_case(std::size_t item, const Fate& fate);
  Result<void> lose_open_case(const Fate& fate);
  Result<void> keep_deadline();
  Result<void> check_end();
  Result<void> see_off(Fate fate, spec::EndStatus status);
  void leave();
  Result<void> finish();
  Result<void> write_violation(const spec::Violation& violation);
  Result<void> note_violation(const spec::Violation& violation);
  Result<void> contain(const monitor::Alarm& alarm, std::int64_t event_ns);
  Fate fate_of(const spec::SandboxReport& report) const;

  LaneParts parts_;
  LaneTools tools_;
  StdioPipes pipes_;
  FrameReader frames_;
  Conversation talk_;
  Stage stage_ = Stage::asking;

  std::size_t next_ = 0;             // the case to ask next
  std::optional<std::size_t> open_;  // the case in flight
  std::string noise_;                // what came instead of an answer while it was
  Nanoseconds asked_at_{};
  Nanoseconds read_at_{};
  Nanoseconds deadline_{};
  bool has_answered_ = false;
  int silent_ = 0;  // questions in a row without an answer

  Nanoseconds leave_at_{};
  std::optional<Nanoseconds> mute_until_;   // set once nothing more can be heard from a living model
  std::optional<Nanoseconds> drain_until_;  // set once the sandbox has ended
  std::optional<Fate> fate_;                // of the cases left, when we end the model
  bool contained_ = false;
  std::uint64_t held_ = 0;  // messages that came after containment
  std::set<std::string> seen_violations_;
  spec::ModelRun run_;
};

}  // namespace belljar::scenario
