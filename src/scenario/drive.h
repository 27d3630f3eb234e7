// Drive: the fifth step. Sends every case to every linked model through the exchange, watches, contains, and counts.
//
//   DriveResult result = TRY(drive(std::move(lanes), tools, {engine, &stop, listener}));
//   judge(scenario, result.measurements);
//
// Each model works through the cases in their order, one at a time, beside the other models. Returns when every model
// has ended and its sandbox is destroyed and proved gone. SIGINT or SIGTERM ends it early: the cases left are counted
// as lost to the harness. An error means that the record or the engine failed; sandboxes die with their lanes then.
// One thread.
#pragma once

#include <cstdint>
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
#include "scenario/cases.h"
#include "scenario/lane.h"
#include "spec/measurements.h"

namespace belljar::scenario {

// Hears of the run while it lives.
class DriveListener {
 public:
  virtual ~DriveListener() = default;
  virtual void cases(const EndCounts& ended, std::size_t total) = 0;  // often
  virtual void finding(const spec::Finding& finding) = 0;
};

struct DriveModel {
  std::string name;
  spec::Command command;
  spec::Quotas quotas;
  std::unique_ptr<sandbox::Sandbox> sandbox;
  std::int64_t made_ns = 0;  // LaneParts
  std::string log_path;      // empty: the tail alone is kept
};

struct DriveInput {
  const std::vector<Case>& cases;
  std::string answer_member;
  std::string positive;
  Digest id_secret;  // CaseIds
  std::vector<DriveModel> models;
  LaneTimes times;
};

struct DriveTools {
  sandbox::Engine& engine;
  exchange::Exchange& exchange;
  exchange::Journal& journal;
  monitor::Monitor& monitor;
  const Clock& clock;
  os::StopSignals* stop = nullptr;  // null: nothing ends it early
  DriveListener& listener;
};

struct DriveResult {
  spec::Measurements measurements;
  Digest transcript;
  std::optional<int> interrupted;  // the signal that ended it early
};

Result<DriveResult> drive(DriveInput input, const DriveTools& tools);

}  // namespace belljar::scenario
