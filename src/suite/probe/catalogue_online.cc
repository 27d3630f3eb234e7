// From a sandbox with a gateway, past it. No gateway serves the doors here: what gets out did not go through one.
#include <netinet/in.h>
#include <sys/syscall.h>

#include "suite/probe/catalogue.h"
#include "suite/probe/oracles.h"

namespace belljar::suite {

namespace {

// With whatever profile the suite runs: the gateway's rules come before it.
void online(spec::SandboxSpec& spec) { spec.gateway = spec::GatewaySpec{}; }

constexpr std::string_view kRedirected = "network namespace; redirection of every connection to the gateway";
constexpr std::string_view kBound = "network namespace; nftables: reject what is no connection";
constexpr std::string_view kOwn = "network namespace";
constexpr std::string_view kCalls = "system calls: socket";
constexpr std::string_view kNoRights = "no capability over its network namespace";

constexpr Probe past(std::string_view id, std::string_view title, std::string_view tries, std::string_view held_by,
                     Oracle oracle) {
  return {id, title, tries, held_by, oracle, kPlain, {}, online};
}

constexpr Probe kOnline[] = {
    past("NET50", "online-loopback", "With a gateway: connects to 127.0.0.1 of the host.", kOwn, noticed("tcp4")),
    past("NET51", "online-any-address", "With a gateway: connects to 0.0.0.0.", kOwn, noticed("tcp4")),
    past("NET52", "online-elsewhere", "With a gateway: connects to private, shared and public addresses.", kRedirected,
         noticed("anytcp")),
    past("NET53", "online-metadata", "With a gateway: connects to the metadata address of clouds, in eight spellings.",
         kRedirected, noticed("anytcp")),
    past("NET54", "online-host", "With a gateway: connects to the host's own address.", kRedirected, noticed("anytcp")),
    past("NET55", "online-datagrams", "With a gateway: sends datagrams to all of these.", kBound, noticed("anyudp")),
    past("NET56", "online-name-tunnel", "With a gateway: puts a secret into a question to public name servers.", kBound,
         noticed("anyudp")),
    past("NET57", "online-fast-open", "With a gateway: sends on a connection that was never made.", kRedirected,
         noticed("anytcp")),
    past("NET58", "online-v6", "With a gateway: connects to ::1 of the host.", kCalls, noticed("tcp6")),
    past("NET59", "online-listen", "With a gateway: listens on all addresses for the host to connect.", kOwn,
         noticed("reached")),
    past("NET60", "online-abstract", "With a gateway: connects to an abstract socket of the host.",
         "network namespace, Landlock scope", noticed("abstract")),
    past("NET61", "online-raw", "With a gateway: opens a raw IPv4 socket.", kCalls, holds("sock 2 3 ")),
    past("NET62", "online-packet", "With a gateway: opens a packet socket.", kCalls, holds("sock 17 3 ")),
    past("NET63", "online-netfilter", "With a gateway: opens netlink to the redirection's rules.", kCalls,
         holds("sock 16 3 12")),
    past("NET64", "online-routing", "With a gateway: opens netlink to interfaces and routes.", kCalls,
         holds("sock 16 2 0")),
    past("NET65", "online-udplite", "With a gateway: opens a UDP-Lite socket.", kCalls, holds("sock 2 2 136")),
    past("NET66", "online-multipath", "With a gateway: opens a multipath TCP socket.", kCalls, holds("sock 2 1 262")),
    past("NET67", "online-mark", "With a gateway: marks its packets, to be routed otherwise.", kNoRights,
         answered(SYS_setsockopt)),
    past("NET68", "online-foreign-source", "With a gateway: sends from addresses that are not its own.", kNoRights,
         answered(SYS_setsockopt)),
    past("NET69", "online-old-tables", "With a gateway: replaces the tables of the older packet filter.", kNoRights,
         answered(SYS_setsockopt, 22, 2, 12)),
    past("NET70", "online-interface", "With a gateway: changes an interface.", kNoRights, answered(SYS_ioctl)),
    past("NET71", "online-doors", "With a gateway: listens where other programs look for the gateway.",
         "the doors are bound before the program starts", holds("bound 127.0.0.1:3128")),
};

}  // namespace

std::span<const Probe> net_online_probes() { return kOnline; }

}  // namespace belljar::suite
