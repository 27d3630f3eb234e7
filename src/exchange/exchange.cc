#include "exchange/exchange.h"

#include <array>
#include <optional>

#include "exchange/budget_stage.h"
#include "exchange/contract_stage.h"
#include "exchange/filter_stage.h"
#include "exchange/quarantine_stage.h"
#include "exchange/tool_stage.h"

namespace belljar::exchange {

namespace {

// What became of an attempted message; attempted, dispatched and stopped are told apart in the record.
std::string_view state_after(const Decision& decision) {
  switch (decision.act) {
    case Act::allow:
    case Act::alter:
      return "dispatched";
    case Act::hold:
      return "held";
    case Act::refuse:
      return "refused";
    case Act::contain:
      return "contained";
    case Act::fault:
      return "faulted";
  }
  return "refused";
}

void add_text(std::string& entry, std::string_view name, std::string_view value) {
  entry.append(",\"").append(name).append("\":");
  codec::append_json_text(entry, value);
}

void add_number(std::string& entry, std::string_view name, std::int64_t value) {
  entry.append(",\"").append(name).append("\":").append(std::to_string(value));
}

std::string begin_entry(const Message& message, std::string_view state) {
  std::string entry;
  entry.reserve(640 + message.text.size() + message.text.size() / 4);
  entry.append("{\"kind\":\"").append(direction_name(message.direction)).append("\",\"state\":\"").append(state);
  entry.append("\",\"seq\":").append(std::to_string(message.seq));
  return entry;
}

codec::Json findings_json(const std::vector<content::Finding>& findings) {
  constexpr std::size_t kTold = 32;  // of one message
  codec::Json::Array out;
  for (const content::Finding& finding : findings) {
    if (out.size() == kTold) break;
    out.emplace_back(codec::Json::Object{{"kind", finding.kind},
                                         {"rule", finding.rule},
                                         {"then", spec::treatment_name(finding.treatment)},
                                         {"begin", finding.begin},
                                         {"end", finding.end},
                                         {"shown", finding.shown}});
  }
  return out;
}

}  // namespace

std::string_view direction_name(Direction direction) {
  constexpr std::array<std::string_view, 3> kNames{"request", "answer", "failure"};
  return kNames[static_cast<std::size_t>(direction)];
}

std::string_view act_name(Act act) {
  constexpr std::array<std::string_view, 6> kNames{"allow", "alter", "hold", "refuse", "contain", "fault"};
  return kNames[static_cast<std::size_t>(act)];
}

Result<Link> make_link(const spec::LinkSpec& shape, spec::Contract contract) {
  auto request = content::compile_schema(contract.request_schema);
  if (!request) return spec::schema_error(contract, "request", request.error());
  auto answer = content::compile_schema(contract.answer_schema);
  if (!answer) return spec::schema_error(contract, "answer", answer.error());
  auto error = content::compile_schema(contract.error_schema);
  if (!error) return spec::schema_error(contract, "error", error.error());
  return Link{shape.from,
              shape.to,
              std::move(contract),
              std::move(request).value(),
              std::move(answer).value(),
              std::move(error).value(),
              shape};
}

Result<Link> make_link(std::string from, std::string to, spec::Contract contract) {
  spec::LinkSpec shape;
  shape.from = std::move(from);
  shape.to = std::move(to);
  return make_link(shape, std::move(contract));
}

std::vector<std::unique_ptr<Stage>> standard_stages(StageParts parts) {
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(std::make_unique<QuarantineStage>());
  stages.push_back(std::make_unique<ContractStage>());
  stages.push_back(std::make_unique<ToolStage>(parts.decoys));
  if (parts.policy)
    stages.push_back(std::make_unique<PolicyStage>(*std::move(parts.policy), std::move(parts.arguments)));
  if (parts.screen != nullptr) stages.push_back(std::make_unique<FilterStage>(std::move(parts.screen)));
  stages.push_back(std::make_unique<BudgetStage>());
  stages.push_back(std::make_unique<FaultStage>());
  return stages;
}

Exchange::Exchange(Journal& journal, std::vector<std::unique_ptr<Stage>> stages)
    : journal_{journal}, stages_{std::move(stages)} {}

void Exchange::connect(Link link) {
  ways_.push_back(std::make_unique<Way>());
  Way& made = *ways_.back();
  made.link = std::move(link);
  by_ends_.emplace(Ends{made.link.from, made.link.to}, &made);
}

Exchange::Way* Exchange::way(std::string_view from, std::string_view to) {
  const auto found = by_ends_.find({from, to});
  return found == by_ends_.end() ? nullptr : found->second;
}

const Link* Exchange::link(std::string_view from, std::string_view to) const {
  const auto found = by_ends_.find({from, to});
  return found == by_ends_.end() ? nullptr : &found->second->link;
}

std::vector<const Link*> Exchange::links() const {
  std::vector<const Link*> links;
  for (const auto& way : ways_) links.push_back(&way->link);
  return links;
}

// Who pays for a message: the run, its root cause, its link and the model that is asked or answers.
struct Exchange::Parties {
  const std::string& model;
  std::array<Spent*, 4> spent;
  std::array<Account, 4> accounts;
};

Exchange::Parties Exchange::parties(const Message& message, Way& way) {
  static const spec::Budget kUnbounded;
  const std::string& model = message.direction == Direction::request ? message.to : message.from;
  const auto budget = rules_.budgets.models.find(model);
  const spec::Budget& of_model = budget == rules_.budgets.models.end() ? kUnbounded : budget->second;
  auto kept = models_.find(model);
  if (kept == models_.end()) kept = models_.emplace(model, Spent{}).first;
  Spent& root = roots_[message.root];
  return {model,
          {&run_, &root, &way.spent, &kept->second},
          {{{"run", &rules_.budgets.run, &run_},
            {"case", &rules_.budgets.root, &root},
            {"link", &way.link.shape.budget, &way.spent},
            {"model", &of_model, &kept->second}}}};
}

void Exchange::charge(const Message& message, const Parties& parties) {
  for (Spent* spent : parties.spent) {
    ++spent->messages;
    spent->tokens += message.tokens;
    spent->bytes += message.text.size();
    spent->cost += message.cost;
  }
}

Decision Exchange::decide(const Message& message, Way& way, const Parties& parties) {
  std::optional<FaultHit> fault;
  if (!rules_.faults.empty()) fault = rules_.faults.strike(message);
  const std::vector<content::Finding> pieces = follow(message);
  const Context context{way.link,
                        contained(message.from) || contained(message.to),
                        parties.accounts.data(),
                        parties.accounts.size(),
                        fault ? &*fault : nullptr,
                        &pieces,
                        &calls_,
                        drifted_.contains(way.link.to)};
  std::optional<Message> altered;
  Decision last;
  for (const auto& stage : stages_) {
    Decision decision = stage->admit(altered ? *altered : message, context);
    decision.found_in_altered = last.found_in_altered || (altered && !decision.findings.empty());
    decision.findings.insert(decision.findings.begin(), last.findings.begin(), last.findings.end());
    if (decision.permit.empty()) decision.permit = std::move(last.permit);
    if (decision.act == Act::allow) {
      last.findings = std::move(decision.findings);
      last.found_in_altered = decision.found_in_altered;
      last.permit = std::move(decision.permit);
      continue;
    }
    if (decision.act != Act::alter) return decision;
    if (!last.reason.empty()) decision.reason = last.rule + ": " + last.reason + "; " + decision.reason;
    if (!altered) altered = message;
    altered->body = decision.altered;
    altered->text = codec::to_json(decision.altered);
    last = std::move(decision);
  }
  return last;
}

// Each text of the message by whom it goes to and where it stands there, so that pieces sent in one member come
// together; an answer that becomes a question to another model is seen twice.
std::vector<content::Finding> Exchange::follow(const Message& message) {
  std::vector<content::Finding> findings;
  if (rules_.screen == nullptr || message.from == "workload") return findings;
  content::CanaryTrail& trail = trails_[message.from];
  const auto walk = [&](const auto& self, const codec::Json& value, const std::string& place) -> void {
    if (value.is_object()) {
      for (const auto& [name, member] : value.as_object()) self(self, member, place + "/" + name.substr(0, 64));
    } else if (value.is_array()) {
      for (const codec::Json& item : value.as_array()) self(self, item, place);
    } else if (value.is_string()) {
      for (content::Finding& found : rules_.screen->follow(trail, place, value.as_string())) {
        findings.push_back(std::move(found));
      }
    }
  };
  walk(walk, message.body, message.to);
  return findings;
}

Result<void> Exchange::record_attempt(const Message& message) {
  std::string entry = begin_entry(message, "attempted");
  if (rules_.logical) add_number(entry, "t_ns", message.t_ns);
  entry.append(",\"trace\":\"");
  append_hex(entry, message.cause.trace);
  entry.append("\",\"span\":\"");
  append_hex(entry, message.cause.span);
  if (message.cause.parent != 0) {
    entry.append("\",\"parent\":\"");
    append_hex(entry, message.cause.parent);
  }
  entry.append("\"");
  add_text(entry, "case", message.case_id);
  add_text(entry, "id", message.id);
  add_text(entry, "from", message.from);
  add_text(entry, "to", message.to);
  add_number(entry, "tokens", static_cast<std::int64_t>(message.tokens));
  if (message.said != 0) add_number(entry, "said", static_cast<std::int64_t>(message.said));
  return journal_.add_text(std::move(entry), message.text);
}

Result<void> Exchange::record_outcome(const Message& message, const Decision& decision) {
  std::string entry = begin_entry(message, state_after(decision));
  if (!decision.rule.empty()) add_text(entry, "rule", decision.rule);
  if (!decision.reason.empty()) add_text(entry, "reason", decision.reason);
  if (!decision.findings.empty()) {
    entry.append(",\"findings\":").append(codec::to_json(findings_json(decision.findings)));
    if (decision.found_in_altered) entry.append(R"(,"found_in":"altered")");
  }
  if (decision.act != Act::alter) return journal_.add_text(std::move(entry));
  return journal_.add_text(std::move(entry), codec::to_json(decision.altered));
}

// What later messages are decided by.
void Exchange::count(const Message& message, const Decision& decision) {
  if (decision.rule == kDriftRule && message.direction == Direction::answer) drifted_.insert(message.from);
  const bool passes = decision.act == Act::allow || decision.act == Act::alter || decision.act == Act::fault;
  if (passes && !decision.permit.empty()) calls_.note(message.from, decision.permit, message.text.size(), message.t_ns);
}

Result<Decision> Exchange::pass(Message& message) {
  message.seq = next_seq_++;
  TRY(record_attempt(message));
  const bool is_request = message.direction == Direction::request;
  Way* along = is_request ? way(message.from, message.to) : way(message.to, message.from);
  Decision decision;
  if (along == nullptr) {
    decision = {Act::refuse, "link", "no link from " + message.from + " to " + message.to, {}, {}};
  } else {
    const Parties paying = parties(message, *along);
    decision = decide(message, *along, paying);
    // What was asked and refused cost nothing; what a model said was said.
    if (!is_request || decision.act == Act::allow || decision.act == Act::alter || decision.act == Act::fault) {
      charge(message, paying);
    }
    count(message, decision);
  }
  TRY(record_outcome(message, decision));
  return decision;
}

}  // namespace belljar::exchange
