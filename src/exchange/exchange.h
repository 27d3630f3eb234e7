// Exchange: the one place that every message passes, in both directions, through the same stages.
//
//   Exchange exchange{journal, standard_stages()};
//   TRY(exchange.connect("workload", "classifier", contract));
//   Decision decision = TRY(exchange.pass(message));        // recorded: attempted, then dispatched, refused or held
//   if (decision.act == Act::allow) send(message);
//   exchange.contain("classifier");                         // whatever it still says is held
//
// A Result's error means that the record could not be written, never that a message was refused. Messages between
// models without a link are refused. One thread at a time; the journal is borrowed and must outlive it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "content/schema.h"
#include "exchange/journal.h"
#include "exchange/stage.h"
#include "spec/contract.h"

namespace belljar::exchange {

// A directed connection with its contract, the schemas compiled.
struct Link {
  std::string from;
  std::string to;
  spec::Contract contract;
  content::Schema request_schema;
  content::Schema answer_schema;
};

// The error names the contract's file and the keyword it does not know.
Result<Link> make_link(std::string from, std::string to, spec::Contract contract);

// quarantine ▸ contract
std::vector<std::unique_ptr<Stage>> standard_stages();

class Exchange {
 public:
  Exchange(Journal& journal, std::vector<std::unique_ptr<Stage>> stages);

  void connect(Link link);
  const Link* link(const std::string& from, const std::string& to) const;

  // An answer travels its link backwards: from the model to where the request came from.
  Result<Decision> pass(const Message& message);

  void contain(const std::string& model) { contained_.insert(model); }
  bool contained(const std::string& model) const { return contained_.contains(model); }

 private:
  Decision decide(const Message& message) const;

  Journal& journal_;
  std::vector<std::unique_ptr<Stage>> stages_;
  std::map<std::pair<std::string, std::string>, Link> links_;
  std::set<std::string> contained_;
};

}  // namespace belljar::exchange
