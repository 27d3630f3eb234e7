// Station: one model being driven. Puts questions to its port, sorts what comes back, sees the model off.
//
//   Station station{std::move(model), tools};
//   TRY(station.start());
//   while (!station.gone()) {
//     station.watch(set);  ... wait ...
//     TRY(station.read(set));    // bytes alone; nothing is believed yet
//     TRY(engine.pump());
//     TRY(station.look());       // what the model did
//     TRY(station.gather());     // what the model said: replies() wait here until the driver believes them
//     TRY(station.act());        // the ends
//   }
//
// The order matters: a model that steals first and answers second is contained before its answer is looked at.
// Whatever a model does, a station holds at most a reply to each open question and what its port holds, never blocks
// and comes to an end: by leave(), by kSilentMax questions in a row without an answer, or with its sandbox. A Result's
// error is the harness's own (the record cannot be written, the engine failed), never the model's. One thread at a
// time; everything in StationTools is borrowed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "exchange/exchange.h"
#include "monitor/monitor.h"
#include "sandbox/engine.h"
#include "scenario/conversation.h"
#include "scenario/port.h"
#include "scenario/run_gateway.h"
#include "scenario/stray_book.h"
#include "spec/measurements.h"

namespace belljar::scenario {

constexpr int kSilentMax = 5;

struct DriveTimes {
  Nanoseconds start = std::chrono::seconds{30};  // beyond the deadline, until a model has answered for the first time
  Nanoseconds leave = std::chrono::seconds{2};   // from the end of its input to its end
};

// A model ready to be driven; nothing of it has run.
struct DriveModel {
  spec::ModelSpec spec;
  spec::Command command;
  std::unique_ptr<sandbox::Sandbox> sandbox;  // null where the adapter needs none
  std::int64_t made_ns = 0;  // when the sandbox was asked for, on the journal's clock: what its own times count from
  std::string log_path;      // empty: the tail alone is kept
  bool has_gateway = false;  // its sandbox was made with one
};

// A model without a sandbox.
inline DriveModel hosted(const spec::ModelSpec& spec) {
  DriveModel model;
  model.spec = spec;
  return model;
}

using PortMaker = std::function<Result<std::unique_ptr<Port>>(PortParts)>;

struct StationTools {
  exchange::Exchange& exchange;
  exchange::Journal& journal;
  monitor::Monitor& monitor;
  StrayBook& strays;
  const Clock& clock;
  PortMaker make_port;
  std::string directory;  // the scenario's
  std::uint64_t seed = 0;
  Digest id_secret;  // of this model
  FrameLimits limits;
  DriveTimes times;
  RunGateway* network = nullptr;  // null where no model has a gateway
  std::shared_ptr<const content::Screen> log_screen =
      nullptr;  // what stderr must not show; null: nothing is looked for
};

// How questions end that get no answer.
struct Fate {
  spec::CaseEnd end = spec::CaseEnd::model_error;
  std::string why;
};

struct Reply {
  Arrival arrival;
  std::optional<Fate> lost;     // instead of an arrival
  std::int64_t latency_ns = 0;  // real; 0: a model's first answer, which waits for its start
};

class Station {
 public:
  Station(DriveModel model, StationTools tools);

  Result<void> start();
  // Ends what runs and starts `model` in its place: the same model, remembering nothing. Open questions are lost.
  Result<void> restart(DriveModel model, const std::string& why);
  bool asking() const { return stage_ == Stage::asking; }
  // Its sandbox stands still until resume(), or until it is to leave.
  Result<void> pause();
  Result<void> resume();
  void throttle_network(std::chrono::nanoseconds interval);

  void watch(os::PollSet& set) const;
  Nanoseconds wake_at() const;  // when act() has something to do though nothing came
  Result<void> read(const os::PollSet& set);
  Result<void> look();
  Result<void> gather();
  Result<void> act();

  std::uint64_t next_number() { return next_number_++; }
  std::string id(std::uint64_t number) const { return ids_.id(number); }
  void ask(const Question& question);
  // Numbers that have a reply since the last call, in the order they came; all open ones once the model is gone.
  std::vector<std::uint64_t> take_fresh() { return std::exchange(fresh_, {}); }
  bool ready(std::uint64_t number) const { return replies_.contains(number) || gone(); }
  Reply take(std::uint64_t number);  // when ready
  // Nothing came in time: says how the question ends. It counts against the model.
  Result<Fate> time_out(std::uint64_t number);
  // The same where the model was not let answer: nothing counts against it, and what it said already came too late.
  Result<void> drop(std::uint64_t number);
  Nanoseconds asked_at(std::uint64_t number) const;
  std::size_t open() const { return open_.size(); }
  bool mute() const { return port_ != nullptr && port_->mute(); }

  // What the rules that its network requests broke ask for, since the last call.
  std::vector<NetworkDemand> take_demands() { return std::exchange(demands_, {}); }

  void leave();
  Result<void> contain(const monitor::Alarm& alarm, std::int64_t event_ns);
  // The person wants to stop: the sandbox dies.
  Result<void> stop(const std::string& why);

  bool gone() const { return stage_ == Stage::gone; }
  bool contained() const { return contained_; }
  const std::string& name() const { return model_.spec.name; }
  const spec::ModelSpec& spec() const { return model_.spec; }
  bool has_answered() const { return has_answered_; }
  std::optional<spec::ModelRun> take_run();  // once gone; nothing of a model without sandbox

  Result<void> stray(std::string_view kind, std::string_view text, const codec::Json* object);

 private:
  enum class Stage { asking, leaving, gone };
  struct OpenQuestion {
    Nanoseconds asked_at{};
  };

  Result<void> open_port();
  Result<void> hear(Arrival arrival);
  Result<void> hear_stray(const Arrival& arrival);
  void put_reply(std::uint64_t number, Reply reply);
  Result<void> see_off(Fate fate, spec::EndStatus status);
  Result<void> check_end();
  Result<void> finish();
  Result<void> write_violation(const spec::Violation& violation);
  Result<void> hear_log();
  Result<void> leave_network();
  Result<void> hear_network();
  Fate fate_of(const spec::SandboxReport& report) const;

  DriveModel model_;
  StationTools tools_;
  CaseIds ids_;
  std::unique_ptr<Port> port_;
  std::shared_ptr<LogWatch> log_watch_;  // shared with the port's log
  Stage stage_ = Stage::asking;

  std::uint64_t next_number_ = 1;
  std::map<std::uint64_t, OpenQuestion> open_;
  std::unordered_map<std::uint64_t, Reply> replies_;
  std::vector<std::uint64_t> fresh_;
  std::string noise_;  // what came instead of an answer since the last question
  Nanoseconds read_at_{};
  bool has_answered_ = false;
  int silent_ = 0;  // questions in a row without an answer

  Nanoseconds leave_at_{};
  std::optional<Nanoseconds> mute_until_;   // set once nothing more can be heard from a living model
  std::optional<Nanoseconds> drain_until_;  // set once the sandbox has ended
  std::optional<Fate> fate_;                // of the questions left, when we end the model
  Fate end_;                                // once gone
  bool contained_ = false;
  std::uint64_t held_ = 0;  // messages that came after containment
  std::set<std::string> seen_violations_;
  std::size_t network_entries_ = 0;
  std::vector<NetworkDemand> demands_;
  spec::ModelRun run_;
};

}  // namespace belljar::scenario
