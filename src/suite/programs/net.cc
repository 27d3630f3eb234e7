// Reaching someone.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "suite/programs/addresses.h"
#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

constexpr std::uint32_t kLoopback = INADDR_LOOPBACK;

Outcome connect_to(int fd, const sockaddr* address, socklen_t size, const std::string& what) {
  if (fd < 0) return denied("socket for " + what);
  return of_call(::connect(fd, address, size), "connect to " + what);
}

Outcome tcp4(std::uint32_t address, long port, const std::string& what, int protocol = 0) {
  const sockaddr_in to = ipv4(address, port);
  return connect_to(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, protocol), reinterpret_cast<const sockaddr*>(&to),
                    sizeof to, what);
}

Outcome tcp6(const char* address, long port) {
  const sockaddr_in6 to = ipv6(address, port);
  return connect_to(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), reinterpret_cast<const sockaddr*>(&to),
                    sizeof to, address);
}

Outcome loopback(const Params& given) { return tcp4(kLoopback, given.number("tcp4"), "127.0.0.1"); }

// The same address in the spellings that text filters forget.
Outcome loopback_spellings(const Params& given) {
  Outcome last;
  for (const char* spelling :
       {"2130706433", "0177.0.0.1", "0x7f.1", "127.1", "0x7f000001", "017700000001", "127.000.000.001"}) {
    in_addr parsed{};
    if (::inet_aton(spelling, &parsed) == 0) continue;
    last = tcp4(ntohl(parsed.s_addr), given.number("tcp4"), spelling);
    if (last.kind == Outcome::Kind::escaped) return last;
  }
  return last;
}

Outcome any_address(const Params& given) { return tcp4(INADDR_ANY, given.number("tcp4"), "0.0.0.0"); }
Outcome loopback6(const Params& given) { return tcp6("::1", given.number("tcp6")); }
Outcome mapped(const Params& given) { return tcp6("::ffff:127.0.0.1", given.number("tcp4")); }

Outcome fast_open(const Params& given) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in to = ipv4(kLoopback, given.number("tcp4"));
  if (fd < 0) return denied("socket");
  return of_call(::sendto(fd, "x", 1, MSG_FASTOPEN, reinterpret_cast<const sockaddr*>(&to), sizeof to),
                 "send on a connection not made");
}

Outcome multipath(const Params& given) {
  constexpr int kMultipath = 262;
  return tcp4(kLoopback, given.number("tcp4"), "127.0.0.1 by multipath TCP", kMultipath);
}

Outcome datagram4(const Params& given) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in to = ipv4(kLoopback, given.number("udp4"));
  if (fd < 0) return denied("socket");
  return of_call(::sendto(fd, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to), "send a datagram");
}

Outcome datagram6(const Params& given) {
  const int fd = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in6 to = ipv6("::1", given.number("udp6"));
  if (fd < 0) return denied("socket");
  return of_call(::sendto(fd, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to), "send a datagram");
}

// Connecting a datagram socket asks the routing table and sends nothing.
Outcome route4(const char* address, long port) {
  in_addr parsed{};
  (void)::inet_aton(address, &parsed);
  const sockaddr_in to = ipv4(ntohl(parsed.s_addr), port);
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  return connect_to(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to, address);
}

Outcome route6(const char* address, long port) {
  const sockaddr_in6 to = ipv6(address, port);
  return connect_to(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), reinterpret_cast<const sockaddr*>(&to), sizeof to,
                    address);
}

Outcome public_dns(const Params&) { return any_of({route4("8.8.8.8", 53), route4("1.1.1.1", 53)}); }
Outcome local_resolver(const Params&) { return any_of({route4("127.0.0.53", 53), route4("192.168.0.1", 53)}); }
Outcome metadata(const Params&) { return any_of({route4("169.254.169.254", 80), route4("169.254.170.2", 80)}); }
Outcome metadata6(const Params&) { return any_of({route6("fd00:ec2::254", 80), route6("fd20:ce::254", 80)}); }
Outcome private_ranges(const Params&) {
  return any_of(
      {route4("10.0.0.1", 22), route4("172.16.0.1", 22), route4("192.168.1.1", 22), route4("100.64.0.1", 22)});
}
Outcome public6(const Params&) { return any_of({route6("2001:4860:4860::8888", 53), route6("64:ff9b::808:808", 53)}); }

Outcome unix_to(const std::string& name) {
  const auto [address, size] = local(name);
  return connect_to(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), reinterpret_cast<const sockaddr*>(&address), size,
                    name);
}

Outcome abstract_socket(const Params& given) { return unix_to(given.get("abstract")); }
Outcome path_socket(const Params& given) { return unix_to(given.get("socket")); }
Outcome shared_socket(const Params& given) { return unix_to(given.get("shared") + "/service.sock"); }

Outcome daemon_sockets(const Params&) {
  return any_of({unix_to("/run/docker.sock"), unix_to("/var/run/docker.sock"),
                 unix_to("/run/containerd/containerd.sock"), unix_to("/run/dbus/system_bus_socket"),
                 unix_to("/run/systemd/private"), unix_to("/tmp/.X11-unix/X0")});
}

Outcome listen_for_host(const Params& given) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in at = ipv4(INADDR_ANY, given.number("lport"));
  if (fd < 0) return denied("socket");
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return denied("bind 0.0.0.0");
  if (::listen(fd, 4) != 0) return denied("listen");
  return done("listens on all addresses");
}

Outcome enter_network(const Params& given) {
  (void)::unshare(CLONE_NEWNET);
  const std::string path = "/proc/" + given.get("wpid") + "/ns/net";
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int first = ::open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
  return any_of({of_call(::setns(first, CLONE_NEWNET), "enter the network of pid 1"),
                 of_call(::setns(fd, CLONE_NEWNET), "enter the network of a neighbour")});
}

struct AddressRequest {
  nlmsghdr header;
  ifaddrmsg message;
  rtattr address_head;
  std::uint32_t address;
};

Outcome give_address(const Params&) {
  AddressRequest request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_NEWADDR;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_ACK;
  request.message.ifa_family = AF_INET;
  request.message.ifa_prefixlen = 32;
  request.message.ifa_index = 1;
  request.address_head.rta_len = RTA_LENGTH(4);
  request.address_head.rta_type = IFA_LOCAL;
  request.address = htonl(0xc6336407);  // 198.51.100.7
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return denied("netlink socket");
  if (::send(fd, &request, sizeof request, 0) < 0) return denied("ask for an address");
  std::array<char, 1024> answer{};
  const ssize_t got = ::recv(fd, answer.data(), answer.size(), 0);
  nlmsgerr result{};
  if (got < static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof result)) return denied("hear the answer");
  std::memcpy(&result, answer.data() + sizeof(nlmsghdr), sizeof result);
  return result.error == 0 ? escaped("gave the machine an address")
                           : denied("give the machine an address", -result.error);
}

Outcome change_interface(const Params&) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  if (fd < 0) return denied("socket");
  request.ifr_mtu = 1500;
  return of_call(::ioctl(fd, SIOCSIFMTU, &request), "change an interface");
}

constexpr Attack kAttacks[] = {
    {"NET01", loopback},        {"NET02", loopback_spellings}, {"NET03", any_address},      {"NET04", loopback6},
    {"NET05", mapped},          {"NET06", fast_open},          {"NET07", multipath},        {"NET08", datagram4},
    {"NET09", datagram6},       {"NET10", public_dns},         {"NET11", local_resolver},   {"NET12", metadata},
    {"NET13", metadata6},       {"NET14", private_ranges},     {"NET17", public6},          {"NET18", abstract_socket},
    {"NET19", path_socket},     {"NET20", shared_socket},      {"NET21", daemon_sockets},   {"NET22", listen_for_host},
    {"NET23", enter_network},   {"NET24", give_address},       {"NET25", change_interface}, {"NET26", loopback},
    {"NET27", listen_for_host}, {"NET28", loopback_spellings},
};

}  // namespace

std::span<const Attack> net_attacks() { return kAttacks; }

}  // namespace belljar::suite
