// A model that serves on a socket: its loopback, and the sockets by which the engine reaches it.

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <cstring>

#include "sandbox/native/init/box.h"

namespace belljar::sandbox::native {

namespace {

// What waits on a line is charged to the sandbox's memory, for pid 1 made the socket; this bounds it besides.
constexpr int kLineBufferBytes = 512 << 10;

}  // namespace

Outcome raise_loopback() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(Step::loopback);
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", sizeof "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  const int result = ::ioctl(fd, SIOCSIFFLAGS, &request);
  const int error = errno;
  (void)::close(fd);
  return result == 0 ? done() : failed(Step::loopback, error);
}

// A socket belongs to the network namespace it was made in, whoever holds it: with these the engine can connect into
// the sandbox without ever entering it, and pid 1 needs no way to make another one later.
Outcome hand_over_lines(int control) {
  for (std::uint32_t line = 0; line < kLinesMax; ++line) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return failed(Step::lines, errno, line);
    for (const int buffer : {SO_RCVBUF, SO_SNDBUF}) {
      if (::setsockopt(fd, SOL_SOCKET, buffer, &kLineBufferBytes, sizeof kLineBufferBytes) != 0) {
        return failed(Step::lines, errno, line);
      }
    }
    BoxReport report{};
    report.event = BoxEvent::line;
    report.item = line;
    const int error = send_message(control, &report, sizeof report, fd);
    (void)::close(fd);
    if (error != 0) return failed(Step::lines, error, line);
  }
  return done();
}

}  // namespace belljar::sandbox::native
