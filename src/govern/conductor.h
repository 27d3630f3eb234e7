// Conductor: one run, its eight steps. Inner part of conduct.h and again.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exchange/journal.h"
#include "govern/again.h"
#include "govern/conduct.h"
#include "ledger/ledger.h"
#include "os/stop_signals.h"
#include "sandbox/engine.h"
#include "scenario/recording.h"
#include "scenario/resolve.h"
#include "scenario/seal.h"
#include "spec/measurements.h"

namespace belljar::govern {

// One run. A step that fails leaves its error in `error_`; recording and destruction follow either way.
class Conductor {
 public:
  Conductor(scenario::Loaded loaded, std::string run, std::string directory, const ConductTools& tools)
      : run_{std::move(run)}, directory_{std::move(directory)}, tools_{tools}, started_{tools.clock.wall()} {
    resolved_.loaded = std::move(loaded);
  }

  // Before open_record(). What is repeated is borrowed and outlives the run.
  void repeat(const Again& again, scenario::Recording& recording) {
    again_ = &again;
    recording_ = &recording;
  }
  const std::optional<scenario::Difference>& difference() const { return difference_; }

  Result<void> open_record();
  spec::Verdict conduct();

 private:
  Result<void> enter(StepName step);
  Result<void> resolve();
  Result<void> admit();
  Result<void> open_network();
  Result<void> seal();
  Result<void> drive();
  Result<void> record_notes();
  Result<void> judge_run();
  void tell_limitations();
  Result<void> record();
  Result<void> destroy();
  Result<void> keep_inputs();
  bool is_alive(const std::string& model) const;
  Result<void> resolve_again(const std::string& profiles);
  Result<std::unique_ptr<scenario::Port>> make_port(scenario::PortParts parts);
  Result<std::unique_ptr<scenario::Port>> make_live_port(scenario::PortParts parts) const;
  Result<void> write_bound(const std::string& name, const std::string& bytes);
  Result<void> bind_logs();
  void fail(const Error& error);

  const spec::Scenario& scenario() const { return resolved_.loaded.scenario; }

  std::string run_;
  std::string directory_;
  const ConductTools& tools_;
  Nanoseconds started_;

  std::unique_ptr<ledger::Ledger> ledger_;
  std::optional<exchange::Journal> journal_;
  scenario::Resolved resolved_;
  std::shared_ptr<const content::Screen> filters_;     // from `admit` on; null: nothing is filtered
  std::shared_ptr<const content::Screen> log_screen_;  // of canaries alone; null where there are none
  std::shared_ptr<scenario::LiveCalls> calls_;
  std::unique_ptr<scenario::RunGateway> network_;  // before what uses it
  std::unique_ptr<sandbox::Engine> engine_;
  std::optional<os::StopSignals> stop_;
  std::vector<scenario::DriveModel> sealed_;
  spec::Measurements measurements_;
  std::string transcript_digest_;
  spec::Verdict verdict_;
  std::string error_;

  const Again* again_ = nullptr;
  scenario::Recording* recording_ = nullptr;
  std::optional<scenario::Difference> difference_;
};

}  // namespace belljar::govern
