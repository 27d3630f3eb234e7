#include "os/local_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"
#include "os/error.h"

namespace belljar::os {

namespace {

constexpr std::size_t kDescriptorsMost = 4;
constexpr int kWaiting = 64;

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Error{Errc::invalid_argument, "use socket " + path + ": its path is longer than 107 bytes"};
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

// An errno of 0: connected. The socket may be reused after none but 0.
Result<std::optional<Fd>> try_connect(const std::string& path) {
  const sockaddr_un address = TRY(address_of(path));
  Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!socket) return os_error("make a socket");
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return std::optional<Fd>{std::move(socket)};
  }
  if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR) return std::optional<Fd>{};
  return os_error("connect to " + path);
}

bool is_ours(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

}  // namespace

Result<Fd> listen_local(const std::string& path) {
  const sockaddr_un address = TRY(address_of(path));
  if (TRY(try_connect(path))) return Error{Errc::denied, "listen at " + path + ": another process does already"};
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) return Error{Errc::denied, "listen at " + path + ": a file of that name is there"};
    if (::unlink(path.c_str()) != 0) return os_error("remove the socket that a dead process left, " + path);
  }
  Fd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!listener) return os_error("make a socket");
  // The folder keeps others out already; the mode says so too.
  const mode_t before = ::umask(0177);
  const int bound = ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int error = errno;
  (void)::umask(before);
  if (bound != 0) return os_error("listen at " + path, error);
  if (::listen(listener.get(), kWaiting) != 0) return os_error("listen at " + path);
  return listener;
}

Result<std::optional<Fd>> accept_local(int listener) {
  Fd guest{::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!guest) {
    if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return std::optional<Fd>{};
    return os_error("accept a connection");
  }
  if (!is_ours(guest.get())) return std::optional<Fd>{};
  return std::optional<Fd>{std::move(guest)};
}

void unlisten_local(const std::string& path) { (void)::unlink(path.c_str()); }

Result<void> make_non_blocking(int socket) {
  if (::fcntl(socket, F_SETFL, O_NONBLOCK) != 0) return os_error("make a socket non-blocking");
  return {};
}

Result<std::optional<Fd>> connect_local(const std::string& path, std::chrono::seconds patience) {
  std::optional<Fd> socket = TRY(try_connect(path));
  if (socket && !is_ours(socket->get())) {
    return Error{Errc::denied, "connect to " + path + ": a process of another user listens there"};
  }
  const timeval time{patience.count(), 0};
  if (socket && (::setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) != 0 ||
                 ::setsockopt(socket->get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) != 0)) {
    return os_error("set the patience of a connection to " + path);
  }
  return socket;
}

Result<void> send_with_descriptors(int socket, std::string_view bytes, std::span<const int> descriptors) {
  CHECK(descriptors.size() <= kDescriptorsMost, "a message carries at most four descriptors");
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsMost)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return os_error("send descriptors");
  if (static_cast<std::size_t>(sent) != bytes.size()) return os_error("send descriptors", EMSGSIZE);
  return {};
}

Result<Arrival> receive_with_descriptors(int socket, std::span<char> buffer) {
  iovec part{buffer.data(), buffer.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kDescriptorsMost)> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  const ssize_t got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Arrival{};
  if (got < 0 && errno != ECONNRESET) return os_error("receive from a local socket");
  Arrival received;
  received.closed = got <= 0;
  received.bytes = got > 0 ? static_cast<std::size_t>(got) : 0;
  for (cmsghdr* header = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr; header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t at = 0; at < count; ++at) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + at * sizeof fd, sizeof fd);
      received.descriptors.emplace_back(fd);
    }
  }
  return received;
}

}  // namespace belljar::os
