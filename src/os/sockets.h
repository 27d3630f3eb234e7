// Sockets: what Boost.Asio, which the gateway's connections run on, does not do.
//
//   Result<InternetAddress> meant = original_destination(connection);   // before nftables redirected it
//   SpareDescriptor spare = TRY(SpareDescriptor::make());
//   spare.shed(listener);            // accept() said EMFILE: closes one waiting connection instead of spinning
//   Signal signal = TRY(Signal::make());   // one thread raises, another polls fd() and clears
//
// Safe from any thread, a SpareDescriptor from one at a time.
#pragma once

#include <cstdint>
#include <utility>

#include "base/result.h"
#include "os/fd.h"

namespace belljar::os {

struct InternetAddress {
  std::uint32_t address = 0;  // IPv4, host order
  std::uint16_t port = 0;
};

Result<InternetAddress> original_destination(int connection);

// Two ends of one stream, non-blocking, close-on-exec.
Result<std::pair<Fd, Fd>> make_socket_pair();

// Without one in reserve a process that has run out of descriptors cannot even turn callers away.
class SpareDescriptor {
 public:
  static Result<SpareDescriptor> make();
  void shed(int listener);

 private:
  explicit SpareDescriptor(Fd fd) : fd_{std::move(fd)} {}
  Fd fd_;
};

// A descriptor that is readable from raise() until clear().
class Signal {
 public:
  static Result<Signal> make();
  void raise() const;
  void clear() const;
  int fd() const { return fd_.get(); }

 private:
  explicit Signal(Fd fd) : fd_{std::move(fd)} {}
  Fd fd_;
};

}  // namespace belljar::os
