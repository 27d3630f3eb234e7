// Socket addresses from numbers, in one line each.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>

namespace belljar::suite {

inline sockaddr_in ipv4(std::uint32_t host_order, long port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host_order);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

inline sockaddr_in6 ipv6(const char* text, long port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  (void)::inet_pton(AF_INET6, text, &address.sin6_addr);
  address.sin6_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

// A name that begins with '@' is abstract.
inline std::pair<sockaddr_un, socklen_t> local(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::min(name.size(), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path, name.data(), length);
  if (name.starts_with("@")) address.sun_path[0] = '\0';
  const std::size_t terminator = name.starts_with("@") ? 0 : 1;
  return {address, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length + terminator)};
}

}  // namespace belljar::suite
