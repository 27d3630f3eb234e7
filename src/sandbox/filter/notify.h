// Notifications: the supervisor's end of a filter. Each refused call waits here for its errno and becomes part of a
// violation record; no call is ever let through from here.
//
//   auto notifications = TRY(Notifications::open(std::move(listener), filter, clock.monotonic()));
//   // when poll_fd() is readable and `not_before` of the last pump has passed:
//   PumpOutcome pumped = TRY(notifications.pump(clock.monotonic()));
//   for (spec::Violation& violation : notifications.take()) ...
//
// pump() never blocks and does a bounded amount of work. A flood is paced: past `burst` calls answers come at
// `per_second`, so the program waits, not the host. While paced, poll_fd() stays readable: leave it out of the poll set
// until `not_before`. Paths are read from the program's memory for the record alone; it may have changed them since.
// Single-threaded; `filter` outlives the object; only one object receives from a listener.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"
#include "os/seccomp.h"
#include "sandbox/filter/compile.h"
#include "spec/sandbox_report.h"

namespace belljar::sandbox {

struct NotificationOptions {
  std::size_t records_max = 4096;     // distinct records; further ones are counted in one overflow record
  std::size_t calls_per_pump = 256;   // bounds the time of one pump
  std::uint32_t per_second = 20'000;  // sustained answers
  std::uint32_t burst = 2'000;        // answers at full speed before pacing begins
};

struct PumpOutcome {
  enum class State {
    drained,  // poll again
    more,     // calls are waiting: pump again soon
    paced,    // calls are waiting: pump again at not_before, and do not poll until then
    gone,     // no process has the filter any more; close
  };
  State state = State::drained;
  std::size_t answered = 0;
  Nanoseconds not_before{0};  // monotonic; for `paced`
};

class Notifications {
 public:
  static Result<Notifications> open(os::Fd listener, const CompiledFilter& filter, Nanoseconds started,
                                    NotificationOptions options = {});

  int poll_fd() const { return listener_.get(); }
  Result<PumpOutcome> pump(Nanoseconds now);
  // What came since the last take, in order of first appearance. A record taken before comes again with its new count.
  std::vector<spec::Violation> take();
  std::uint64_t refused() const { return refused_; }  // calls, since the start

 private:
  Notifications(os::Fd listener, const CompiledFilter& filter, Nanoseconds started, NotificationOptions options);
  void refill(Nanoseconds now);
  void record(const os::Notification& call, const Decision& decision, Nanoseconds now);
  std::string describe(const os::Notification& call) const;

  os::Fd listener_;
  const CompiledFilter* filter_;
  NotificationOptions options_;
  Nanoseconds started_;
  Nanoseconds refilled_;
  std::uint64_t tokens_ns_;  // what may be answered now, in nanoseconds of the sustained rate
  std::uint64_t refused_ = 0;
  std::vector<spec::Violation> records_;                       // in order of first appearance; counts not yet taken
  std::map<std::string, std::size_t, std::less<>> positions_;  // key of a record -> its place
  spec::Violation overflow_;
};

}  // namespace belljar::sandbox
