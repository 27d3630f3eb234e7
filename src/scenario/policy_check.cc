#include "scenario/policy_check.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "spec/quantity.h"

namespace belljar::scenario {

namespace {

std::size_t rank_of(std::string_view tier) {
  constexpr std::array<std::string_view, 3> kTiers{"native", "gvisor", "microvm"};
  return static_cast<std::size_t>(std::find(kTiers.begin(), kTiers.end(), tier) - kTiers.begin());
}

void check_walls(const spec::PolicySpec& policy, const spec::ModelSpec& model, std::vector<std::string>& wrong) {
  if (rank_of(model.tier) < rank_of(policy.minimum_tier)) {
    wrong.push_back("found tier \"" + printable(model.tier) + "\", expected at least \"" + policy.minimum_tier + "\"");
  }
  const auto& profiles = policy.profiles;
  if (!profiles.empty() && std::find(profiles.begin(), profiles.end(), model.profile) == profiles.end()) {
    const std::vector<std::string_view> names{profiles.begin(), profiles.end()};
    wrong.push_back("found profile \"" + printable(model.profile) + "\", expected " + spec::one_of(names));
  }
  for (const auto& [key, most] : policy.limits) {
    spec::Quotas bound = model.quotas;
    const auto set = spec::set_quota(bound, key, most);  // checked when the policy was read
    if (!set || !spec::quotas_above(model.quotas, bound).empty()) {
      wrong.push_back("found a limit of " + key + " above " + most + ", expected at most that");
    }
  }
}

void check_read(const policy::Policy& policy, const spec::ModelSpec& model, const std::string& path,
                std::vector<std::string>& wrong) {
  const policy::Decision decision = policy.decide({model.name, spec::Action::read, path, {}});
  if (decision.answer != policy::Answer::allow) {
    wrong.push_back("found files at " + printable(path) + ", expected none: " + std::string{decision.reason} +
                    " (rule " + std::string{decision.rule} + ")");
    return;
  }
  const std::string_view below = policy.forbids_below(spec::Action::read, model.name, path);
  if (!below.empty()) {
    wrong.push_back("found files at " + printable(path) + " of which rule " + std::string{below} +
                    " forbids a part, expected a folder without it: what is bound cannot be kept apart");
  }
}

// A sandbox's own folders are always writable; a rule that says otherwise cannot be held.
void check_write(const policy::Policy& policy, const spec::ModelSpec& model, std::vector<std::string>& wrong) {
  for (const std::string_view folder : {"/tmp", "/work", "/out", "/dev/shm"}) {
    const std::string_view rule = policy.forbids_below(spec::Action::write, model.name, folder);
    if (rule.empty()) continue;
    wrong.push_back("found rule " + std::string{rule} + ", which forbids to write below " + std::string{folder} +
                    ", expected none: a sandbox's own folders are writable");
  }
}

}  // namespace

std::vector<std::string> against_policy(const policy::Policy& policy, const spec::ModelSpec& model) {
  std::vector<std::string> wrong;
  check_walls(policy.spec(), model, wrong);
  check_write(policy, model, wrong);
  if (!model.files.empty()) check_read(policy, model, "/model", wrong);
  for (const std::string& artifact : model.artifacts) check_read(policy, model, "/artifacts/" + artifact, wrong);
  return wrong;
}

}  // namespace belljar::scenario
