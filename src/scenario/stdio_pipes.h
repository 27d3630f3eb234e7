// StdioPipes: the three pipes of one sandbox, moved without ever blocking on a model.
//
//   pipes.queue(R"({"id":"c-1"})");
//   pipes.watch(set);  ... wait ...  TRY(pipes.move(set));
//   std::string heard = pipes.take_heard();      // bytes of stdout, not yet believed
//
// Holds at most what was queued and kHeardMax bytes of stdout; stderr goes to the log. A model that never reads costs
// the queue, one that never stops writing waits in its pipe. One thread at a time; the sandbox is borrowed.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "os/poll.h"
#include "sandbox/engine.h"
#include "scenario/log_keeper.h"

namespace belljar::scenario {

constexpr std::size_t kHeardMax = 64U << 10;

class StdioPipes {
 public:
  StdioPipes(sandbox::Sandbox& sandbox, LogKeeper log, std::uint64_t output_bytes_max)
      : sandbox_{sandbox}, log_{std::move(log)}, output_bytes_max_{output_bytes_max} {}

  void queue(std::string_view line);
  void close_input();

  void watch(os::PollSet& set) const;
  Result<void> move(const os::PollSet& set);
  // Reads what is left after the program's end, whether or not a wait told so.
  Result<void> drain();

  std::string take_heard() { return std::exchange(heard_, {}); }
  bool drained() const { return !output_open_ && !error_open_; }
  // Nothing the model says can arrive any more: it closed its stdout or used up its quota.
  bool mute() const { return !output_open_ || output_kept_ >= output_bytes_max_; }
  // Why, for people.
  std::string mute_reason() const;
  std::string log_tail() const { return log_.tail(); }
  // Of a program whose stdout is no conversation: it belongs to the log as well.
  Result<void> log_heard() { return log_.take(take_heard()); }
  Result<void> finish_log() { return log_.finish(); }

 private:
  Result<void> read_output();
  Result<void> read_error();
  Result<void> flush();

  sandbox::Sandbox& sandbox_;
  LogKeeper log_;
  std::uint64_t output_bytes_max_;
  std::uint64_t output_kept_ = 0;
  std::string to_write_;
  std::string heard_;
  bool input_open_ = true;
  bool output_open_ = true;
  bool error_open_ = true;
};

}  // namespace belljar::scenario
