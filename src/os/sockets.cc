#include "os/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "os/error.h"

namespace belljar::os {

Result<InternetAddress> original_destination(int connection) {
  sockaddr_in meant{};
  socklen_t bytes = sizeof meant;
  if (::getsockopt(connection, SOL_IP, SO_ORIGINAL_DST, &meant, &bytes) != 0) {
    return os_error("ask where a redirected connection was meant to go");
  }
  return InternetAddress{ntohl(meant.sin_addr.s_addr), ntohs(meant.sin_port)};
}

Result<std::pair<Fd, Fd>> make_socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) {
    return os_error("make a pair of sockets");
  }
  return std::pair{Fd{ends[0]}, Fd{ends[1]}};
}

Result<SpareDescriptor> SpareDescriptor::make() {
  Fd fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  if (!fd) return os_error("open /dev/null");
  return SpareDescriptor{std::move(fd)};
}

void SpareDescriptor::shed(int listener) {
  fd_.reset();
  Fd{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)}.reset();
  fd_ = Fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

Result<Signal> Signal::make() {
  Fd fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!fd) return os_error("make an event descriptor");
  return Signal{std::move(fd)};
}

// Neither can fail in a way that matters: the counter is full, and so readable, or empty already.
void Signal::raise() const {
  const std::uint64_t one = 1;
  if (::write(fd_.get(), &one, sizeof one) < 0) return;
}

void Signal::clear() const {
  std::uint64_t count = 0;
  if (::read(fd_.get(), &count, sizeof count) < 0) return;
}

}  // namespace belljar::os
