// Answers for Belljar's policies in cedar_peer.mjs: reads lines {"policy": P, "requests": [{"subject", "action",
// "resource", "context"}...]} and writes one line for each: {"cedar": the policy in Cedar, "answers": [{"answer",
// "failed", "rule"}...]}, or {"refused": "why"}.
#include <iostream>
#include <string>
#include <vector>

#include "codec/json.h"
#include "policy/cedar.h"
#include "policy/request_text.h"

namespace {

using namespace belljar;  // NOLINT(google-build-using-namespace): one small program
using codec::Json;

policy::Asked asked_of(const Json& request) {
  policy::Asked asked;
  asked.subject = request.find("subject")->as_string();
  asked.resource = request.find("resource")->as_string();
  for (std::size_t at = 0; at < spec::kActions; ++at) {
    const auto action = static_cast<spec::Action>(at);
    if (spec::action_name(action) == request.find("action")->as_string()) asked.action = action;
  }
  for (const auto& [name, value] : request.find("context")->as_object()) {
    if (value.is_string()) asked.attributes.emplace_back(name, value.as_string());
    if (value.is_int()) asked.attributes.emplace_back(name, value.as_int());
    if (value.is_bool()) asked.attributes.emplace_back(name, value.as_bool());
  }
  return asked;
}

std::string answer(const std::string& line) {
  const auto refused = [](const Error& error) { return codec::to_json(Json::Object{{"refused", error.message()}}); };
  const Result<Json> ask = codec::parse_json(line);
  if (!ask) return refused(ask.error());
  auto spec = spec::parse_policy(codec::to_json(*ask.value().find("policy")), "p.yaml", {});
  if (!spec) return refused(spec.error());
  const Result<std::string> cedar = policy::to_cedar(spec.value());
  if (!cedar) return refused(cedar.error());
  const Result<policy::Policy> compiled = policy::compile(std::move(spec).value());
  if (!compiled) return refused(compiled.error());
  Json::Array answers;
  for (const Json& request : ask.value().find("requests")->as_array()) {
    const policy::Decision decision = policy::decide(compiled.value(), asked_of(request));
    answers.push_back(Json::Object{
        {"answer", policy::answer_name(decision.answer)}, {"failed", decision.failed}, {"rule", decision.rule}});
  }
  return codec::to_json(Json::Object{{"cedar", cedar.value()}, {"answers", Json{std::move(answers)}}});
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) std::cout << answer(line) << '\n' << std::flush;
  return 0;
}
