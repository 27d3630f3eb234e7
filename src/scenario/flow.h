// Flow: the composition of a scenario as a pure function of what was answered: which requests follow, and what the
// answer of the case is in the end.
//
//   Flow flow{scenario, links};
//   std::vector<Step> steps = flow.begin(progress, item);             // the links from workload
//   steps = flow.after(progress, link, request, answer);              // the links that an answer takes
//   if (nothing is under way) steps = flow.settle(progress);          // the judge's question, the next round of a
//   debate if (steps.empty()) Joined joined = flow.join(progress);           // the case's answer
//
// A step whose map leads nowhere is a Step with an error: the answer did not hold what the link needs. Safe from any
// thread; a Progress belongs to one case.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "exchange/exchange.h"
#include "scenario/cases.h"
#include "spec/measurements.h"
#include "spec/scenario.h"

namespace belljar::scenario {

struct Step {
  std::size_t link = 0;  // among the links the flow was made with
  codec::Json body;      // without "id"
  std::string error;     // not empty: no request could be made; the sender's answer is to blame
};

// One case under way.
struct Progress {
  const Case* item = nullptr;
  std::vector<std::uint64_t> taken;            // by link
  std::map<std::string, codec::Json> answers;  // the last of each model, without its id
  std::optional<codec::Json> last;             // the last answer that took no link
  std::string last_model;
  std::optional<spec::CaseEnd> failed;  // how the last failure ended, and why
  std::string why;
  std::uint64_t debated = 0;
  bool judged = false;
};

struct Joined {
  spec::CaseEnd end = spec::CaseEnd::model_error;
  std::string answered;  // comparable()
  std::string detail;    // for the error kinds
  std::map<std::string, std::string> votes;
};

class Flow {
 public:
  Flow(const spec::Scenario& scenario, std::vector<const exchange::Link*> links);

  std::vector<Step> begin(Progress& progress, const Case& item) const;
  std::vector<Step> begin_at(Progress& progress, const Case& item, std::size_t link) const;  // by one link alone
  std::vector<Step> after(Progress& progress, std::size_t link, const codec::Json& request,
                          const codec::Json& answer) const;
  void failed(Progress& progress, spec::CaseEnd end, std::string why) const;
  std::vector<Step> settle(Progress& progress) const;
  Joined join(const Progress& progress) const;

  const std::vector<const exchange::Link*>& links() const { return links_; }
  // Links that lie on a cycle: where gain is measured.
  const std::vector<bool>& cyclic() const { return cyclic_; }

 private:
  bool may_take(const Progress& progress, std::size_t link) const;
  Step take(Progress& progress, std::size_t link, const codec::Json* request, const codec::Json* answer) const;
  std::vector<Step> debate(Progress& progress) const;
  Joined vote(const Progress& progress) const;
  bool among(const std::string& model) const;

  const spec::Scenario& scenario_;
  std::vector<const exchange::Link*> links_;
  std::vector<bool> cyclic_;
};

// The members of an object less "id".
codec::Json without_id(const codec::Json& body);

}  // namespace belljar::scenario
