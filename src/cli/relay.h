// Relay: carries bytes between our stdio and a sandbox's until its program has ended; neither side can stall the
// other's end. SIGINT and SIGTERM go to the program.
//
//   Relay relay{{{engine->poll_fd(), [&] { return engine->pump(); }}}, *sandbox, signals, clock};
//   TRY(relay.run());
//
// Single-threaded.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "os/poll.h"
#include "os/stop_signals.h"
#include "sandbox/engine.h"

namespace belljar::cli {

class Relay {
 public:
  struct Source {
    int fd = -1;
    std::function<Result<void>()> act;  // due whenever `fd` is readable
  };

  Relay(std::vector<Source> sources, sandbox::Sandbox& sandbox, os::StopSignals& signals, const Clock& clock)
      : sources_{std::move(sources)}, sandbox_{sandbox}, signals_{signals}, clock_{clock} {}

  Result<void> run();
  // The program stands still and is let go on after that long, at the longest of several.
  Result<void> pause(Nanoseconds how_long);

 private:
  Result<void> turn();
  Result<std::chrono::milliseconds> pause_left();
  Result<void> copy_input();
  Result<bool> copy_output(sandbox::Stream stream);

  std::vector<Source> sources_;
  sandbox::Sandbox& sandbox_;
  os::StopSignals& signals_;
  const Clock& clock_;
  std::optional<Nanoseconds> resume_at_;  // it stands still until then
  os::PollSet poll_;
  std::string waiting_;
  static constexpr std::size_t kBufferBytes = 65536;
  // Its pages cost nothing until bytes come.
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(kBufferBytes);
};

}  // namespace belljar::cli
