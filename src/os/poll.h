// PollSet: waits for several descriptors at once; write_some() and read_ready(): a write and a read that
// neither block nor raise SIGPIPE.
//
//   PollSet set;
//   set.add(engine.poll_fd(), Interest::read);
//   TRY(set.wait(std::chrono::milliseconds{50}));
//   if (set.ready(engine.poll_fd())) TRY(engine.pump());
//
// A set is filled anew for each wait. One thread at a time; the descriptors are borrowed.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belljar::os {

enum class Interest { read, write };

class PollSet {
 public:
  void clear() { polled_.clear(); }
  // A negative descriptor is left out, as poll(2) does.
  void add(int fd, Interest interest);
  // Returns at once when something is ready, after `at_most` otherwise; a signal ends the wait early.
  Result<void> wait(std::chrono::milliseconds at_most);
  // True also when the other end is gone: the read or write that follows says so.
  bool ready(int fd) const;

 private:
  std::vector<pollfd> polled_;
};

struct Written {
  std::size_t bytes = 0;  // 0: the pipe is full
  bool closed = false;    // nobody reads any more, or the connection was refused
};

// For non-blocking descriptors.
Result<Written> write_some(int fd, std::string_view bytes);

struct Taken {
  std::size_t bytes = 0;  // 0: nothing there now
  bool closed = false;    // nothing will come any more
};

// Of a descriptor that poll called ready, blocking or not. One that cannot be read is as good as closed.
Taken read_ready(int fd, std::span<char> buffer);

}  // namespace belljar::os
