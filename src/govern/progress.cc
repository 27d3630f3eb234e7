#include "govern/progress.h"

#include <cstdio>

#include "base/text.h"
#include "govern/progress_parts.h"
#include "os/poll.h"
#include "os/terminal.h"

namespace belljar::govern {

namespace {

constexpr std::size_t kNoteBytesMax = 400;
constexpr std::uint32_t kNotesMax = 100;
constexpr std::chrono::seconds kFullPipePatience{5};

struct StepWords {
  std::string_view name;
  std::string_view doing;
};

constexpr std::array<StepWords, kSteps.size()> kStepWords{{
    {"load", "parse and lint the scenario"},
    {"resolve", "digest everything into the manifest"},
    {"admit", "check that this host can enforce it"},
    {"seal", "start the sandboxes, check their posture"},
    {"drive", "send the cases through the exchange"},
    {"judge", "hold the metrics against the gates"},
    {"record", "write the reports, sign the ledger"},
    {"destroy", "end everything, prove that nothing is left"},
}};

const StepWords& words_of(StepName step) { return kStepWords.at(static_cast<std::size_t>(step)); }

class Silence final : public Progress {
 public:
  void begin(std::string_view, std::string_view) override {}
  void step(StepName) override {}
  void cases(std::uint64_t, std::uint64_t, const ErrorCounts&) override {}
  void note(std::string_view) override {}
  void end(Ending) override {}
};

}  // namespace

std::string_view step_name(StepName step) { return words_of(step).name; }
std::string_view step_doing(StepName step) { return words_of(step).doing; }

void Writer::write(std::string_view text) {
  while (!text.empty() && !silent_) {
    const Result<os::Written> written = os::write_some(fd_, text);
    if (!written || written.value().closed) {
      silent_ = true;
      return;
    }
    text.remove_prefix(written.value().bytes);
    if (written.value().bytes > 0) continue;
    os::PollSet room;
    room.add(fd_, os::Interest::write);
    if (!room.wait(kFullPipePatience) || !room.ready(fd_)) silent_ = true;
  }
}

Pace pace_of(const RunState& state, Nanoseconds now) {
  Pace pace;
  const std::optional<Nanoseconds> began = state.began[static_cast<std::size_t>(StepName::drive)];
  if (!began || now <= *began || state.done == 0) return pace;
  const double seconds = std::chrono::duration<double>{now - *began}.count();
  pace.per_second = static_cast<double>(state.done) / seconds;
  if (state.total > state.done) {
    const double left = static_cast<double>(state.total - state.done) / pace.per_second;
    constexpr double kYear = 365.0 * 24 * 3600;
    if (left < kYear) pace.left = std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>{left});
  }
  return pace;
}

std::string waiting_time(Nanoseconds time) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(time).count();
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3600) return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s";
  return std::to_string(seconds / 3600) + " h " + std::to_string(seconds / 60 % 60) + " min";
}

std::string count_text(double per_second) {
  std::array<char, 400> text{};
  (void)std::snprintf(text.data(), text.size(), per_second < 100 ? "%.1f/s" : "%.0f/s", per_second);
  return text.data();
}

void ProgressBase::begin(std::string_view scenario, std::string_view run) {
  state_.scenario = printable(scenario, 100);
  state_.run = printable(run, 100);
  show_begin();
}

void ProgressBase::finish_step() {
  if (cases_pending_) show_cases();
  cases_pending_ = false;
  if (!state_.step) return;
  const auto at = static_cast<std::size_t>(*state_.step);
  state_.took[at] = now() - state_.began[at].value_or(now());
  show_step_end(*state_.step);
}

void ProgressBase::step(StepName step) {
  finish_step();
  state_.step = step;
  state_.began[static_cast<std::size_t>(step)] = now();
  show_step();
}

void ProgressBase::cases(std::uint64_t done, std::uint64_t total, const ErrorCounts& errors) {
  state_.done = done;
  state_.total = total;
  state_.errors = errors;
  cases_pending_ = cases_shown_ && now() - *cases_shown_ < between_cases_;
  if (cases_pending_) return;
  cases_shown_ = now();
  show_cases();
}

void ProgressBase::note(std::string_view text) {
  ++notes_;
  if (notes_ <= kNotesMax) show_note(printable(text, kNoteBytesMax));
  if (notes_ == kNotesMax) show_note("further notes are in the record alone");
}

void ProgressBase::end(Ending ending) {
  if (ended_) return;
  ended_ = true;
  if (ending == Ending::finished) finish_step();
  if (cases_pending_) show_cases();
  show_end(ending);
}

ProgressOptions choose_progress(int fd, ProgressKind wanted, std::string_view environment_term,
                                std::string_view environment_no_color) {
  ProgressOptions options{.kind = wanted, .fd = fd};
  if (wanted == ProgressKind::none || wanted == ProgressKind::json) return options;
  const bool can_move = os::is_terminal(fd) && !environment_term.empty() && environment_term != "dumb";
  options.kind = can_move ? ProgressKind::terminal : ProgressKind::plain;
  options.width = os::terminal_columns(fd).value_or(options.width);
  options.colour = can_move && environment_no_color.empty() ? Colour::on : Colour::off;
  return options;
}

std::unique_ptr<Progress> make_progress(const ProgressOptions& options, const Clock& clock) {
  switch (options.kind) {
    case ProgressKind::terminal:
      return make_terminal_progress(options, clock);
    case ProgressKind::plain:
      return make_plain_progress(options, clock);
    case ProgressKind::json:
      return make_json_progress(options, clock);
    case ProgressKind::none:
      break;
  }
  return std::make_unique<Silence>();
}

}  // namespace belljar::govern
