// The three forms of progress and what they share. Inner part of progress.h.
// One thread at a time.
#pragma once

#include <optional>
#include <string>

#include "govern/progress.h"

namespace belljar::govern {

// Writes whole texts; after the first failure it is silent. No SIGPIPE, no endless wait on a full pipe.
class Writer {
 public:
  explicit Writer(int fd) : fd_{fd} {}
  void write(std::string_view text);

 private:
  int fd_;
  bool silent_ = false;
};

// Where a run stands; the forms draw it.
struct RunState {
  std::string scenario;  // printable
  std::string run;       // printable
  std::optional<StepName> step;
  std::array<std::optional<Nanoseconds>, kSteps.size()> began;
  std::array<std::optional<Nanoseconds>, kSteps.size()> took;
  std::uint64_t done = 0;
  std::uint64_t total = 0;
  ErrorCounts errors;
};

struct Pace {
  double per_second = 0;
  std::optional<Nanoseconds> left;
};
// From the beginning of `drive` until now.
Pace pace_of(const RunState& state, Nanoseconds now);

// "6 s", "3 min 20 s", "2 h 5 min": whole units, as people wait in them.
std::string waiting_time(Nanoseconds time);
std::string count_text(double per_second);  // "41.3/s"

// Keeps the state, the rates and the bounds; a form says how things look.
class ProgressBase : public Progress {
 public:
  ProgressBase(const Clock& clock, Nanoseconds between_cases) : clock_{clock}, between_cases_{between_cases} {}

  void begin(std::string_view scenario, std::string_view run) final;
  void step(StepName step) final;
  void cases(std::uint64_t done, std::uint64_t total, const ErrorCounts& errors) final;
  void note(std::string_view text) final;
  void end(Ending ending) final;

 protected:
  virtual void show_begin() = 0;
  virtual void show_step() = 0;  // the step of the state has begun
  virtual void show_step_end(StepName step) = 0;
  virtual void show_cases() = 0;
  virtual void show_note(const std::string& text) = 0;  // printable
  virtual void show_end(Ending ending) = 0;

  const RunState& state() const { return state_; }
  Nanoseconds now() const { return clock_.monotonic(); }

 private:
  void finish_step();

  const Clock& clock_;
  Nanoseconds between_cases_;
  RunState state_;
  std::optional<Nanoseconds> cases_shown_;
  bool cases_pending_ = false;
  std::uint32_t notes_ = 0;
  bool ended_ = false;
};

std::unique_ptr<Progress> make_terminal_progress(const ProgressOptions& options, const Clock& clock);
std::unique_ptr<Progress> make_plain_progress(const ProgressOptions& options, const Clock& clock);
std::unique_ptr<Progress> make_json_progress(const ProgressOptions& options, const Clock& clock);

}  // namespace belljar::govern
