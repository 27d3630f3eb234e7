// CallCounts: how often each permit of the policy has let each model call, for the budgets of its terms.
//
//   if (counts.made("agent", "files") >= *budget.requests) refuse();
//   if (counts.lately("agent", "files", t_ns) >= *budget.requests_per_second) refuse();
//   counts.note("agent", "files", bytes, t_ns);             // it was let through
//
// Times are on the run's clock and never fall. Memory grows with callers, permits and the calls of one second. One
// thread at a time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace belljar::exchange {

class CallCounts {
 public:
  std::uint64_t made(std::string_view caller, std::string_view permit) const;
  std::uint64_t bytes(std::string_view caller, std::string_view permit) const;
  std::uint64_t lately(std::string_view caller, std::string_view permit,
                       std::int64_t t_ns) const;  // in the last second
  void note(const std::string& caller, const std::string& permit, std::uint64_t bytes, std::int64_t t_ns);

 private:
  struct Count {
    std::uint64_t made = 0;
    std::uint64_t bytes = 0;
    std::deque<std::int64_t> times;  // of the last second before the last one
  };
  const Count* find(std::string_view caller, std::string_view permit) const;

  std::map<std::string, std::map<std::string, Count, std::less<>>, std::less<>> counts_;  // by caller, by permit
};

}  // namespace belljar::exchange
