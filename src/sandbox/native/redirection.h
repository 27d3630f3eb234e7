// Redirection: the nftables rules of a sandbox with a gateway, as the netlink batch pid 1 sends, and what the kernel
// says of that network afterwards.
//
//   plan.redirection = writer.text(redirection_batch());
//   std::string differences = TRY(check_network(netfilter, route));   // later, from outside, as often as wanted
//
// In nft's words, in the sandbox's own network namespace:
//
//   table inet belljar {
//     chain redirect { type nat hook output priority -100; policy accept;
//       meta nfproto ipv4 meta l4proto tcp ip daddr & 255.0.0.0 != 127.0.0.0 redirect to :3129 }
//     chain bound { type filter hook output priority 0; policy drop;
//       meta nfproto ipv4 ip daddr & 255.0.0.0 == 127.0.0.0 accept
//       reject with icmpx admin-prohibited }
//   }
//
// So every TCP connection to whatever address ends at the gateway, which knows the address that was meant
// (SO_ORIGINAL_DST) and refuses what it does not know; everything else stays on the loopback or is refused. Format:
// linux/netfilter/nf_tables.h. Pure, but for check_network(), which speaks through two descriptors; one thread.
#pragma once

#include <string>

#include "base/result.h"

namespace belljar::sandbox::native {

std::string redirection_batch();

// Reads rules, interfaces and routes back through netlink sockets of that namespace (Door::netfilter, Door::route).
// Empty: as they were made. Otherwise "rule 1 of chain bound is absent, expected ...; ...".
Result<std::string> check_network(int netfilter, int route);

}  // namespace belljar::sandbox::native
