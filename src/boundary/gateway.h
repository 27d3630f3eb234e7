// Gateway: the one place that every network request of a sandbox passes.
//
//   auto gateway = TRY(Gateway::start({}));
//   plan.trust = gateway->authority_pem();                       // what the sandbox is to trust, if the policy
//   intercepts TRY(gateway->attach({.name = "agent", .doors = std::move(doors), .policy = policy, .services =
//   services})); poll(gateway->poll_fd()); for (spec::NetworkEvent& event : gateway->take_events()) ...
//   gateway->detach("agent");
//
// Doors are listening sockets that belong to the sandbox's own network namespace; whoever connects inside is accepted
// here. Each may be absent. `http` speaks HTTP/1.1 as a proxy (absolute form and CONNECT), `socks` SOCKS5 with names,
// `transparent` takes what nftables redirects from the synthetic addresses that `dns` answers with. All of them end in
// the same four steps: which name was asked for, what does the policy say, is there a service for it, else resolve,
// check and dial it. Default deny; what cannot be understood in one way alone is refused.
//
// A refusal is seen by the program (status 403 with the reason, a SOCKS reply, a TLS alert, a reset, REFUSED) and is
// one event. Memory is bounded whatever comes: connections, heads, bodies in flight, names and events have their
// limits.
//
// One thread of its own does everything, also the calls to services; it never calls its owner. The methods here are
// safe from any one thread, the owner's. Errors: attach() names what is missing (Errc::invalid_argument).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "boundary/service.h"
#include "os/fd.h"
#include "spec/filters.h"
#include "spec/network_event.h"

namespace belljar::policy {
class Policy;
}
namespace belljar::content {
class Screen;
}

namespace belljar::boundary {

struct Doors {
  os::Fd http;         // TCP, listening
  os::Fd socks;        // TCP, listening
  os::Fd transparent;  // TCP, listening: SO_ORIGINAL_DST tells the synthetic address
  os::Fd dns;          // UDP, bound
};

// A secret that stays outside: the program holds placeholder_of(name), the gateway puts the secret in for the rule that
// names it, and takes it out of every answer.
struct Credential {
  std::string name;
  std::string secret;
};
std::string placeholder_of(std::string_view credential);  // "belljar-credential-NAME"

// What one sandbox may use, whatever its policy grants.
struct GatewayLimits {
  std::uint32_t connections_max = 256;  // past it the one that has waited longest without a request makes room
  std::uint32_t names_max = 1024;       // distinct names with a synthetic address
  std::uint32_t dns_queries_max = 10'000;
  std::uint32_t dns_label_bytes_max = 16'384;       // of all distinct names asked, together: what a tunnel would carry
  std::uint64_t body_bytes_max = 16ULL << 20;       // of a request to a service, which gets it whole
  std::chrono::milliseconds head_deadline{10'000};  // a whole head or handshake
  std::chrono::milliseconds progress_deadline{30'000};  // the next byte of a body or of an answer
  std::chrono::milliseconds idle_deadline{60'000};      // between requests, and in a tunnel
  std::chrono::milliseconds service_deadline{600'000};  // a service's next word: a model may think long
};

struct Attachment {
  std::string name;  // the subject the policy is asked about
  Doors doors;
  std::shared_ptr<const policy::Policy> policy;
  std::shared_ptr<const Services> services;       // null: none
  std::shared_ptr<const content::Screen> screen;  // what everything passes; null: nothing
  // What the permits whose terms name them pass besides.
  std::map<std::string, std::shared_ptr<const content::Screen>, std::less<>> filters;
  std::vector<Credential> credentials;
  spec::Treatment decoys = spec::Treatment::contain;  // what follows when one is touched: as for canaries
  GatewayLimits limits;
  std::uint64_t seed = 0;  // of jitter and resets
};

struct GatewaySetup {
  // Where names are looked up; stand-ins in tests.
  std::string hosts_file = "/etc/hosts";
  std::string resolver_file = "/etc/resolv.conf";
  std::string trust_file = "/etc/ssl/certs/ca-certificates.crt";  // who may vouch for a real server
};

class Gateway {
 public:
  static Result<std::unique_ptr<Gateway>> start(const GatewaySetup& setup);
  ~Gateway();  // ends every connection
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // The certificate of the authority made for this gateway, whose key never leaves it.
  std::string authority_pem() const;

  Result<void> attach(Attachment attachment);
  // Ends its connections; when this returns nothing more of it is accepted or sent.
  void detach(std::string_view name);
  // Its owner's own way in, non-blocking, that nobody else can use: as if a program of `name` had a TLS connection to
  // that host (a name in lower case, or an address) which ends at the gateway. What is written is HTTP/1.1 for that
  // host, in origin form; the real server is asked over TLS. Errc::not_found: nothing of that name is attached.
  Result<os::Fd> connect(std::string_view name, const std::string& host, std::uint16_t port);
  // From now on one request or connection of it each `interval`: for a rule that it broke elsewhere. A rule that it
  // breaks here slows it down here.
  void throttle(std::string_view name, std::chrono::nanoseconds interval);

  std::vector<spec::NetworkEvent> take_events();
  int poll_fd() const;  // readable while there are events

 private:
  class Engine;
  explicit Gateway(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace belljar::boundary
