#include "scenario/openai_port.h"

#include <algorithm>
#include <csignal>

#include "base/check.h"
#include "scenario/openai_lanes.h"
#include "scenario/stdio_pipes.h"

namespace belljar::scenario {

namespace {

constexpr std::chrono::milliseconds kReadyPause{20};
constexpr codec::HttpLimits kHealthLimits{.head_bytes_max = 16U << 10, .body_bytes_max = 64U << 10};

OpenaiPlace place_of(const PortParts& parts) {
  OpenaiPlace place;
  place.connect = [sandbox = parts.sandbox](std::size_t lane) { return sandbox->connect(lane); };
  place.count = std::min<std::size_t>(std::max(parts.model.in_flight, 1U), sandbox::kServeLines);
  place.host = "127.0.0.1:" + std::to_string(parts.model.port);
  place.before_target = "/v1";
  if (parts.model.deterministic) place.seed = parts.seed;
  return place;
}

class OpenaiPort final : public Port {
 public:
  explicit OpenaiPort(PortParts parts)
      : sandbox_{*parts.sandbox},
        clock_{parts.clock},
        pipes_{*parts.sandbox, std::move(parts.log), parts.model.quotas.output_bytes},
        lanes_{place_of(parts), parts.limits, parts.id_secret, parts.clock},
        host_{"127.0.0.1:" + std::to_string(parts.model.port)} {}

  void ask(const Question& question) override {
    lanes_.ask(question);
    dispatch();
  }
  void give_up(std::uint64_t number) override {
    lanes_.give_up(number);
    dispatch();
  }
  void close_input() override;

  void watch(os::PollSet& set) const override {
    pipes_.watch(set);
    lanes_.watch(set);
  }
  std::optional<Nanoseconds> wake_at() const override { return ready_ ? std::nullopt : std::optional{look_at_}; }
  Result<void> move(const os::PollSet& set) override;
  std::optional<Arrival> next() override { return lanes_.next(); }

  Result<void> drain() override;
  bool drained() const override { return pipes_.drained(); }
  Result<void> finish() override { return pipes_.finish_log(); }
  std::string log_tail() const override { return pipes_.log_tail(); }

 private:
  void look();  // whether the server is ready
  void dispatch() {
    if (ready_) lanes_.dispatch();
  }

  sandbox::Sandbox& sandbox_;
  const Clock& clock_;
  StdioPipes pipes_;
  OpenaiLanes lanes_;
  std::string host_;
  bool ready_ = false;
  Nanoseconds look_at_{0};
};

// A server does not wait for the end of its input: it is asked to stop as servers are.
void OpenaiPort::close_input() {
  pipes_.close_input();
  if (!sandbox_.ended()) sandbox_.signal(SIGTERM);
}

Result<void> OpenaiPort::move(const os::PollSet& set) {
  TRY(pipes_.move(set));
  TRY(pipes_.log_heard());
  lanes_.move(set);
  look();
  dispatch();
  return {};
}

Result<void> OpenaiPort::drain() {
  TRY(pipes_.drain());
  return pipes_.log_heard();
}

// llama.cpp and vLLM answer /health with 503 while they load; a server without that page is ready when it listens.
void OpenaiPort::look() {
  if (ready_) return;
  HttpLine& line = lanes_.first_line();
  if (line.state() == HttpLine::State::busy) return;
  if (line.state() != HttpLine::State::idle) {
    ready_ = line.state() == HttpLine::State::done && line.reader().status() != 503;
    line.settle();
    look_at_ = clock_.monotonic() + kReadyPause;
    return;
  }
  if (clock_.monotonic() < look_at_ || sandbox_.ended()) return;
  line.send(codec::http_request({.method = "GET", .target = "/health", .host = host_, .body = {}}), kHealthLimits);
}

}  // namespace

Result<std::unique_ptr<Port>> make_openai_port(PortParts parts) {
  CHECK(parts.sandbox != nullptr, "an openai model has a sandbox");
  return std::unique_ptr<Port>{std::make_unique<OpenaiPort>(std::move(parts))};
}

}  // namespace belljar::scenario
