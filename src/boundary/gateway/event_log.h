// EventLog: what the gateway has to tell, equal things told once with a count, and never more than a bounded number.
//
//   EventLog log{TRY(os::Signal::make()), clock};
//   log.add(event);               // the gateway's thread
//   poll(log.poll_fd()); log.take()  // its owner's
//
// Safe from any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "os/sockets.h"
#include "spec/network_event.h"

namespace belljar::boundary {

class EventLog {
 public:
  static constexpr std::size_t kDistinctMax = 4096;

  explicit EventLog(os::Signal signal) : signal_{std::move(signal)} {}
  void add(spec::NetworkEvent event);
  std::vector<spec::NetworkEvent> take();  // in the order they first happened
  int poll_fd() const { return signal_.fd(); }

 private:
  std::mutex lock_;
  std::map<std::string, std::size_t, std::less<>> places_;
  std::vector<spec::NetworkEvent> events_;
  os::Signal signal_;
};

}  // namespace belljar::boundary
