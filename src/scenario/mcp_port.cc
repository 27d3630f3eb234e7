#include "scenario/mcp_port.h"

#include <csignal>

#include "base/check.h"
#include "scenario/mcp_talk.h"
#include "scenario/stdio_pipes.h"

namespace belljar::scenario {

namespace {

class McpPort final : public Port {
 public:
  explicit McpPort(PortParts parts)
      : sandbox_{*parts.sandbox},
        pipes_{*parts.sandbox, std::move(parts.log), parts.model.quotas.output_bytes},
        talk_{parts.limits, CaseIds{parts.id_secret}} {
    say();
  }

  void ask(const Question& question) override {
    talk_.ask(question);
    say();
  }
  void give_up(std::uint64_t number) override { talk_.give_up(number); }
  // Many servers do not end with their input: they are asked to stop as servers are.
  void close_input() override {
    pipes_.close_input();
    if (!sandbox_.ended()) sandbox_.signal(SIGTERM);
  }

  void watch(os::PollSet& set) const override { pipes_.watch(set); }
  std::optional<Nanoseconds> wake_at() const override {
    return talk_.waiting() ? std::optional{Nanoseconds{0}} : std::nullopt;
  }
  Result<void> move(const os::PollSet& set) override { return pipes_.move(set); }
  std::optional<Arrival> next() override {
    talk_.hear(pipes_.take_heard());
    say();
    return talk_.next();
  }

  Result<void> drain() override { return pipes_.drain(); }
  bool drained() const override { return pipes_.drained(); }
  Result<void> finish() override {
    talk_.hear(pipes_.take_heard());
    talk_.finish();
    return pipes_.finish_log();
  }
  bool mute() const override { return pipes_.mute(); }
  std::string mute_reason() const override { return pipes_.mute_reason(); }
  std::string log_tail() const override { return pipes_.log_tail(); }

 private:
  void say() {
    for (const std::string& line : talk_.take_lines()) pipes_.queue(line);
  }

  sandbox::Sandbox& sandbox_;
  StdioPipes pipes_;
  McpTalk talk_;
};

}  // namespace

Result<std::unique_ptr<Port>> make_mcp_port(PortParts parts) {
  CHECK(parts.sandbox != nullptr, "a tool server has a sandbox");
  return std::unique_ptr<Port>{std::make_unique<McpPort>(std::move(parts))};
}

}  // namespace belljar::scenario
