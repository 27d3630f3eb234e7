#include "sandbox/filter/profile.h"

#include <linux/audit.h>

#include <algorithm>
#include <cerrno>

namespace belljar::sandbox {

bool Condition::holds(std::uint64_t value) const {
  if (width == Width::low32) value &= 0xffffffffU;
  if (test == Test::at_most) return value <= values.front();
  const std::uint64_t seen = value & mask;
  return std::find(values.begin(), values.end(), seen) != values.end();
}

std::span<const Match> Profile::matches_of(std::uint32_t call) const {
  const auto first = std::lower_bound(matches.begin(), matches.end(), call,
                                      [](const Match& match, std::uint32_t number) { return match.call < number; });
  auto last = first;
  while (last != matches.end() && last->call == call) ++last;
  return {first, last};
}

Decision Profile::decide(const seccomp_data& data) const {
  const auto call = static_cast<std::uint32_t>(data.nr);
  if (data.arch != AUDIT_ARCH_X86_64 || call >= kForeignCalls) return {Action::kill, 0, "foreign-abi"};
  for (const Match& match : matches_of(call)) {
    const bool holds = std::all_of(match.conditions.begin(), match.conditions.end(), [&](const Condition& condition) {
      return condition.holds(data.args[condition.argument]);
    });
    const Rule& rule = rules[match.rule];
    if (holds) return {rule.action, rule.error, rule.name};
  }
  const bool is_named = call < kCallsEnd && std::binary_search(named.begin(), named.end(), call);
  return is_named ? Decision{Action::refuse, EPERM, "default"} : Decision{Action::refuse, ENOSYS, "unknown-call"};
}

bool is_profile_name(std::string_view name) {
  const auto is_fine = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= 40 && name.front() != '-' && std::all_of(name.begin(), name.end(), is_fine);
}

}  // namespace belljar::sandbox
