// Attached: one sandbox as the gateway knows it: what it may, what it has used, which names it was given addresses for.
//
//   std::optional<Refusal> no = attached.ask(asked, permit);     // the policy, with this sandbox as subject
//   no = attached.count_request(permit);                        // budgets of the rule
//   attached.tell(*no, asked);                                  // one event
//
// Everything that decides is here, without a socket, so that every door decides alike. The gateway's thread alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "boundary/credentials.h"
#include "boundary/gateway.h"
#include "boundary/gateway/event_log.h"
#include "boundary/host.h"
#include "content/canary_set.h"
#include "content/screen.h"
#include "policy/policy.h"

namespace belljar::boundary {

// What a program wants, as far as is known by now.
struct Asked {
  std::string_view door;  // "http", "connect", "socks", "transparent", "dns"
  std::string host;       // normalised; of what is malformed: as sent, printable
  bool is_address = false;
  std::uint16_t port = 0;
  std::string scheme;  // empty: not known yet
  std::string method;
  std::string path;
  std::optional<std::uint64_t> bytes;  // of the body
};

struct Refusal {
  spec::NetworkKind kind = spec::NetworkKind::refused;
  std::string rule;
  std::string reason;
  std::string consequence;
  int status = 403;  // where HTTP is spoken
};

struct Permit {
  bool depends = false;
  std::string rule;
  const spec::Terms* terms = nullptr;  // lives as long as the policy
};

enum class Known { all, part };

class Attached {
 public:
  Attached(Attachment attachment, EventLog& events);

  std::optional<Refusal> ask(const Asked& asked, Known known, Permit& permit) const;
  // Whether this address may be dialled for that name: none of special use, unless the policy names the address itself.
  std::optional<Refusal> ask_address(const Asked& asked, const IpAddress& address) const;
  // Whether any rule lets the name be asked at all, for DNS.
  std::optional<Refusal> ask_name(const std::string& name) const;

  std::optional<Refusal> count_connection(const Permit& permit);
  std::optional<Refusal> count_request(const Permit& permit);
  std::optional<Refusal> count_up(const Permit& permit, std::uint64_t bytes);
  std::optional<Refusal> count_down(const Permit& permit, std::uint64_t bytes);
  std::optional<Refusal> count_query(const std::string& name);

  void tell(const Refusal& refusal, const Asked& asked);
  void tell_allowed(const Permit& permit, const Asked& asked, std::uint64_t up, std::uint64_t down);

  // The synthetic address of a name, given on the first question; nullopt: the table is full.
  std::optional<IpAddress> address_of(const std::string& name);
  const std::string* name_of(std::uint32_t synthetic) const;

  // From now on a request or connection each `interval`; the slower of several holds.
  void slow_down(std::chrono::nanoseconds interval);
  // How long the next one waits for its turn, which it takes.
  std::chrono::milliseconds take_turn();

  // Latency with its jitter, and whether this connection is one of those to be reset; drawn from the seed in order.
  std::chrono::milliseconds draw_latency(const spec::Terms& terms);
  bool draw_reset(const spec::Terms& terms);

  // Whether a decoy stands at that place; asked before the policy, for nobody has business there.
  std::optional<Refusal> ask_decoy(const Asked& asked) const;
  Refusal touched(std::string_view decoy) const;

  // A canary in pieces over what this sandbox has sent so far on `channel` ("dns", or a host): each piece by itself
  // shows nothing. Every text that goes out is told here once.
  std::optional<Refusal> follow(std::string_view channel, std::string_view text);

  // The filters that the permit's traffic passes.
  std::vector<const content::Screen*> screens(const Permit& permit) const;
  const Credential* credential(const Permit& permit) const;

  const Attachment& given() const { return given_; }
  const GatewayLimits& limits() const { return given_.limits; }
  const Service* service(const std::string& host, std::uint16_t port) const;

 private:
  struct Usage {
    std::uint64_t requests = 0;
    std::uint64_t connections = 0;
    std::uint64_t up = 0;
    std::uint64_t down = 0;
    std::int64_t second = 0;
    std::uint64_t in_second = 0;
    std::set<std::string, std::less<>> names;
  };
  double draw();

  Attachment given_;
  EventLog& events_;
  std::unordered_map<const spec::Terms*, Usage> usage_;
  std::map<std::string, std::uint32_t, std::less<>> addresses_;
  std::vector<std::string> names_;  // by synthetic address, from the first
  std::set<std::string, std::less<>> asked_names_;
  content::CanaryTrail trail_;
  Scrubber scrubber_;  // for what is told of answers
  std::uint64_t queries_ = 0;
  std::uint64_t label_bytes_ = 0;
  std::uint64_t draws_ = 0;
  std::int64_t interval_ns_ = 0;  // 0: nobody slowed it down
  std::int64_t free_ns_ = 0;
};

// What a filter found, as the gateway refuses it: its consequence is the finding's treatment.
Refusal refusal_of(const content::Finding& finding);

// What was understood of nothing: for requests that no name could be read from.
Refusal malformed(std::string_view rule, const Error& error);

}  // namespace belljar::boundary
