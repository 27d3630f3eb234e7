// Sockets of kinds nobody needs inside: each is kernel code an attacker would like to talk to.
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <initializer_list>
#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

Outcome open_socket(int family, int type, int protocol, const std::string& what) {
  return of_call(::socket(family, type | SOCK_CLOEXEC, protocol), what);
}

Outcome netlink(int protocol, const std::string& what) {
  return open_socket(AF_NETLINK, SOCK_RAW, protocol, "netlink " + what);
}

Outcome raw4(const Params&) { return open_socket(AF_INET, SOCK_RAW, IPPROTO_ICMP, "raw IPv4"); }
Outcome raw6(const Params&) { return open_socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6, "raw IPv6"); }
Outcome packet(const Params&) { return open_socket(AF_PACKET, SOCK_RAW, 0, "packet socket"); }
Outcome packet_datagram(const Params&) { return open_socket(AF_PACKET, SOCK_DGRAM, 0, "packet datagram socket"); }
Outcome netfilter(const Params&) { return netlink(NETLINK_NETFILTER, "netfilter"); }
Outcome transform(const Params&) { return netlink(NETLINK_XFRM, "xfrm"); }
Outcome audit(const Params&) { return netlink(NETLINK_AUDIT, "audit"); }
Outcome uevent(const Params&) { return netlink(NETLINK_KOBJECT_UEVENT, "kobject uevent"); }
Outcome socket_diagnosis(const Params&) { return netlink(NETLINK_SOCK_DIAG, "socket diagnosis"); }
Outcome generic(const Params&) { return netlink(NETLINK_GENERIC, "generic"); }
Outcome connector(const Params&) { return netlink(NETLINK_CONNECTOR, "process connector"); }
Outcome vsock(const Params&) { return open_socket(AF_VSOCK, SOCK_STREAM, 0, "vsock"); }
Outcome key(const Params&) { return open_socket(AF_KEY, SOCK_RAW, 2, "key management socket"); }
Outcome algorithm(const Params&) { return open_socket(AF_ALG, SOCK_SEQPACKET, 0, "kernel crypto socket"); }
Outcome express(const Params&) { return open_socket(AF_XDP, SOCK_RAW, 0, "XDP socket"); }

Outcome exotic(const Params&) {
  Outcome last;
  for (const int family :
       {AF_CAN, AF_BLUETOOTH, AF_TIPC, AF_RDS, AF_SMC, AF_NFC, AF_KCM, AF_QIPCRTR, AF_PHONET, AF_AX25, AF_X25,
        AF_APPLETALK, AF_IPX, AF_LLC, AF_IEEE802154, AF_CAIF, AF_RXRPC, AF_PPPOX, 45}) {
    for (const int type : {SOCK_STREAM, SOCK_DGRAM, SOCK_RAW, SOCK_SEQPACKET}) {
      last = open_socket(family, type, 0, "socket of family " + std::to_string(family));
      if (last.kind == Outcome::Kind::escaped) return last;
    }
  }
  return last;
}

Outcome other_transports(const Params&) {
  return any_of({open_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP, "SCTP"),
                 open_socket(AF_INET, SOCK_DCCP, IPPROTO_DCCP, "DCCP"),
                 open_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE, "UDP-Lite"),
                 open_socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP, "ping")});
}

constexpr Attack kAttacks[] = {
    {"NET30", raw4},
    {"NET31", raw6},
    {"NET32", packet},
    {"NET33", packet_datagram},
    {"NET34", netfilter},
    {"NET35", transform},
    {"NET36", audit},
    {"NET37", uevent},
    {"NET38", socket_diagnosis},
    {"NET39", generic},
    {"NET40", connector},
    {"NET41", vsock},
    {"NET42", key},
    {"NET43", algorithm},
    {"NET44", express},
    {"NET45", exotic},
    {"NET46", other_transports},
};

}  // namespace

std::span<const Attack> net_family_attacks() { return kAttacks; }

}  // namespace belljar::suite
