// For tests of compositions: models in the test's own hands, driven through a real exchange, journal and monitor.
//
//   const Seen seen = drive_trial({.yaml = kThree + "links: [{to: a}]\n", .models = {{"a", adds(1)}}});
//   EXPECT_THAT(seen.answers(), ElementsAre("b", "b", "b"));
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "os/system.h"
#include "scenario/drive.h"

namespace belljar::scenario {

using codec::Json;
using spec::CaseEnd;

class ListLedger final : public ledger::Ledger {
 public:
  Result<std::uint64_t> append(std::string_view entry) override {
    entries.emplace_back(entry);
    return entries.size() - 1;
  }
  Result<std::uint64_t> append_with_body(std::string_view entry, std::string_view body) override {
    bodies.emplace_back(body);
    return append(entry);
  }
  Result<std::uint64_t> bind_file(const std::string&) override { return entries.size(); }
  Result<ledger::Head> checkpoint() override { return head(); }
  ledger::Head head() const override { return {entries.size(), {}}; }

  std::size_t count(const std::string& part) const {
    return static_cast<std::size_t>(std::count_if(entries.begin(), entries.end(), [&](const std::string& entry) {
      return entry.find(part) != std::string::npos;
    }));
  }

  std::vector<std::string> entries;
  std::vector<std::string> bodies;
};

class Silent final : public DriveListener {
 public:
  void cases(const EndCounts&, std::size_t) override {}
  void finding(const spec::Finding&) override {}
};

using Answerer = std::function<std::optional<Json>(const Json& request)>;

// A model in the test's own hands. It answers after `lag` looks, so that machine speed is something tests can vary.
class HandPort final : public Port {
 public:
  HandPort(Answerer answerer, int lag) : answerer_{std::move(answerer)}, lag_{lag} {}

  void ask(const Question& question) override {
    std::optional<Json> answer = answerer_(question.body);
    if (!answer) return;
    Arrival arrival;
    arrival.kind = answer->find("error") != nullptr ? Arrival::Kind::failure : Arrival::Kind::answer;
    arrival.number = question.number;
    arrival.body = Json::Object{{"id", question.id}};
    for (Json::Member& member : answer->as_object()) arrival.body.set(member.first, member.second);
    arrival.text = codec::to_json(arrival.body);
    arrived_.push_back(std::move(arrival));
    looks_ = lag_;
  }
  void give_up(std::uint64_t) override {}
  void close_input() override {}
  Result<void> move(const os::PollSet&) override { return {}; }
  std::optional<Nanoseconds> wake_at() const override {
    return arrived_.empty() ? std::nullopt : std::optional{Nanoseconds{0}};
  }
  std::optional<Arrival> next() override {
    if (arrived_.empty() || looks_-- > 0) return std::nullopt;
    std::optional<Arrival> first{std::move(arrived_.front())};
    arrived_.pop_front();
    return first;
  }

 private:
  Answerer answerer_;
  int lag_;
  int looks_ = 0;
  std::deque<Arrival> arrived_;
};

struct Trial {
  std::string yaml;
  std::map<std::string, Answerer> models;
  std::vector<std::string> cases = {R"({"x":1})", R"({"x":2})", R"({"x":3})"};
  std::map<std::string, spec::Contract> contracts = {};  // by "from to"
  int lag = 0;
  std::string policy = "";
  std::vector<content::Canary> canaries = {};
  CallDesk* calls = nullptr;
  std::map<std::string, std::string> tools = {};                             // by tool server: the text of its list
  std::map<std::string, std::function<std::unique_ptr<Port>()>> ports = {};  // instead of `models`
};

struct Seen {
  spec::Measurements measured;
  Digest transcript;
  ListLedger ledger;

  std::vector<std::string> answers() const {
    std::vector<std::string> answers;
    for (const auto& item : measured.cases) {
      answers.push_back(item.end == CaseEnd::answered ? item.answered : std::string{spec::case_end_name(item.end)});
    }
    return answers;
  }
};

inline spec::Scenario parse(const std::string& yaml) {
  const std::string head = "belljar: 1\nname: n\nworkload: {cases: c.csv}\n";
  auto scenario = spec::parse_scenario(head + yaml, "s.yaml");
  EXPECT_TRUE(scenario) << scenario.error().message();
  return std::move(scenario).value();
}

inline void drive_trial(const Trial& trial, Seen& seen) {
  const os::SystemClock clock;
  const spec::Scenario scenario = parse(trial.yaml);
  std::vector<Case> cases;
  for (const std::string& fields : trial.cases) cases.push_back({std::to_string(cases.size() + 1), fields, "", 1});
  exchange::Journal journal{seen.ledger, clock};
  std::optional<policy::Policy> policy;
  if (!trial.policy.empty()) {
    auto parsed = spec::parse_policy("belljar-policy: 1\nname: p\n" + trial.policy, "p.yaml", {});
    ASSERT_TRUE(parsed) << parsed.error().message();
    policy = policy::compile(std::move(parsed).value()).value();
  }
  auto made = content::Screen::make(scenario.filters.value_or(spec::FilterSpec{}), trial.canaries);
  ASSERT_TRUE(made) << made.error().message();
  const auto screen = std::make_shared<const content::Screen>(std::move(made).value());
  exchange::Exchange exchange{journal, exchange::standard_stages({policy, {}, screen, spec::Treatment::contain})};
  for (const spec::LinkSpec& link : scenario.links) {
    const auto contract = trial.contracts.find(link.from + " " + link.to);
    exchange::Link along =
        exchange::make_link(link, contract != trial.contracts.end() ? contract->second : spec::open_contract()).value();
    if (const auto list = trial.tools.find(link.to); list != trial.tools.end()) {
      auto pinned = content::PinnedTools::parse(list->second, "tools.json");
      ASSERT_TRUE(pinned) << pinned.error().message();
      along.tools = std::make_shared<const content::PinnedTools>(std::move(pinned).value());
    }
    exchange.connect(std::move(along));
  }
  exchange.set_rules({scenario.budgets, exchange::FaultBook{scenario.faults, scenario.seed},
                      scenario.clock == spec::ClockKind::logical, screen});
  monitor::Monitor monitor{scenario.on_breach};
  Silent silent;
  DriveInput input{.scenario = scenario, .cases = cases, .id_secret = {}, .models = {}, .directory = "", .times = {}};
  for (const spec::ModelSpec& model : scenario.models) input.models.push_back(hosted(model));
  input.make_port = [&](PortParts parts) -> Result<std::unique_ptr<Port>> {
    if (const auto own = trial.ports.find(parts.model.name); own != trial.ports.end()) return own->second();
    return std::unique_ptr<Port>{std::make_unique<HandPort>(trial.models.at(parts.model.name), trial.lag)};
  };
  input.remake = [&](const std::string& model) -> Result<DriveModel> { return hosted(*scenario.model(model)); };
  auto driven = drive(std::move(input), {nullptr, exchange, journal, monitor, clock, nullptr, silent, trial.calls});
  ASSERT_TRUE(driven) << driven.error().message();
  seen.measured = std::move(driven.value().measurements);
  seen.transcript = driven.value().transcript;
}

inline Seen drive_trial(const Trial& trial) {
  Seen seen;
  drive_trial(trial, seen);
  return seen;
}

inline Answerer always(const std::string& label) {
  return [label](const Json&) { return Json{Json::Object{{"label", label}}}; };
}

inline Answerer adds(std::int64_t more) {
  return [more](const Json& request) {
    const Json* x = request.find("x");
    return Json{Json::Object{{"x", (x != nullptr ? x->as_int() : 0) + more}, {"label", "b"}}};
  };
}

inline const std::string kThree = "models: {a: {run: [x]}, b: {run: [x]}, c: {run: [x]}}\n";

}  // namespace belljar::scenario
