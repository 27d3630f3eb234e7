// Redirection: the nftables rules of a sandbox with a gateway, as the netlink batch pid 1 sends, and what the kernel
// says of that network afterwards.
//
//   plan.redirection = writer.text(redirection_batch());
//   std::string differences = TRY(check_network(netfilter, route));   // later, from outside, as often as wanted
//
// In nft's words, in the sandbox's own network namespace:
//
//   table inet belljar {
//     chain track { type filter hook output priority -300; policy accept;
//       ip saddr 127.0.0.1 tcp sport 3129 accept
//       ip daddr & 255.0.0.0 == 127.0.0.0 notrack }
//     chain redirect { type nat hook output priority -100; policy accept;
//       meta l4proto tcp ip daddr & 255.0.0.0 != 127.0.0.0 limit rate over 500/second burst 500 packets drop
//       meta l4proto tcp ip daddr & 255.0.0.0 != 127.0.0.0 redirect to :3129 }
//     chain bound { type filter hook output priority 0; policy drop;
//       tcp dport 3129 ct status dnat accept
//       tcp dport 3129 reject with icmpx admin-prohibited
//       ip daddr & 255.0.0.0 == 127.0.0.0 accept
//       reject with icmpx admin-prohibited }
//   }
//
// So every TCP connection to whatever address ends at the gateway, which knows the address that was meant
// (SO_ORIGINAL_DST) and refuses what it does not know; everything else stays on the loopback or is refused. Entries of
// connection tracking are memory of the host that no cgroup counts: loopback traffic has none, and the rate bounds the
// others (500 a second for the 120 s they outlive their connection; a connection above it is tried again by TCP).
// Format: linux/netfilter/nf_tables.h. Pure, but for check_network(), which speaks through two descriptors; one thread.
#pragma once

#include <string>

#include "base/result.h"

namespace belljar::sandbox::native {

std::string redirection_batch();

// Reads rules, interfaces and routes back through netlink sockets of that namespace (Door::netfilter, Door::route).
// Empty: as they were made. Otherwise "rule 1 of chain bound is absent, expected ...; ...".
Result<std::string> check_network(int netfilter, int route);

}  // namespace belljar::sandbox::native
