// Drive: the fifth step. Sends every case through the composition of the scenario, message by message through the
// exchange; watches, contains, and counts. One driver for everything: a single model asked by the workload is the
// smallest composition.
//
//   DriveResult result = TRY(drive(std::move(input), {engine, exchange, journal, monitor, clock, &stop, listener}));
//   judge(scenario, result.measurements);
//
// Where no composition is given, each model works through the cases in their order by itself, beside the other models;
// else each case runs through the composition as one, as many side by side as the widest model takes. Under the wall
// clock things happen when they happen. Under the logical clock every delivery has its place by (logical time, order):
// a real answer is awaited before time passes it, so that no machine's speed changes the order of anything.
// Returns when every case has ended, every model is gone and its sandbox is destroyed and proved gone. SIGINT or
// SIGTERM ends it early: the cases left are counted as lost to the harness. An error means that the record or the
// engine failed; sandboxes die with their stations then. One thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "exchange/exchange.h"
#include "monitor/monitor.h"
#include "os/stop_signals.h"
#include "sandbox/engine.h"
#include "scenario/call_desk.h"
#include "scenario/cases.h"
#include "scenario/station.h"
#include "spec/measurements.h"
#include "spec/scenario.h"

namespace belljar::scenario {

// How many cases ended each way, by CaseEnd.
using EndCounts = std::array<std::uint64_t, 6>;

// Hears of the run while it lives.
class DriveListener {
 public:
  virtual ~DriveListener() = default;
  virtual void cases(const EndCounts& ended, std::size_t total) = 0;  // often
  virtual void finding(const spec::Finding& finding) = 0;
};

struct DriveInput {
  const spec::Scenario& scenario;
  const std::vector<Case>& cases;
  Digest id_secret;  // CaseIds, TraceKey
  std::vector<DriveModel> models;
  std::string directory;  // the scenario's
  DriveTimes times;
  PortMaker make_port = scenario::make_port;
  // A fresh sandbox for a model, for the fault `amnesia`; none: such a fault is an error.
  std::function<Result<DriveModel>(const std::string& model)> remake = {};
  std::optional<std::uint64_t> until = {};                      // stop after so many messages
  std::shared_ptr<const content::Screen> log_screen = nullptr;  // the run's canaries, for what models write to stderr
};

struct DriveTools {
  sandbox::Engine* engine = nullptr;  // null where no model has a sandbox
  exchange::Exchange& exchange;
  exchange::Journal& journal;
  monitor::Monitor& monitor;
  const Clock& clock;
  os::StopSignals* stop = nullptr;  // null: nothing ends it early
  DriveListener& listener;
  CallDesk* calls = nullptr;      // what models ask of others while they work; null: nothing
  RunGateway* network = nullptr;  // null where no model has a gateway
};

struct DriveResult {
  spec::Measurements measurements;
  Digest transcript;
  std::optional<int> interrupted;  // the signal that ended it early
  bool stopped = false;            // at `until`
};

Result<DriveResult> drive(DriveInput input, const DriveTools& tools);

}  // namespace belljar::scenario
