#include "scenario/stdio_port.h"

#include <deque>

#include "scenario/conversation.h"
#include "scenario/stdio_pipes.h"

namespace belljar::scenario {

namespace {

class StdioPort final : public Port {
 public:
  explicit StdioPort(PortParts parts)
      : pipes_{*parts.sandbox, std::move(parts.log), parts.model.quotas.output_bytes},
        frames_{parts.limits},
        talk_{CaseIds{parts.id_secret}} {}

  void ask(const Question& question) override {
    talk_.ask(question.number);
    pipes_.queue(question.text);
  }
  void give_up(std::uint64_t number) override { talk_.give_up(number); }
  void close_input() override { pipes_.close_input(); }

  void watch(os::PollSet& set) const override { pipes_.watch(set); }
  Result<void> move(const os::PollSet& set) override { return pipes_.move(set); }
  std::optional<Arrival> next() override;

  Result<void> drain() override { return pipes_.drain(); }
  bool drained() const override { return pipes_.drained(); }
  Result<void> finish() override;
  bool mute() const override { return pipes_.mute(); }
  std::string mute_reason() const override { return pipes_.mute_reason(); }
  std::string log_tail() const override { return pipes_.log_tail(); }

 private:
  void keep(Frame frame);
  void listen() {
    frames_.feed(pipes_.take_heard(), [this](const Frame& frame) { keep(frame); });
  }

  StdioPipes pipes_;
  FrameReader frames_;
  Conversation talk_;
  std::deque<Arrival> arrived_;  // at most what one read held
};

void StdioPort::keep(Frame frame) {
  const Heard heard = talk_.hear(frame);
  Arrival arrival;
  arrival.text = frame.text;
  arrival.body = std::move(frame.object);
  arrival.number = heard.number;
  arrival.stray = heard.stray_kind;
  arrival.spoils = heard.spoils;
  if (heard.meaning == Meaning::answer) arrival.kind = Arrival::Kind::answer;
  if (heard.meaning == Meaning::model_error) arrival.kind = Arrival::Kind::failure;
  arrived_.push_back(std::move(arrival));
}

std::optional<Arrival> StdioPort::next() {
  if (arrived_.empty()) listen();
  if (arrived_.empty()) return std::nullopt;
  std::optional<Arrival> first{std::move(arrived_.front())};
  arrived_.pop_front();
  return first;
}

Result<void> StdioPort::finish() {
  listen();
  frames_.finish([this](const Frame& frame) { keep(frame); });
  return pipes_.finish_log();
}

}  // namespace

Result<std::unique_ptr<Port>> make_stdio_port(PortParts parts) {
  return std::unique_ptr<Port>{std::make_unique<StdioPort>(std::move(parts))};
}

}  // namespace belljar::scenario
