// Dialler: the way out of the gateway for one sandbox: an allowed name is resolved once, every address of it is
// checked, and only then is one dialled. What the program itself resolved to is never used, so that no answer can be
// swapped between the check and the connection.
//
//   Addresses to = co_await dialler.resolve(asked, refusal);          // pinned from then on
//   std::unique_ptr<Wire> wire = co_await dialler.dial(asked, Tls..., refusal);
//   dialler.keep(key, std::move(wire));                               // for the next request to the same place
//
// Names come from the hosts file, then from the resolvers of the resolver file over UDP. The gateway's thread alone.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "boundary/gateway/attached.h"
#include "boundary/gateway/wire.h"
#include "codec/tls.h"

namespace belljar::boundary {

// How this host finds names, read once.
struct NameSources {
  std::map<std::string, std::vector<IpAddress>, std::less<>> hosts;
  std::vector<IpAddress> resolvers;

  static NameSources read(const std::string& hosts_file, const std::string& resolver_file);
};

// Shared by all sandboxes of a gateway; the roots are read when the first real server is to prove its name.
class Outside {
 public:
  explicit Outside(const GatewaySetup& setup);
  const NameSources& names() const { return names_; }
  Result<codec::TlsTrust*> trust();

 private:
  NameSources names_;
  std::string trust_file_;
  std::unique_ptr<codec::TlsTrust> trust_;
};

enum class Sealed { no, tls };

class Dialler {
 public:
  Dialler(Attached& attached, Watch& watch, Outside& outside) : attached_{attached}, watch_{watch}, outside_{outside} {}

  // The checked addresses, or nothing and why not.
  awaitable<std::vector<IpAddress>> resolve(const Asked& asked, std::optional<Refusal>& refusal);
  awaitable<std::unique_ptr<Wire>> dial(const Asked& asked, Sealed sealed, std::optional<Refusal>& refusal);

  std::unique_ptr<Wire> take_kept(const std::string& key);
  void keep(const std::string& key, std::unique_ptr<Wire> wire);
  void drop_kept() { kept_.clear(); }

 private:
  awaitable<std::vector<IpAddress>> look_up(const std::string& name);
  awaitable<std::vector<IpAddress>> ask(const IpAddress& resolver, const std::string& name, bool v6);
  awaitable<std::unique_ptr<Wire>> connect(const std::vector<IpAddress>& addresses, std::uint16_t port);

  struct Kept {
    std::string key;
    std::unique_ptr<Wire> wire;
  };
  Attached& attached_;
  Watch& watch_;
  Outside& outside_;
  std::map<std::string, std::vector<IpAddress>, std::less<>> pinned_;
  std::deque<Kept> kept_;
};

}  // namespace belljar::boundary
