#include "stats/quantile.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "stats/binomial.h"

namespace belljar::stats {

namespace {

void check_arguments(double q, double confidence) {
  CHECK(q > 0 && q < 1, "a quantile lies strictly between 0 and 1");
  CHECK(confidence > 0 && confidence < 1, "confidence lies strictly between 0 and 1");
}

// The lowest rank r of 1..count+1 with P(Binomial(count, q) <= r - 1) >= level.
std::size_t lowest_rank(std::size_t count, double q, double level) {
  std::size_t low = 1;
  std::size_t high = count + 1;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (binomial_cdf(middle - 1, count, q) >= level) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

std::size_t quantile_rank(std::size_t count, double q) {
  CHECK(count > 0 && q > 0 && q <= 1, "a quantile needs values and a level in (0, 1]");
  // 0.99 * 100 is 99.00000000000001 or 98.99999999999999 depending on rounding; a rank must not hang on that.
  const double exact = q * static_cast<double>(count);
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::ceil(exact - 1e-9 * exact)), 1, count);
}

std::int64_t quantile(std::span<const std::int64_t> sorted, double q) {
  return sorted[quantile_rank(sorted.size(), q) - 1];
}

std::optional<std::size_t> upper_rank(std::size_t count, double q, double confidence) {
  check_arguments(q, confidence);
  const std::size_t rank = lowest_rank(count, q, confidence);
  if (rank > count) return std::nullopt;
  return rank;
}

std::optional<std::size_t> lower_rank(std::size_t count, double q, double confidence) {
  check_arguments(q, confidence);
  // P(X >= r) >= confidence is P(X <= r - 1) <= 1 - confidence: the rank before the first that exceeds it.
  const double level = std::nextafter(1 - confidence, 2.0);
  const std::size_t rank = lowest_rank(count, q, level) - 1;
  if (rank == 0) return std::nullopt;
  return rank;
}

}  // namespace belljar::stats
