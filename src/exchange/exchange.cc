#include "exchange/exchange.h"

#include <optional>

#include "exchange/contract_stage.h"
#include "exchange/quarantine_stage.h"

namespace belljar::exchange {

namespace {

std::string_view direction_name(Direction direction) {
  switch (direction) {
    case Direction::request:
      return "request";
    case Direction::answer:
      return "answer";
    case Direction::failure:
      return "failure";
  }
  return "answer";
}

// What became of an attempted message; attempted, dispatched and stopped are told apart in the record.
std::string_view state_after(Act act) {
  switch (act) {
    case Act::allow:
    case Act::alter:
      return "dispatched";
    case Act::hold:
      return "held";
    case Act::refuse:
      return "refused";
    case Act::contain:
      return "contained";
  }
  return "refused";
}

}  // namespace

std::string_view act_name(Act act) {
  switch (act) {
    case Act::allow:
      return "allow";
    case Act::alter:
      return "alter";
    case Act::hold:
      return "hold";
    case Act::refuse:
      return "refuse";
    case Act::contain:
      return "contain";
  }
  return "refuse";
}

Result<Link> make_link(std::string from, std::string to, spec::Contract contract) {
  auto request = content::compile_schema(contract.request_schema);
  if (!request) return spec::schema_error(contract, "request", request.error());
  auto answer = content::compile_schema(contract.answer_schema);
  if (!answer) return spec::schema_error(contract, "answer", answer.error());
  return Link{std::move(from), std::move(to), std::move(contract), std::move(request).value(),
              std::move(answer).value()};
}

std::vector<std::unique_ptr<Stage>> standard_stages() {
  std::vector<std::unique_ptr<Stage>> stages;
  stages.push_back(std::make_unique<QuarantineStage>());
  stages.push_back(std::make_unique<ContractStage>());
  return stages;
}

Exchange::Exchange(Journal& journal, std::vector<std::unique_ptr<Stage>> stages)
    : journal_{journal}, stages_{std::move(stages)} {}

void Exchange::connect(Link link) {
  std::pair<std::string, std::string> ends{link.from, link.to};
  links_.insert_or_assign(std::move(ends), std::move(link));
}

const Link* Exchange::link(const std::string& from, const std::string& to) const {
  const auto found = links_.find({from, to});
  return found == links_.end() ? nullptr : &found->second;
}

Decision Exchange::decide(const Message& message) const {
  const bool is_request = message.direction == Direction::request;
  const Link* along = is_request ? link(message.from, message.to) : link(message.to, message.from);
  if (along == nullptr) return {Act::refuse, "link", "no link from " + message.from + " to " + message.to, {}};
  const Context context{*along, contained(message.from) || contained(message.to)};
  std::optional<Message> altered;
  Decision last;
  for (const auto& stage : stages_) {
    Decision decision = stage->admit(altered ? *altered : message, context);
    if (decision.act == Act::allow) continue;
    if (decision.act != Act::alter) return decision;
    if (!altered) altered = message;
    altered->body = decision.altered;
    altered->text = codec::to_json(decision.altered);
    last = std::move(decision);
  }
  return last;
}

Result<Decision> Exchange::pass(const Message& message) {
  const std::string_view kind = direction_name(message.direction);
  TRY(journal_.add_with_body({{"kind", kind},
                              {"state", "attempted"},
                              {"case", message.case_id},
                              {"id", message.id},
                              {"from", message.from},
                              {"to", message.to}},
                             message.text));
  Decision decision = decide(message);
  codec::Json::Object entry{{"kind", kind}, {"state", state_after(decision.act)}, {"id", message.id}};
  if (!decision.rule.empty()) entry.emplace_back("rule", decision.rule);
  if (!decision.reason.empty()) entry.emplace_back("reason", decision.reason);
  if (decision.act == Act::alter) {
    TRY(journal_.add_with_body(std::move(entry), codec::to_json(decision.altered)));
  } else {
    TRY(journal_.add(std::move(entry)));
  }
  return decision;
}

}  // namespace belljar::exchange
