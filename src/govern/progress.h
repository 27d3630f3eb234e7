// Progress: what a person, a log or a program sees of a run while it lives.
//
//   auto progress = make_progress(choose_progress(2, ProgressKind::plain, getenv_term, getenv_no_color), clock);
//   progress->begin("breast-cancer-triage", "r_01");
//   progress->step(StepName::load);            // ends the step before
//   progress->cases(120, 398, {.model = 1});
//   progress->note("classifier: seccomp refused socket");
//   progress->end(Ending::finished);           // the last word
//
// Three forms: a terminal gets the eight steps in one block, redrawn in place; anything else gets plain lines, at most
// one a second for cases; --json gets JSON lines. Every text may come from a sandbox: it passes printable() here.
// A terminal's state is left as it is (the cursor stays visible, no mode is set), so that a killed run leaves nothing
// to repair. Notes are bounded: a model that causes thousands fills no screen. One thread at a time. A write that fails
// (a closed pipe) silences the rest: progress never ends a run.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace belljar::govern {

// The life of a run, in its order.
enum class StepName { load, resolve, admit, seal, drive, judge, record, destroy };
constexpr std::array<StepName, 8> kSteps{StepName::load,  StepName::resolve, StepName::admit,  StepName::seal,
                                         StepName::drive, StepName::judge,   StepName::record, StepName::destroy};
std::string_view step_name(StepName step);   // "load"
std::string_view step_doing(StepName step);  // "parse and lint the scenario"

enum class Ending { finished, failed };

struct ErrorCounts {
  std::uint64_t model = 0;
  std::uint64_t contract = 0;
  std::uint64_t timeout = 0;
  std::uint64_t harness = 0;

  std::uint64_t total() const { return model + contract + timeout + harness; }
};

class Progress {
 public:
  virtual ~Progress() = default;

  virtual void begin(std::string_view scenario, std::string_view run) = 0;
  virtual void step(StepName step) = 0;  // the one before has ended
  // Called per case; drawn at most ten times a second on a terminal, once a second elsewhere.
  virtual void cases(std::uint64_t done, std::uint64_t total, const ErrorCounts& errors) = 0;
  virtual void note(std::string_view text) = 0;
  virtual void end(Ending ending) = 0;  // the step under way ends so
};

enum class ProgressKind { none, terminal, plain, json };
enum class Colour { off, on };

struct ProgressOptions {
  ProgressKind kind = ProgressKind::plain;
  int fd = 2;  // where it writes
  std::uint32_t width = 80;
  Colour colour = Colour::off;
};

// What suits this descriptor: `none` and `json` as asked; else a block when it is a terminal that can move its cursor
// (TERM is set and not "dumb"), lines otherwise. Colour follows NO_COLOR (no-color.org); width follows the terminal.
// `environment_*` are the variables' values, empty when unset.
ProgressOptions choose_progress(int fd, ProgressKind wanted, std::string_view environment_term,
                                std::string_view environment_no_color);

std::unique_ptr<Progress> make_progress(const ProgressOptions& options, const Clock& clock);

}  // namespace belljar::govern
