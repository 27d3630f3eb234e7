#include "exchange/call_counts.h"

#include <algorithm>

namespace belljar::exchange {

namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

}  // namespace

const CallCounts::Count* CallCounts::find(std::string_view caller, std::string_view permit) const {
  const auto of_caller = counts_.find(caller);
  if (of_caller == counts_.end()) return nullptr;
  const auto found = of_caller->second.find(permit);
  return found == of_caller->second.end() ? nullptr : &found->second;
}

std::uint64_t CallCounts::made(std::string_view caller, std::string_view permit) const {
  const Count* count = find(caller, permit);
  return count == nullptr ? 0 : count->made;
}

std::uint64_t CallCounts::bytes(std::string_view caller, std::string_view permit) const {
  const Count* count = find(caller, permit);
  return count == nullptr ? 0 : count->bytes;
}

std::uint64_t CallCounts::lately(std::string_view caller, std::string_view permit, std::int64_t t_ns) const {
  const Count* count = find(caller, permit);
  if (count == nullptr) return 0;
  const auto first = std::upper_bound(count->times.begin(), count->times.end(), t_ns - kSecondNs);
  return static_cast<std::uint64_t>(count->times.end() - first);
}

void CallCounts::note(const std::string& caller, const std::string& permit, std::uint64_t bytes, std::int64_t t_ns) {
  Count& count = counts_[caller][permit];
  ++count.made;
  count.bytes += bytes;
  while (!count.times.empty() && count.times.front() <= t_ns - kSecondNs) count.times.pop_front();
  count.times.push_back(t_ns);
}

}  // namespace belljar::exchange
