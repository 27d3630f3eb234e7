#include "spec/retry.h"

#include <algorithm>
#include <array>

namespace belljar::spec {

namespace {

constexpr std::array<std::string_view, 4> kClasses{"agent", "environment", "timeout", "contract"};

// SplitMix64: every bit of the seed moves every bit of the result.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace

std::string_view error_class_name(ErrorClass kind) { return kClasses[static_cast<std::size_t>(kind)]; }

ErrorClass error_class(const std::vector<ErrorCode>& codes, std::string_view code) {
  const auto found =
      std::find_if(codes.begin(), codes.end(), [code](const ErrorCode& one) { return one.code == code; });
  return found == codes.end() ? ErrorClass::agent : found->kind;
}

bool may_retry(const RetryPolicy& policy, ErrorClass kind, std::uint32_t asked) {
  return asked < policy.attempts && std::find(policy.on.begin(), policy.on.end(), kind) != policy.on.end();
}

std::chrono::nanoseconds retry_delay(const RetryPolicy& policy, std::uint32_t asked, std::uint64_t seed) {
  const auto most = std::chrono::duration_cast<std::chrono::nanoseconds>(policy.backoff_max);
  // In doubles, whose products and comparisons are the same on every IEEE machine; at most 24 h, exact to a nanosecond.
  double wait = static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(policy.backoff).count());
  const auto limit = static_cast<double>(most.count());
  for (std::uint32_t at = 1; at < asked && wait < limit; ++at) wait *= policy.factor;
  wait = std::min(wait, limit);
  const double drawn = static_cast<double>(mix(mix(seed) + asked) >> 11) * 0x1.0p-53;  // [0, 1)
  return std::chrono::nanoseconds{static_cast<std::int64_t>(wait * (1 - policy.jitter * drawn))};
}

}  // namespace belljar::spec
