#include "cli/policy.h"

#include <array>
#include <cstdio>

#include "base/text.h"
#include "base/version.h"
#include "cli/find_run.h"
#include "codec/json.h"
#include "os/file.h"
#include "policy/cases.h"
#include "policy/compare.h"
#include "policy/explain.h"
#include "policy/review.h"
#include "sandbox/native/locations.h"
#include "scenario/drift.h"
#include "suite/probe/twin.h"

namespace belljar::cli {

namespace {

using codec::Json;

constexpr int kGood = 0;
constexpr int kBad = 1;
constexpr int kUsageError = 2;
constexpr int kHostError = 4;
constexpr std::uint64_t kCasesMax = 16U << 20;
constexpr std::size_t kNearest = 3;

int complain(const Error& error) {
  (void)std::fprintf(stderr, "%s\n", error.message().c_str());
  return error.code() == Errc::invalid_argument || error.code() == Errc::not_found ? kUsageError : kHostError;
}

Result<policy::Policy> load(const std::string& file) { return policy::compile(TRY(spec::load_policy(file))); }

int check(const Arguments& arguments, const Host&) {
  int code = kGood;
  for (std::size_t at = 1; at < arguments.operands.size(); ++at) {
    const Result<policy::Policy> loaded = load(arguments.operands[at]);
    if (!loaded) {
      code = complain(loaded.error());
      continue;
    }
    const auto remarks = policy::review(loaded.value().spec());
    for (const policy::Remark& remark : remarks)
      (void)std::printf("%s: %s\n", remark.place.c_str(), remark.what.c_str());
    if (!remarks.empty() && code == kGood) code = kBad;
    (void)std::printf("%s: %zu rules, %s\n", printable(arguments.operands[at], 4096).c_str(),
                      loaded.value().spec().rules.size(), remarks.empty() ? "ok" : "to be looked at");
  }
  return code;
}

// "agent.yaml" -> "agent.policy.test" beside it; a ready policy's cases come with it.
Result<std::string> read_cases(const Arguments& arguments, const std::string& policy, std::string& path) {
  path = arguments.operands.size() > 2 ? arguments.operands[2] : "";
  if (path.empty()) {
    path = spec::is_ready_policy(policy) ? TRY(spec::ready_policy_file(policy)) : policy;
    path = path.substr(0, path.rfind(".yaml")) + ".policy.test";
  }
  return os::read_file(path, kCasesMax);
}

int test(const Arguments& arguments, const Host&) {
  const std::string& file = arguments.operands[1];
  const Result<policy::Policy> loaded = load(file);
  if (!loaded) return complain(loaded.error());
  std::string path;
  const Result<std::string> text = read_cases(arguments, file, path);
  if (!text) return complain(text.error());
  const auto cases = policy::parse_cases(text.value(), path);
  if (!cases) return complain(cases.error());
  const auto failures = policy::run_cases(loaded.value(), cases.value());
  for (const policy::CaseFailure& failure : failures) {
    (void)std::printf("%s:%d: %s\n", printable(path, 4096).c_str(), failure.line, failure.what.c_str());
  }
  (void)std::printf("%zu cases, %zu failed\n", cases.value().size(), failures.size());
  return failures.empty() ? kGood : kBad;
}

Json near_json(const std::vector<policy::NearRule>& near) {
  Json::Array list;
  for (const policy::NearRule& rule : near) {
    Json::Array against;
    for (const std::string& one : rule.against) against.emplace_back(printable(one, 500));
    list.push_back(Json::Object{{"rule", rule.id}, {"place", rule.place}, {"against", Json{std::move(against)}}});
  }
  return Json{std::move(list)};
}

int explain(const Arguments& arguments, const Host&) {
  const Result<policy::Policy> loaded = load(arguments.operands[1]);
  if (!loaded) return complain(loaded.error());
  const auto asked = policy::parse_asked({arguments.operands.begin() + 2, arguments.operands.end()});
  if (!asked) return complain(asked.error());
  const policy::Decision decision = policy::decide(loaded.value(), asked.value());
  const auto near = decision.answer == policy::Answer::allow
                        ? std::vector<policy::NearRule>{}
                        : policy::nearest_permits(loaded.value().spec(), asked.value(), kNearest);
  const std::string answer{policy::answer_name(decision.answer)};
  if (arguments.has("json")) {
    (void)std::printf("%s\n", codec::to_json(Json::Object{{"answer", answer},
                                                          {"rule", decision.rule},
                                                          {"reason", decision.reason},
                                                          {"consequence", spec::consequence_name(decision.consequence)},
                                                          {"nearest", near_json(near)}})
                                  .c_str());
  } else {
    (void)std::printf("%s by rule \"%s\": %s\n", answer.c_str(), std::string{decision.rule}.c_str(),
                      std::string{decision.reason}.c_str());
    if (decision.answer == policy::Answer::deny) {
      (void)std::printf("then: %s\n", std::string{spec::consequence_name(decision.consequence)}.c_str());
    }
    for (const policy::NearRule& rule : near) {
      (void)std::printf("near: permit \"%s\" (%s)\n", rule.id.c_str(), printable(rule.place, 4096).c_str());
      for (const std::string& one : rule.against) (void)std::printf("      %s\n", printable(one, 500).c_str());
    }
  }
  return decision.answer == policy::Answer::allow ? kGood : kBad;
}

int diff(const Arguments& arguments, const Host&) {
  const Result<policy::Policy> before = load(arguments.operands[1]);
  if (!before) return complain(before.error());
  const Result<policy::Policy> after = load(arguments.operands[2]);
  if (!after) return complain(after.error());
  const auto differences = policy::compare(before.value(), after.value());
  Json::Array list;
  for (const policy::Difference& one : differences) {
    const std::string change{policy::change_name(one.change)};
    list.push_back(Json::Object{{"change", change},
                                {"before", one.rule_before},
                                {"after", one.rule_after},
                                {"example", one.example},
                                {"requests", one.requests}});
    if (arguments.has("json")) continue;
    (void)std::printf("%-15s  %s\n                 by \"%s\", before by \"%s\"\n", change.c_str(), one.example.c_str(),
                      one.rule_after.c_str(), one.rule_before.c_str());
  }
  if (arguments.has("json")) (void)std::printf("%s\n", codec::to_json(Json{std::move(list)}).c_str());
  if (differences.empty() && !arguments.has("json")) (void)std::printf("no difference found\n");
  return differences.empty() ? kGood : kBad;
}

// Twins of the run's sandboxes, read back from the kernel and attacked.
Result<void> find_effective_drift(const scenario::Resolved& resolved, const Host& host,
                                  std::vector<scenario::Drift>& found) {
  std::unique_ptr<sandbox::Engine> engine;
  for (const scenario::ResolvedModel& model : resolved.models) {
    if (!model.needs_sandbox()) continue;
    if (!engine) engine = TRY(sandbox::Engine::start({}, host.clock));
    const std::string where = "models[" + model.spec.name + "].sandbox";
    auto twin = TRY(engine->create(model.sandbox));
    const std::string drift = TRY(twin->drift());
    if (!drift.empty()) found.push_back({where, drift});
    TRY(twin->destroy());
    for (const std::string& passed : TRY(suite::probe_twin(model.sandbox, *engine, TRY(find_attacker())))) {
      found.push_back({where, "let through: " + passed});
    }
  }
  return {};
}

int drift(const Arguments& arguments, const Host& host) {
  const Result<std::string> profiles = sandbox::native::find_profiles();
  if (!profiles) return complain(profiles.error());
  auto inputs = scenario::drift_of_inputs(find_run(arguments.operands[1]), {std::string{kVersion}, profiles.value()},
                                          host.entropy);
  if (!inputs) return complain(inputs.error());
  std::vector<scenario::Drift>& found = inputs.value().found;
  if (const auto looked = find_effective_drift(inputs.value().resolved, host, found); !looked) {
    return complain(looked.error());
  }
  Json::Array list;
  for (const scenario::Drift& one : found) {
    list.push_back(Json::Object{{"where", one.where}, {"what", one.what}});
    if (!arguments.has("json"))
      (void)std::printf("%s: %s\n", printable(one.where).c_str(), printable(one.what, 2000).c_str());
  }
  if (arguments.has("json")) (void)std::printf("%s\n", codec::to_json(Json{std::move(list)}).c_str());
  if (found.empty() && !arguments.has("json")) (void)std::printf("no drift: desired, loaded and effective agree\n");
  return found.empty() ? kGood : kBad;
}

struct Verb {
  std::string_view name;
  std::size_t least, most;  // operands after it
  int (*run)(const Arguments& arguments, const Host& host);
  std::string_view expected;
};
constexpr std::array<Verb, 5> kVerbs{{
    {"check", 1, 1000, check, "POLICY..."},
    {"test", 1, 2, test, "POLICY [CASES]"},
    {"explain", 4, 100, explain, "POLICY SUBJECT ACTION RESOURCE [NAME=VALUE...]"},
    {"diff", 2, 2, diff, "POLICY POLICY"},
    {"drift", 1, 1, drift, "RUN"},
}};

int policy_main(const Arguments& arguments, const Host& host) {
  const std::string named = arguments.operands.empty() ? "" : arguments.operands.front();
  for (const Verb& verb : kVerbs) {
    if (verb.name != named) continue;
    const std::size_t given = arguments.operands.size() - 1;
    if (given >= verb.least && given <= verb.most) return verb.run(arguments, host);
    (void)std::fprintf(stderr, "belljar policy %s: found %zu operands, expected %s\n", named.c_str(), given,
                       std::string{verb.expected}.c_str());
    return kUsageError;
  }
  (void)std::fprintf(stderr, "belljar policy: found \"%s\", expected check, test, explain, diff or drift\n",
                     printable(named, 40).c_str());
  return kUsageError;
}

}  // namespace

const Command kPolicy{.name = "policy",
                      .operands = "check|test|explain|diff|drift POLICY...",
                      .summary = "check a policy, run its cases, ask it why, compare two, or find drift of a run",
                      .options = {{"json", Argument::none, "", "explain, diff, drift: write JSON"}},
                      .trailing_command = false,
                      .main = policy_main};

}  // namespace belljar::cli
