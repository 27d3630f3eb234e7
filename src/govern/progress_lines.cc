// Progress as lines: for logs (plain) and for programs (JSON).
#include "base/text.h"
#include "codec/json.h"
#include "govern/progress_parts.h"

namespace belljar::govern {

namespace {

using codec::Json;

constexpr std::chrono::seconds kBetweenCases{1};

class PlainProgress final : public ProgressBase {
 public:
  PlainProgress(int fd, const Clock& clock) : ProgressBase{clock, kBetweenCases}, writer_{fd} {}

 private:
  void line(const std::string& text) { writer_.write("belljar: " + text + "\n"); }

  void show_begin() override { line(state().scenario + ", run " + state().run); }

  void show_step() override {
    const StepName step = *state().step;
    line("[" + std::to_string(static_cast<int>(step) + 1) + "/" + std::to_string(kSteps.size()) + "] " +
         std::string{step_name(step)} + ": " + std::string{step_doing(step)});
  }

  void show_step_end(StepName) override {}

  void show_cases() override {
    std::string text = std::to_string(state().done) + " of " + std::to_string(state().total) + " cases";
    const Pace pace = pace_of(state(), now());
    if (pace.per_second > 0) text += ", " + count_text(pace.per_second);
    if (pace.left) text += ", " + waiting_time(*pace.left) + " left";
    const std::uint64_t errors = state().errors.total();
    if (errors > 0) text += ", " + std::to_string(errors) + (errors == 1 ? " error" : " errors");
    line(text);
  }

  void show_note(const std::string& text) override { line("note: " + text); }

  void show_end(Ending ending) override {
    if (ending == Ending::finished) return line("finished");
    line("stopped while in `" + std::string{state().step ? step_name(*state().step) : "begin"} + "`");
  }

  Writer writer_;
};

class JsonProgress final : public ProgressBase {
 public:
  JsonProgress(int fd, const Clock& clock) : ProgressBase{clock, kBetweenCases}, writer_{fd} {}

 private:
  void line(Json::Object event) { writer_.write(codec::to_json(std::move(event)) + "\n"); }

  void show_begin() override { line({{"event", "begin"}, {"scenario", state().scenario}, {"run", state().run}}); }
  void show_step() override { line({{"event", "step"}, {"step", step_name(*state().step)}}); }

  void show_step_end(StepName step) override {
    const auto took = state().took[static_cast<std::size_t>(step)].value_or(Nanoseconds{0});
    line({{"event", "step-end"}, {"step", step_name(step)}, {"ns", std::int64_t{took.count()}}});
  }

  void show_cases() override {
    const ErrorCounts& errors = state().errors;
    line({{"event", "cases"},
          {"done", state().done},
          {"total", state().total},
          {"errors", Json::Object{{"model", errors.model},
                                  {"contract", errors.contract},
                                  {"timeout", errors.timeout},
                                  {"harness", errors.harness}}}});
  }

  void show_note(const std::string& text) override { line({{"event", "note"}, {"text", text}}); }

  void show_end(Ending ending) override {
    line({{"event", "end"}, {"ending", ending == Ending::finished ? "finished" : "failed"}});
  }

  Writer writer_;
};

}  // namespace

std::unique_ptr<Progress> make_plain_progress(const ProgressOptions& options, const Clock& clock) {
  return std::make_unique<PlainProgress>(options.fd, clock);
}

std::unique_ptr<Progress> make_json_progress(const ProgressOptions& options, const Clock& clock) {
  return std::make_unique<JsonProgress>(options.fd, clock);
}

}  // namespace belljar::govern
