// Exchange: the one place that every message passes, in both directions, through the same stages.
//
//   Exchange exchange{journal, standard_stages()};
//   exchange.connect(make_link(spec, contract).value());
//   exchange.set_rules({scenario.budgets, FaultBook{scenario.faults, seed}, logical});
//   Decision decision = TRY(exchange.pass(message));        // recorded: attempted, then dispatched, refused, held ...
//   if (decision.act == Act::allow) send(message);
//   exchange.contain("classifier");                         // whatever it still says is held
//
// quarantine ▸ contract ▸ tools ▸ policy ▸ filters ▸ budget ▸ fault and delay: one list, the same both ways. A message
// that a fault has changed is passed on by the driver as the fault says. A Result's error means that the record could
// not be written, never that a message was refused. Messages between models without a link are refused. Memory grows
// with links, models and the root causes under way. One thread at a time; the journal is borrowed and must outlive it.
//
// Format of a message's entries (docs/formats/messages.md):
//   {"kind":"request|answer|failure","state":"attempted","seq":N,"t_ns":L,"trace":..,"span":..,"parent":..,"case":..,
//    "id":..,"from":..,"to":..,"tokens":N,"digest":..,"body":..,"at_ns":W}
//   {"kind":..,"state":"dispatched|held|refused|contained|faulted","seq":N,"rule":..,"reason":..,"findings":[
//    {"kind":..,"rule":..,"then":..,"begin":N,"end":N,"shown":..}],"at_ns":W}
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "content/canary_set.h"
#include "content/pinned_tools.h"
#include "content/schema.h"
#include "exchange/call_counts.h"
#include "exchange/faults.h"
#include "exchange/journal.h"
#include "exchange/policy_stage.h"
#include "exchange/stage.h"
#include "policy/policy.h"
#include "spec/contract.h"
#include "spec/scenario.h"

namespace belljar::exchange {

// A directed connection with its contract, the schemas compiled.
struct Link {
  std::string from;
  std::string to;
  spec::Contract contract;
  content::Schema request_schema;
  content::Schema answer_schema;
  content::Schema error_schema;
  spec::LinkSpec shape;
  std::shared_ptr<const content::PinnedTools> tools = nullptr;  // of a tool server; shared by the links to it
};

// The error names the contract's file and the keyword it does not know.
Result<Link> make_link(const spec::LinkSpec& shape, spec::Contract contract);
Result<Link> make_link(std::string from, std::string to, spec::Contract contract);

struct StageParts {
  std::optional<policy::Policy> policy = {};
  ArgumentSchemas arguments = {};  // that the policy's permits name
  std::shared_ptr<const content::Screen> screen = nullptr;
  spec::Treatment decoys = spec::Treatment::contain;  // what follows on a call of a decoy tool
};

// quarantine ▸ contract ▸ tools ▸ policy ▸ filters ▸ budget ▸ fault; the place of what is not given is empty.
std::vector<std::unique_ptr<Stage>> standard_stages(StageParts parts = {});

struct Rules {
  spec::Budgets budgets;
  FaultBook faults;
  bool logical = false;                                // entries carry t_ns
  std::shared_ptr<const content::Screen> screen = {};  // follows canaries in pieces; the one of the stage
};

class Exchange {
 public:
  Exchange(Journal& journal, std::vector<std::unique_ptr<Stage>> stages);

  void connect(Link link);
  void set_rules(Rules rules) { rules_ = std::move(rules); }
  const Link* link(std::string_view from, std::string_view to) const;
  std::vector<const Link*> links() const;  // in the order of connect(); valid as long as the exchange

  // An answer travels its link backwards: from the model to where the request came from. Gives the message its seq.
  Result<Decision> pass(Message& message);
  // The root cause has ended: nothing more is counted on its account.
  void end_root(std::uint64_t root) { roots_.erase(root); }

  void contain(const std::string& model) { contained_.insert(model); }
  bool contained(const std::string& model) const { return contained_.contains(model); }

  const Spent& spent() const { return run_; }
  const FaultBook& faults() const { return rules_.faults; }
  std::uint64_t attempts() const { return next_seq_ - 1; }

 private:
  struct Way {
    Link link;
    Spent spent;
  };
  using Ends = std::pair<std::string_view, std::string_view>;
  struct Parties;

  Way* way(std::string_view from, std::string_view to);
  Decision decide(const Message& message, Way& way, const Parties& parties);
  void charge(const Message& message, const Parties& parties);
  std::vector<content::Finding> follow(const Message& message);
  Parties parties(const Message& message, Way& way);
  void count(const Message& message, const Decision& decision);
  Result<void> record_attempt(const Message& message);
  Result<void> record_outcome(const Message& message, const Decision& decision);

  Journal& journal_;
  std::vector<std::unique_ptr<Stage>> stages_;
  Rules rules_;
  std::vector<std::unique_ptr<Way>> ways_;
  std::map<Ends, Way*> by_ends_;  // the keys point into the ways
  std::map<std::string, Spent, std::less<>> models_;
  std::unordered_map<std::uint64_t, Spent> roots_;
  std::map<std::string, content::CanaryTrail, std::less<>> trails_;  // by sender
  CallCounts calls_;
  std::set<std::string, std::less<>> drifted_;  // tool servers
  Spent run_;
  std::uint64_t next_seq_ = 1;
  std::set<std::string, std::less<>> contained_;
};

}  // namespace belljar::exchange
