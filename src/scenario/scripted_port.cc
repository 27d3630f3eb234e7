#include "scenario/scripted_port.h"

#include <algorithm>
#include <vector>

#include "content/scripted_rules.h"
#include "os/file.h"
#include "scenario/conversation.h"

namespace belljar::scenario {

namespace {

using codec::Json;

constexpr std::uint64_t kRulesBytesMax = 4U << 20;

class ScriptedPort final : public Port {
 public:
  ScriptedPort(const PortParts& parts, std::vector<content::ScriptedRule> rules)
      : model_{std::move(rules)}, ids_{parts.id_secret}, limits_{parts.limits} {}

  void ask(const Question& question) override {
    const content::ScriptedReply reply = model_.reply(question.body, limits_.bytes_max);
    if (reply.kind == content::ScriptedReply::Kind::silence) return;
    Arrival arrival;
    arrival.number = question.number;
    arrival.delay_ns = reply.delay_ns;
    arrival.body.set("id", ids_.id(question.number));
    if (reply.kind == content::ScriptedReply::Kind::answer) {
      arrival.kind = Arrival::Kind::answer;
      for (const Json::Member& member : reply.body.as_object()) {
        if (member.first != "id") arrival.body.set(member.first, member.second);
      }
    } else {
      arrival.kind = Arrival::Kind::failure;
      arrival.body.set("error", reply.body);
    }
    arrival.text = codec::to_json(arrival.body);
    arrived_.push_back(std::move(arrival));
  }

  void give_up(std::uint64_t number) override {
    std::erase_if(arrived_, [&](const Arrival& one) { return one.number == number; });
  }
  void close_input() override {}
  Result<void> move(const os::PollSet&) override { return {}; }

  std::optional<Nanoseconds> wake_at() const override {
    return arrived_.empty() ? std::nullopt : std::optional{Nanoseconds{0}};
  }

  std::optional<Arrival> next() override {
    if (arrived_.empty()) return std::nullopt;
    std::optional<Arrival> first{std::move(arrived_.front())};
    arrived_.erase(arrived_.begin());
    return first;
  }

 private:
  content::ScriptedModel model_;
  CaseIds ids_;
  FrameLimits limits_;
  std::vector<Arrival> arrived_;  // at most what was asked and not fetched
};

}  // namespace

Result<std::unique_ptr<Port>> make_scripted_port(PortParts parts) {
  const std::string& rules_file = parts.model.rules;
  const std::string path = rules_file.starts_with("/") ? rules_file : parts.directory + "/" + rules_file;
  const std::string text = TRY_CTX(os::read_file(path, kRulesBytesMax), "model " + parts.model.name);
  std::vector<content::ScriptedRule> rules = TRY(content::parse_scripted_rules(text, path));
  return std::unique_ptr<Port>{std::make_unique<ScriptedPort>(parts, std::move(rules))};
}

}  // namespace belljar::scenario
