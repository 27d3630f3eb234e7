#include "sandbox/native/init/raw.h"

#include <sched.h>
#include <sys/socket.h>
#include <csignal>
#include <cstring>
#include <ctime>

namespace belljar::sandbox::native {

Received receive(int socket, void* into, std::size_t bytes) {
  Received got;
  iovec part{into, bytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kDescriptorsMax)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  do {
    got.bytes = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got.bytes < 0 && errno == EINTR);
  if (got.bytes < 0) got.bytes = -errno;
  if (got.bytes <= 0) return got;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    got.fd_count = static_cast<std::uint32_t>((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(got.fds, CMSG_DATA(header), got.fd_count * sizeof(int));
  }
  return got;
}

int send_message(int socket, const void* from, std::size_t bytes, int fd) {
  iovec part{const_cast<void*>(from), bytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ssize_t put = 0;
  do {
    put = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (put < 0 && errno == EINTR);
  return put < 0 ? errno : 0;
}

std::int64_t now_ns() {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

long fork_plain() { return ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); }

int pivot_root(const char* root, const char* old) { return static_cast<int>(::syscall(SYS_pivot_root, root, old)); }

int close_from(unsigned first) { return static_cast<int>(::syscall(SYS_close_range, first, ~0U, 0)); }

}  // namespace belljar::sandbox::native
