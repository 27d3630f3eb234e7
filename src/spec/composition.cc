#include "spec/composition.h"

#include <array>

#include "codec/json_pointer.h"

namespace belljar::spec {

std::string_view joining_name(Joining joining) {
  constexpr std::array<std::string_view, 4> kNames{"last", "vote", "judge", "debate"};
  return kNames[static_cast<std::size_t>(joining)];
}

std::string_view fault_name(FaultKind kind) {
  constexpr std::array<std::string_view, 11> kNames{
      "down",      "slow",    "error", "malformed",       "truncated", "duplicated",
      "reordered", "dropped", "flood", "dependency-lost", "amnesia"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view clock_name(ClockKind clock) { return clock == ClockKind::logical ? "logical" : "wall"; }

bool holds(const Predicate& predicate, const codec::Json& value) {
  const codec::Json* found = codec::find_pointer(value, predicate.at);
  if (found == nullptr) return false;
  return !predicate.equals || codec::canonical_json(*found) == codec::canonical_json(*predicate.equals);
}

}  // namespace belljar::spec
