#include <sys/syscall.h>

#include "suite/probe/catalogue.h"
#include "suite/probe/oracles.h"

namespace belljar::suite {

namespace {

// A model that answers on a socket: its loopback is up and it may listen.
void serving(spec::SandboxSpec& spec) {
  spec.profile = "server";
  spec.serve_port = 8080;
}

constexpr std::string_view kOwnNetwork = "network namespace; system calls: connect; Landlock TCP";
constexpr std::string_view kNoNetwork = "system calls: socket; empty network namespace";

// Addresses beyond the machine are asked of the routing table alone (a connected datagram socket sends nothing); in the
// control every address is local to the throw-away network.
constexpr Probe kReaching[] = {
    {"NET01", "loopback", "Connects to 127.0.0.1 of the host.", kNoNetwork, noticed("tcp4")},
    {"NET02", "loopback-spellings", "The same as 2130706433, 0177.0.0.1, 0x7f.1 and other spellings.", kNoNetwork,
     noticed("tcp4")},
    {"NET03", "any-address", "Connects to 0.0.0.0.", kNoNetwork, noticed("tcp4")},
    {"NET04", "loopback-v6", "Connects to ::1 of the host.", kNoNetwork, noticed("tcp6")},
    {"NET05", "v4-mapped", "Connects to ::ffff:127.0.0.1.", kNoNetwork, noticed("tcp4")},
    {"NET06", "fast-open", "Sends on a connection that was never made.", kNoNetwork, noticed("tcp4")},
    {"NET07", "multipath", "Connects by multipath TCP.", kNoNetwork, noticed("tcp4")},
    {"NET08", "datagram", "Sends a datagram to 127.0.0.1 of the host.", kNoNetwork, noticed("udp4")},
    {"NET09", "datagram-v6", "Sends a datagram to ::1 of the host.", kNoNetwork, noticed("udp6")},
    {"NET10", "public-dns", "Finds a route to a public resolver.", kNoNetwork, holds("peer 8.8.8.8:53")},
    {"NET11", "local-resolver", "Finds a route to the host's resolver.", kNoNetwork, holds("peer 127.0.0.53:53")},
    {"NET12", "metadata", "Finds a route to the metadata address of clouds.", kNoNetwork,
     holds("peer 169.254.169.254:80")},
    {"NET13", "metadata-v6", "Finds a route to the metadata address of clouds by IPv6.", kNoNetwork,
     holds("peer fd00:ec2::254:80")},
    {"NET14", "private-ranges", "Finds a route to private addresses.", kNoNetwork, holds("peer 10.0.0.1:22")},
    {"NET17", "public-v6", "Finds a route to the IPv6 internet.", kNoNetwork, holds("peer 2001:4860:4860::8888:53")},
    {"NET18", "abstract-socket", "Connects to an abstract socket of the host (CVE-2020-15257).",
     "network namespace, Landlock scope", noticed("abstract")},
    {"NET19", "path-socket", "Connects to a socket of the host by its path.", "mount namespace", noticed("unix")},
    {"NET20", "shared-socket", "Connects to a socket in a read-only shared folder.", "Landlock, system calls: connect",
     noticed("shared-unix")},
    {"NET21", "daemon-sockets", "Connects to docker, containerd, D-Bus, X11.", "mount namespace", noticed("daemon"),
     kDaemons},
    {"NET22", "listen", "Listens on all addresses for the host to connect.", kNoNetwork, noticed("reached")},
    {"NET23", "enter-network", "Enters the network namespace of a neighbour.", "system calls: setns; pid namespace",
     answered(SYS_setns)},
    {"NET24", "give-address", "Gives the machine another address.", "system calls: socket; no capabilities",
     noticed("address")},
    {"NET25", "change-interface", "Changes an interface.", "system calls: socket; no capabilities",
     answered(SYS_ioctl)},
    {"NET26",
     "serving-loopback",
     "While it serves: connects to 127.0.0.1 of the host.",
     kOwnNetwork,
     noticed("tcp4"),
     kPlain,
     {},
     serving},
    {"NET27",
     "serving-any-address",
     "While it serves: listens on all addresses for the host to connect.",
     kOwnNetwork,
     noticed("reached"),
     kPlain,
     {},
     serving},
    {"NET28",
     "serving-spellings",
     "While it serves: the host's loopback in other spellings.",
     kOwnNetwork,
     noticed("tcp4"),
     kPlain,
     {},
     serving},
};

constexpr std::string_view kFamilies = "system calls: socket";

constexpr Probe kFamily[] = {
    {"NET30", "raw", "Opens a raw IPv4 socket.", kFamilies, holds("sock 2 3 ")},
    {"NET31", "raw-v6", "Opens a raw IPv6 socket.", kFamilies, holds("sock 10 3 ")},
    {"NET32", "packet", "Opens a packet socket.", kFamilies, holds("sock 17 3 ")},
    {"NET33", "packet-datagram", "Opens a packet datagram socket.", kFamilies, holds("sock 17 2 ")},
    {"NET34", "netlink-netfilter", "Opens netlink to netfilter.", kFamilies, holds("sock 16 3 12")},
    {"NET35", "netlink-xfrm", "Opens netlink to IPsec.", kFamilies, holds("sock 16 3 6")},
    {"NET36", "netlink-audit", "Opens netlink to the audit system.", kFamilies, holds("sock 16 3 9")},
    {"NET37", "netlink-uevent", "Opens netlink to device events.", kFamilies, holds("sock 16 3 15")},
    {"NET38", "netlink-sock-diag", "Opens netlink to the list of sockets.", kFamilies, holds("sock 16 3 4")},
    {"NET39", "netlink-generic", "Opens generic netlink.", kFamilies, holds("sock 16 3 16")},
    {"NET40", "netlink-connector", "Opens netlink to process events.", kFamilies, holds("sock 16 3 11")},
    {"NET41", "vsock", "Opens a socket to the hypervisor, which no namespace holds.", kFamilies, holds("sock 40 ")},
    {"NET42", "key-management", "Opens a key management socket.", kFamilies, holds("sock 15 "), kNeedsRoot},
    {"NET43", "kernel-crypto", "Opens a socket to the kernel's crypto.", kFamilies, holds("sock 38 ")},
    {"NET44", "xdp", "Opens an XDP socket.", kFamilies, holds("sock 44 ")},
    {"NET45", "exotic-families", "Opens CAN, Bluetooth, TIPC, RDS, SMC and fourteen other families.", kFamilies,
     reaches("foreign_families", 1)},
    {"NET46", "other-transports", "Opens SCTP, DCCP, UDP-Lite and ping sockets.", kFamilies, holds("sock 2 2 136")},
};

}  // namespace

std::span<const Probe> net_probes() { return kReaching; }
std::span<const Probe> net_family_probes() { return kFamily; }

}  // namespace belljar::suite
