#include "spec/policy.h"

#include <algorithm>
#include <set>
#include <utility>

#include "os/file.h"
#include "os/share.h"
#include "spec/fields.h"
#include "spec/policy_parts.h"
#include "spec/quantity.h"

namespace belljar::spec {

namespace {

using codec::Yaml;

constexpr std::uint64_t kFileBytesMax = 1U << 20;
constexpr std::size_t kFilesMax = 64;
constexpr std::size_t kNestingMax = 8;
constexpr std::size_t kRulesMax = 10'000;

constexpr std::array<std::string_view, kActions> kActionNames{"read", "write", "connect", "call", "send", "use data"};
constexpr std::array<std::string_view, 3> kTiers{"native", "gvisor", "microvm"};

constexpr std::array<AttributeType, 8> kConnect{{{"subject", ValueType::text},
                                                 {"resource", ValueType::text},
                                                 {"scheme", ValueType::text},
                                                 {"port", ValueType::number},
                                                 {"method", ValueType::text},
                                                 {"path", ValueType::text},
                                                 {"host_kind", ValueType::text},
                                                 {"bytes", ValueType::number}}};
constexpr std::array<AttributeType, 4> kCall{{{"subject", ValueType::text},
                                              {"resource", ValueType::text},
                                              {"bytes", ValueType::number},
                                              {"stream", ValueType::boolean}}};
constexpr std::array<AttributeType, 5> kSend{{{"subject", ValueType::text},
                                              {"resource", ValueType::text},
                                              {"direction", ValueType::text},
                                              {"bytes", ValueType::number},
                                              {"tokens", ValueType::number}}};
constexpr std::array<AttributeType, 3> kUseData{
    {{"subject", ValueType::text}, {"resource", ValueType::text}, {"direction", ValueType::text}}};
constexpr std::array<AttributeType, 2> kFiles{{{"subject", ValueType::text}, {"resource", ValueType::text}}};

// What is being put together: one policy out of many files.
struct Assembly {
  const PolicyReader& read;
  std::vector<PolicyFile> files;
  std::vector<std::string> under_way;  // from the first file to the one being read
  std::string errors;

  void add(const Result<void>& result) {
    if (result) return;
    if (!errors.empty()) errors += '\n';
    errors += result.error().message();
  }
};

// `part`: included by another, whose own keys decide all but the rules.
enum class Role { whole, part };

// One file, before its parent and its includes are put in. `parent` is known before its rules are read.
struct Draft {
  Role role = Role::whole;
  PolicySpec policy;
  const PolicySpec* parent = nullptr;
  std::set<std::string> dropped;
};

void read_version(Problems& problems, const Yaml& value, Draft&) {
  if (value.kind == Yaml::Kind::scalar && !value.quoted && value.scalar == "1") return;
  problems.add(value.mark, describe(value), "1, the only format this version reads");
}

void read_policy_name(Problems& problems, const Yaml& value, Draft& draft) {
  if (auto name = read_name(problems, value, "-_.", 64)) draft.policy.name = *name;
}

std::size_t tier_rank(std::string_view tier) {
  return static_cast<std::size_t>(std::find(kTiers.begin(), kTiers.end(), tier) - kTiers.begin());
}

void read_tier(Problems& problems, const Yaml& value, Draft& draft) {
  const auto tier = read_choice(problems, value, kTiers, {});
  if (!tier) return;
  if (draft.parent != nullptr && tier_rank(*tier) < tier_rank(draft.parent->minimum_tier)) {
    return problems.add(value.mark, describe(value), "at least the parent's \"" + draft.parent->minimum_tier + "\"");
  }
  draft.policy.minimum_tier = *tier;
}

void read_profiles(Problems& problems, const Yaml& value, Draft& draft) {
  if (!require_list(problems, value, "a list of profiles")) return;
  draft.policy.profiles.clear();
  for (const Yaml& item : value.items) {
    const auto name = read_name(problems, item, "-_", 64);
    if (!name) continue;
    const auto* parent = draft.parent;
    if (parent != nullptr && !parent->profiles.empty() &&
        std::find(parent->profiles.begin(), parent->profiles.end(), *name) == parent->profiles.end()) {
      problems.add(item.mark, "profile " + quote(*name), "one that the parent names");
    }
    draft.policy.profiles.push_back(*name);
  }
  if (value.items.empty()) problems.add(value.mark, "an empty list", "at least one profile");
}

// Quotas are ordered numbers in units; they are compared as set_quota() reads them.
bool within(std::string_view key, std::string_view value, std::string_view bound) {
  Quotas one;
  Quotas two;
  if (!set_quota(one, key, value) || !set_quota(two, key, bound)) return false;
  return quotas_above(one, two).empty();
}

void read_limits(Problems& problems, const Yaml& value, Draft& draft) {
  if (!require_map(problems, value, "\"limits\"")) return;
  for (const Yaml::Entry& entry : value.entries) {
    Quotas trial;
    const Result<void> set =
        entry.value.kind == Yaml::Kind::scalar
            ? set_quota(trial, entry.key, entry.value.scalar)
            : Result<void>{Error{Errc::invalid_argument, "found " + describe(entry.value) + ", expected a quota"}};
    if (!set) {
      problems.add(entry.key_mark, set.error().message());
      continue;
    }
    const auto bound = draft.policy.limits.find(entry.key);  // the parent's
    if (bound != draft.policy.limits.end() && !within(entry.key, entry.value.scalar, bound->second)) {
      problems.add(entry.value.mark, describe(entry.value), "at most the parent's " + bound->second);
      continue;
    }
    draft.policy.limits[entry.key] = entry.value.scalar;
  }
}

void read_otherwise(Problems& problems, const Yaml& value, Draft& draft) {
  const auto consequence = read_otherwise_consequence(problems, value);
  if (!consequence) return;
  if (draft.parent != nullptr && *consequence < draft.parent->otherwise) {
    return problems.add(value.mark, describe(value),
                        "at least the parent's \"" + std::string{consequence_name(draft.parent->otherwise)} + "\"");
  }
  draft.policy.otherwise = *consequence;
}

void read_drop(Problems& problems, const Yaml& value, Draft& draft) {
  if (!require_list(problems, value, "a list of the parent's permits")) return;
  for (const Yaml& item : value.items) {
    const auto found = draft.parent == nullptr
                           ? std::vector<PolicyRule>::const_iterator{}
                           : std::find_if(draft.parent->rules.begin(), draft.parent->rules.end(),
                                          [&](const PolicyRule& rule) { return rule.id == item.scalar; });
    if (draft.parent == nullptr || found == draft.parent->rules.end() || found->effect != Effect::permit) {
      problems.add(item.mark, describe(item), "a permit of the policy this one extends");
    } else {
      draft.dropped.insert(item.scalar);
    }
  }
}

void read_rules(Problems& problems, const Yaml& value, Draft& draft) {
  if (!require_list(problems, value, "a list of rules")) return;
  for (const Yaml& item : value.items) read_rule(problems, item, draft.parent, draft.policy);
}

void read_elsewhere(Problems&, const Yaml&, Draft&) {}  // read before the fields: extends and include

constexpr std::array<Field<Draft>, 10> kPolicy{{{"belljar-policy", Need::required, read_version},
                                                {"name", Need::optional, read_policy_name},
                                                {"extends", Need::optional, read_elsewhere},
                                                {"include", Need::optional, read_elsewhere},
                                                {"minimum-tier", Need::optional, read_tier},
                                                {"profiles", Need::optional, read_profiles},
                                                {"limits", Need::optional, read_limits},
                                                {"otherwise", Need::optional, read_otherwise},
                                                {"drop", Need::optional, read_drop},
                                                {"rules", Need::optional, read_rules}}};

std::string beside(const std::string& file, const std::string& path) {
  const std::size_t slash = file.rfind('/');
  return path.starts_with('/') || is_ready_policy(path) || slash == std::string::npos
             ? path
             : file.substr(0, slash + 1) + path;
}

Draft read_file(Assembly& assembly, const PolicyFile& file, Role role, const PolicySpec* parent);

// The draft of the file that `value` names, or nothing after a problem.
std::optional<Draft> read_other(Assembly& assembly, Problems& problems, const Yaml& value, const std::string& from,
                                Role role, const PolicySpec* parent) {
  const auto named = read_path(problems, value, "the path of a policy, from this file's folder");
  if (!named) return std::nullopt;
  const std::string path = beside(from, *named);
  const auto& way = assembly.under_way;
  if (std::find(way.begin(), way.end(), path) != way.end()) {
    problems.add(value.mark, describe(value) + ", which leads back here", "a file that does not name this one");
    return std::nullopt;
  }
  if (way.size() == kNestingMax || assembly.files.size() == kFilesMax) {
    problems.add(value.mark, "more than 8 files deep or 64 in all", "fewer");
    return std::nullopt;
  }
  const Result<std::string> text = assembly.read(path);
  if (!text) {
    problems.add(value.mark, describe(value) + ", which cannot be read: " + text.error().message(), "a policy's file");
    return std::nullopt;
  }
  return read_file(assembly, {path, text.value()}, role, parent);
}

// A child's rules come first; of its parent it keeps the forbids, and the permits that it neither narrows nor drops.
void take_parent(Draft& draft, const PolicySpec& parent, const std::set<std::string>& narrowed) {
  for (const PolicyRule& rule : parent.rules) {
    const bool replaced = narrowed.contains(rule.id) || draft.dropped.contains(rule.id);
    if (rule.effect == Effect::forbid || !replaced) draft.policy.rules.push_back(rule);
  }
}

void check_ids(Problems& problems, const PolicySpec& policy, const std::string& file) {
  std::map<std::string_view, const PolicyRule*> seen;
  for (const PolicyRule& rule : policy.rules) {
    const auto [at, added] = seen.emplace(rule.id, &rule);
    if (added) continue;
    const PolicyRule& here = rule.file == file ? rule : *at->second;
    const PolicyRule& there = rule.file == file ? *at->second : rule;
    problems.add(here.file == file ? here.mark : codec::Mark{1, 1},
                 "a second rule " + quote(rule.id) + ", as in " + there.file + ":" + std::to_string(there.mark.line),
                 "each id once");
  }
  if (policy.rules.size() > kRulesMax) {
    problems.add({1, 1}, std::to_string(policy.rules.size()) + " rules", "at most 10000");
  }
}

void check_part(Problems& problems, const Yaml& root) {
  constexpr std::array<std::string_view, 4> kOfParts{"belljar-policy", "name", "include", "rules"};
  for (const Yaml::Entry& entry : root.entries) {
    if (std::find(kOfParts.begin(), kOfParts.end(), entry.key) != kOfParts.end()) continue;
    problems.add(entry.key_mark, "key " + quote(entry.key) + " in an included file",
                 "it in the file that includes this one");
  }
}

void assemble(Assembly& assembly, Problems& problems, const Yaml& root, const std::string& file, Draft& draft) {
  std::optional<Draft> above;
  if (const Yaml* extends = root.find("extends")) {
    if (draft.role == Role::whole && (above = read_other(assembly, problems, *extends, file, Role::whole, nullptr))) {
      draft.parent = &above->policy;
      draft.policy = above->policy;
      draft.policy.rules.clear();
      draft.policy.name.clear();
    }
  }
  draft.policy.file = file;
  if (draft.role == Role::part) check_part(problems, root);
  read_fields<Draft>(problems, root, "a policy", kPolicy, {}, draft);
  if (const Yaml* include = root.find("include"); include != nullptr && require_list(problems, *include, "a list")) {
    for (const Yaml& item : include->items) {
      if (auto other = read_other(assembly, problems, item, file, Role::part, draft.parent)) {
        for (PolicyRule& rule : other->policy.rules) draft.policy.rules.push_back(std::move(rule));
      }
    }
  }
  if (above) {
    std::set<std::string> narrowed;
    for (const PolicyRule& rule : draft.policy.rules) narrowed.insert(rule.narrows);
    take_parent(draft, above->policy, narrowed);
    draft.parent = nullptr;
  }
}

Draft read_file(Assembly& assembly, const PolicyFile& file, Role role, const PolicySpec* parent) {
  Draft draft;
  draft.role = role;
  draft.parent = parent;
  assembly.files.push_back(file);
  const Result<Yaml> root = codec::parse_yaml(file.text, file.path);
  if (!root) {
    assembly.add(Result<void>{root.error()});
    return draft;
  }
  Problems problems{file.path};
  assembly.under_way.push_back(file.path);
  assemble(assembly, problems, root.value(), file.path, draft);
  assembly.under_way.pop_back();
  check_ids(problems, draft.policy, file.path);
  assembly.add(problems.result());
  return draft;
}

}  // namespace

std::string_view action_name(Action action) { return kActionNames[static_cast<std::size_t>(action)]; }

std::span<const AttributeType> attribute_types(Action action) {
  switch (action) {
    case Action::connect:
      return kConnect;
    case Action::call:
      return kCall;
    case Action::send:
      return kSend;
    case Action::use_data:
      return kUseData;
    case Action::read:
    case Action::write:
      return kFiles;
  }
  return {};
}

std::optional<Action> read_action(Problems& problems, const Yaml& value) {
  const auto name = read_choice(problems, value, kActionNames, {});
  if (!name) return std::nullopt;
  return static_cast<Action>(std::find(kActionNames.begin(), kActionNames.end(), *name) - kActionNames.begin());
}

Result<PolicySpec> parse_policy(std::string_view text, const std::string& file, const PolicyReader& read) {
  Assembly assembly{read, {}, {}, {}};
  Draft draft = read_file(assembly, {file, std::string{text}}, Role::whole, nullptr);
  if (!assembly.errors.empty()) return Error{Errc::invalid_argument, assembly.errors};
  draft.policy.files = std::move(assembly.files);
  return std::move(draft.policy);
}

bool is_ready_policy(std::string_view name) {
  return name.find('/') == std::string_view::npos && !name.ends_with(".yaml");
}

Result<std::string> ready_policy_file(const std::string& name) {
  return TRY(os::find_share("policies", "BELLJAR_POLICIES", BELLJAR_SOURCE_POLICIES)) + "/" + name + ".yaml";
}

Result<std::string> read_policy_file(const std::string& path_or_name) {
  if (!is_ready_policy(path_or_name)) return os::read_file(path_or_name, kFileBytesMax);
  return os::read_file(TRY(ready_policy_file(path_or_name)), kFileBytesMax);
}

Result<PolicySpec> load_policy(const std::string& path_or_name) {
  const std::string text = TRY_CTX(read_policy_file(path_or_name), "load policy " + quote(path_or_name));
  return parse_policy(text, path_or_name, read_policy_file);
}

}  // namespace belljar::spec
