// RunGateway: what the sandboxes of one run, or of one `belljar exec`, have of a network: one gateway, the policy it
// asks and the stand-ins behind it.
//
//   auto network = TRY(RunGateway::open({.policy = policy, .services = {"services.yaml"}}));
//   network->equip("assistant", spec, command);        // before the sandbox is made; some subjects get none
//   TRY(network->attach("assistant", *sandbox));       // before it starts
//   poll(network->poll_fd()) ...
//   for (const spec::NetworkEvent& event : network->take_events("assistant")) ...
//   network->detach("assistant");                      // before the sandbox is destroyed: the last events are there
//   then
//
// A subject gets a gateway when the policy has a permit to connect or to call that may be its; another has no network
// at all, and neither has a deterministic sandbox, for what comes from a network comes by the host's clock. One thread,
// the owner's; the gateway has its own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/entropy.h"
#include "base/result.h"
#include "boundary/gateway.h"
#include "boundary/service_notes.h"
#include "content/canary.h"
#include "policy/policy.h"
#include "sandbox/engine.h"
#include "scenario/credentials.h"
#include "scenario/model_calls.h"
#include "scenario/tool_calls.h"
#include "spec/filters.h"
#include "spec/network_event.h"

namespace belljar::scenario {

struct RunGatewaySpec {
  policy::Policy policy;
  std::vector<std::string> services;              // service files; paths in them are relative to theirs
  std::string canary_key = {};                    // of the run; services that hold canaries are not made without
  std::vector<content::Canary> canaries = {};     // all of the run: what a permit's filters must not take for secrets
  std::shared_ptr<const content::Screen> screen;  // null: bodies are not filtered
  spec::Treatment decoys = spec::Treatment::contain;
  std::vector<Secret> secrets = {};  // of the credentials that permits name
  std::uint64_t seed = 0;
  std::map<std::string, std::vector<std::string>> callees = {};  // who asks whom, at http://models.belljar/v1
  std::map<std::string, std::vector<std::string>> tools = {};    // who asks which tool server, at http://tools.belljar
  std::shared_ptr<LiveCalls> desk = nullptr;                     // where those calls go; null where nobody calls
};

// For whoever has no scenario: draws the key of the canaries that the service files name, where they name any, and
// makes the screen that finds them and what `filters` asks for. Decoys are treated as canaries are.
Result<void> plant_canaries(RunGatewaySpec& spec, const spec::FilterSpec& filters, Entropy& entropy);

// What the rule that a request broke asks to follow beyond the refusal: throttle, pause, reset.
struct NetworkDemand {
  std::string rule;  // its id
  std::string what;  // the request, for people
  spec::Consequence consequence = spec::Consequence::record;
  spec::Measure measure;
};

bool may_have_gateway(const policy::Policy& policy, std::string_view subject);

class RunGateway {
 public:
  static Result<std::unique_ptr<RunGateway>> open(RunGatewaySpec spec);

  // For a subject that may have one, and a sandbox that is not deterministic: the network part of the spec, and the
  // variables that tell programs of it, but for those that are set already.
  void equip(std::string_view subject, spec::SandboxSpec& spec, spec::Command& command) const;

  // For a sandbox whose spec has a gateway.
  Result<void> attach(const std::string& subject, sandbox::Sandbox& sandbox);
  void detach(const std::string& subject);
  // For a subject that was attached; see Gateway::throttle().
  void throttle(const std::string& subject, std::chrono::nanoseconds interval) {
    gateway_->throttle(subject, interval);
  }

  int poll_fd() const { return gateway_->poll_fd(); }
  std::vector<spec::NetworkEvent> take_events(const std::string& subject);
  // What is to be contained is a violation (violation_of).
  std::optional<NetworkDemand> demand_of(const spec::NetworkEvent& event) const;
  // What services kept: mail, statements, objects.
  std::vector<boundary::ServiceNote> take_notes() { return notes_->take(); }

 private:
  RunGateway(RunGatewaySpec spec, std::unique_ptr<boundary::Gateway> gateway);
  bool may_use(std::string_view subject, const Secret& secret) const;

  std::shared_ptr<const policy::Policy> policy_;
  std::shared_ptr<boundary::Services> services_;
  std::shared_ptr<boundary::ServiceNotes> notes_;
  std::shared_ptr<const content::Screen> screen_;
  std::map<std::string, std::shared_ptr<const content::Screen>, std::less<>> filters_;  // as the policy names them
  spec::Treatment decoys_;
  std::vector<Secret> secrets_;
  std::uint64_t seed_;
  std::map<std::string, std::vector<std::string>> callees_;
  std::unique_ptr<boundary::Gateway> gateway_;
  std::map<std::string, std::vector<spec::NetworkEvent>, std::less<>> waiting_;  // by sandbox
};

// A refusal as the sandbox's record has it: layer "gateway". The answer is "contained" where the policy asks for the
// end of whoever tried, else "refused".
spec::Violation violation_of(const spec::NetworkEvent& event);

}  // namespace belljar::scenario
