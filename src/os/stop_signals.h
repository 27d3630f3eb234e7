// StopSignals: while one lives, SIGINT and SIGTERM make fd() readable instead of ending the process, so that a run can
// end cleanly with what it has recorded.
//
//   StopSignals stop = TRY(StopSignals::open());
//   if (set.ready(stop.fd())) if (auto number = stop.take()) return interrupted(*number);
//
// The signals are held back from the thread that opens it: open it before other threads and after the programs that
// should keep their own answer to Ctrl-C. Move-only; one thread at a time.
#pragma once

#include <csignal>
#include <optional>

#include "base/result.h"
#include "os/fd.h"

namespace belljar::os {

class StopSignals {
 public:
  static Result<StopSignals> open();
  StopSignals(StopSignals&&) noexcept = default;
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  StopSignals& operator=(StopSignals&&) = delete;
  ~StopSignals();

  int fd() const { return fd_.get(); }
  std::optional<int> take();  // the signal that came, if any

 private:
  StopSignals() = default;

  Fd fd_;
  sigset_t before_{};
};

}  // namespace belljar::os
