// Progress as one block on a terminal, redrawn in place:
//
//     breast-cancer-triage  r_20261121T071510_5f0c2a91
//      ✓ load      parse and lint the scenario               3.1 ms
//      ▸ drive     ━━━━━━━━━━━━━────────  230 of 398   41.3/s   5 s left   2 errors
//      · judge
//
// Each redraw moves up by the lines drawn before and clears each line as it is rewritten (ECMA-48 CUU, EL): no other
// sequence is sent, apart from colours. Lines are cut to the width, so that none wraps and the count of lines stays
// true.
#include <algorithm>

#include "base/text.h"
#include "govern/progress_parts.h"
#include "os/terminal.h"

namespace belljar::govern {

namespace {

constexpr std::chrono::milliseconds kBetweenCases{100};
constexpr std::size_t kBarCells = 24;
constexpr std::size_t kNameCells = 10;
constexpr std::size_t kDoingCells = 44;

constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kCyan = "\x1b[36m";
constexpr std::string_view kFaint = "\x1b[2m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kReset = "\x1b[0m";

// One line that knows how many columns it takes: anything beyond ASCII counts as two unless it is our own.
class Line {
 public:
  Line(std::size_t columns, Colour colour) : columns_{columns}, colour_{colour} {}

  // Text of unknown origin, printable already; cut where the line ends.
  Line& text(std::string_view text, std::string_view style = {}) {
    open(style);
    for (std::size_t at = 0; at < text.size();) {
      std::size_t length = 1;
      while (at + length < text.size() && (static_cast<unsigned char>(text[at + length]) & 0xC0) == 0x80) ++length;
      const std::size_t cells = length == 1 ? 1 : 2;
      if (used_ + cells > columns_) break;
      out_ += text.substr(at, length);
      used_ += cells;
      at += length;
    }
    return close(style);
  }

  // Our own signs, each one column.
  Line& signs(std::string_view sign, std::size_t count, std::string_view style = {}) {
    open(style);
    for (; count > 0 && used_ < columns_; --count, ++used_) out_ += sign;
    return close(style);
  }

  Line& pad_to(std::size_t column) {
    while (used_ < column && used_ < columns_) {
      out_ += ' ';
      ++used_;
    }
    return *this;
  }

  const std::string& done() const { return out_; }

 private:
  void open(std::string_view style) {
    if (colour_ == Colour::on) out_ += style;
  }
  Line& close(std::string_view style) {
    if (colour_ == Colour::on && !style.empty()) out_ += kReset;
    return *this;
  }

  std::size_t columns_;
  Colour colour_;
  std::size_t used_ = 0;
  std::string out_;
};

class TerminalProgress final : public ProgressBase {
 public:
  TerminalProgress(const ProgressOptions& options, const Clock& clock)
      : ProgressBase{clock, kBetweenCases}, options_{options}, writer_{options.fd} {}

 private:
  void show_begin() override { redraw({}); }
  void show_step() override { redraw({}); }
  void show_step_end(StepName) override {}
  void show_cases() override { redraw({}); }

  void show_note(const std::string& text) override { redraw(new_line().text("! ", kYellow).text(text).done()); }

  void show_end(Ending ending) override {
    ending_ = ending;
    redraw({});
  }

  // The last column stays free: writing it makes some terminals wrap.
  Line new_line() const {
    const std::size_t columns = os::terminal_columns(options_.fd).value_or(options_.width);
    return Line{std::max<std::size_t>(columns, 20) - 1, options_.colour};
  }

  // `above` is a line that stays, above the block.
  void redraw(const std::string& above) {
    std::string out;
    if (lines_ > 0) out += "\x1b[" + std::to_string(lines_) + "A\r";
    if (!above.empty()) out += "\x1b[2K" + above + "\n";
    const auto put = [&out](const Line& line) { out += "\x1b[2K" + line.done() + "\n"; };
    put(new_line().text(state().scenario, kBold).text("  ").text(state().run, kFaint));
    for (const StepName step : kSteps) put(step_line(step));
    lines_ = kSteps.size() + 1;
    writer_.write(out);
  }

  Line step_line(StepName step) const {
    const auto at = static_cast<std::size_t>(step);
    const bool current = state().step == step && !state().took[at];
    Line line = new_line();
    line.text(" ");
    if (state().took[at]) {
      line.signs("✓", 1, kGreen);
    } else if (current && ending_ == Ending::failed) {
      line.signs("✗", 1, kRed);
    } else if (current) {
      line.signs("▸", 1, kCyan);
    } else {
      line.signs("·", 1, kFaint);
    }
    line.text(" ").text(step_name(step), current ? kBold : (state().began[at] ? "" : kFaint)).pad_to(3 + kNameCells);
    if (step == StepName::drive && state().total > 0) {
      draw_cases(line);
    } else if (state().began[at]) {
      line.text(step_doing(step), current ? "" : kFaint);
    }
    if (state().took[at]) {
      line.text(" ").pad_to(3 + kNameCells + kDoingCells).text(human_duration(state().took[at]->count()), kFaint);
    }
    return line;
  }

  void draw_cases(Line& line) const {
    const auto drive = static_cast<std::size_t>(StepName::drive);
    if (!state().took[drive]) {
      const auto filled =
          static_cast<std::size_t>(std::min<std::uint64_t>(kBarCells, kBarCells * state().done / state().total));
      line.signs("━", filled, kCyan).signs("─", kBarCells - filled, kFaint).text("  ");
    }
    line.text(std::to_string(state().done) + " of " + std::to_string(state().total) + " cases");
    const Nanoseconds until = state().took[drive] ? *state().began[drive] + *state().took[drive] : now();
    const Pace pace = pace_of(state(), until);
    if (pace.per_second > 0) line.text("  " + count_text(pace.per_second), kFaint);
    if (pace.left && !state().took[drive]) line.text("  " + waiting_time(*pace.left) + " left", kFaint);
    const std::uint64_t errors = state().errors.total();
    if (errors > 0) line.text("  " + std::to_string(errors) + (errors == 1 ? " error" : " errors"), kYellow);
  }

  ProgressOptions options_;
  Writer writer_;
  std::size_t lines_ = 0;
  std::optional<Ending> ending_;
};

}  // namespace

std::unique_ptr<Progress> make_terminal_progress(const ProgressOptions& options, const Clock& clock) {
  return std::make_unique<TerminalProgress>(options, clock);
}

}  // namespace belljar::govern
