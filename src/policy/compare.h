// Compare: what one policy allows that another does not, each with a request that shows it.
//
//   for (const Difference& one : compare(before, after)) ...   // "became allowed", "a connect b.example port=443 ..."
//
// Requests are made of what both files name: their patterns, ports, methods and the bounds of their conditions, each
// met and missed. Every difference shown is real: both policies were asked. One that no such request meets is not
// found. At most `kRequestsMax` requests are tried. Pure.
#pragma once

#include <string>
#include <vector>

#include "policy/request_text.h"

namespace belljar::policy {

constexpr std::size_t kRequestsMax = 400'000;

enum class Change { allowed, denied, terms, consequence };
std::string_view change_name(Change change);  // "becomes allowed"

struct Difference {
  Change change = Change::allowed;
  std::string rule_before;
  std::string rule_after;
  std::string example;         // as asked_text() writes it
  std::uint64_t requests = 0;  // of those tried
};

// Allowed first; one for each pair of deciding rules and action.
std::vector<Difference> compare(const Policy& before, const Policy& after);

// Requests made of what the files name; what compare() tries.
std::vector<Asked> make_requests(const std::vector<const spec::PolicySpec*>& specs, Action action,
                                 std::size_t most = kRequestsMax / spec::kActions);

}  // namespace belljar::policy
