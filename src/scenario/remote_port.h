// The port of a model that is hosted elsewhere: chat or embeddings of an OpenAI-compatible server, asked by the host
// through a gateway of its own, so that its name is resolved, pinned and checked, its certificate proven and its answer
// read as any sandbox's would be. The key is put in behind the gateway and taken out of whatever comes back; it is in
// no sandbox, message, manifest or log. docs/openai_models.md tells it to people.
//
//   RemotePlace place = TRY(remote_place(model));                       // https://api.example.com/v1, understood
//   auto port = TRY(make_remote_port(std::move(parts), {.policy = policy}));
//
// Where the scenario has a policy it must let the model connect there, and an address of special use (private,
// loopback, link-local, metadata) is dialled only where one of its permits names that address. Without a policy the
// URL's own host may be asked, and no address of special use. Redirects are not followed. Errors of making one are the
// person's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "boundary/gateway.h"
#include "policy/policy.h"
#include "scenario/port.h"

namespace belljar::scenario {

struct RemotePlace {
  std::string host;    // a name or an address, normalised
  std::string in_url;  // the same, IPv6 in brackets
  bool is_address = false;
  std::uint16_t port = 443;
  std::string base;  // "/v1"; empty: the root
};

// Errc::invalid_argument: no https URL of that shape.
Result<RemotePlace> remote_place(const spec::ModelSpec& model);

struct RemoteSetup {
  std::optional<policy::Policy> policy;  // of the scenario
  boundary::GatewaySetup gateway;        // where names are looked up; the model's `ca` replaces who may vouch
};

Result<std::unique_ptr<Port>> make_remote_port(PortParts parts, const RemoteSetup& setup);

}  // namespace belljar::scenario
