#include "stats/binomial.h"

#include <boost/math/special_functions/beta.hpp>
#include <cmath>

#include "base/check.h"

namespace belljar::stats {

namespace {

// Quiet: out of range gives NaN or infinity instead of an exception; the arguments below are checked to be in range.
namespace policies = boost::math::policies;
using Quiet =
    policies::policy<policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
                     policies::overflow_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>, policies::promote_double<false>>;

constexpr double kPower = 0.8;
constexpr std::uint64_t kTrialsMax = 10'000'000;

double real(std::uint64_t count) { return static_cast<double>(count); }

void check_arguments(Proportion proportion, double confidence) {
  CHECK(proportion.successes <= proportion.trials, "a proportion has no more successes than trials");
  CHECK(confidence > 0 && confidence < 1, "confidence lies strictly between 0 and 1");
}

// The fewest successes of `trials` whose lower bound reaches `threshold`; trials + 1 when none do.
// lower_bound(k) >= t is the same event as P(X >= k | t) <= 1 - confidence.
std::uint64_t successes_to_show(std::uint64_t trials, double threshold, double confidence) {
  std::uint64_t low = 0;
  std::uint64_t high = trials + 1;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (lower_bound({middle, trials}, confidence) >= threshold) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// Chance that `trials` trials at `rate` show "at least `threshold`".
double power(std::uint64_t trials, double rate, double threshold, double confidence) {
  const std::uint64_t needed = successes_to_show(trials, threshold, confidence);
  if (needed > trials) return 0;
  return needed == 0 ? 1 : 1 - binomial_cdf(needed - 1, trials, rate);
}

}  // namespace

double lower_bound(Proportion proportion, double confidence) {
  check_arguments(proportion, confidence);
  if (proportion.successes == 0) return 0;
  const double hits = real(proportion.successes);
  return boost::math::ibeta_inv(hits, real(proportion.trials) - hits + 1, 1 - confidence, Quiet{});
}

double upper_bound(Proportion proportion, double confidence) {
  check_arguments(proportion, confidence);
  // The mirror image: successes and failures change places.
  return 1 - lower_bound({proportion.trials - proportion.successes, proportion.trials}, confidence);
}

Interval interval(Proportion proportion, double confidence) {
  const double one_sided = (1 + confidence) / 2;
  return {lower_bound(proportion, one_sided), upper_bound(proportion, one_sided)};
}

double binomial_cdf(std::uint64_t successes, std::uint64_t trials, double rate) {
  CHECK(rate >= 0 && rate <= 1, "a rate lies between 0 and 1");
  if (successes >= trials) return 1;
  return boost::math::ibetac(real(successes) + 1, real(trials - successes), rate, Quiet{});
}

std::optional<std::uint64_t> trials_if_perfect(double threshold, double confidence) {
  check_arguments({}, confidence);
  if (threshold <= 0) return 0;
  if (threshold >= 1) return std::nullopt;
  // All of n succeed: the lower bound is (1 - confidence)^(1/n). The epsilon keeps exact powers from being rounded up.
  return static_cast<std::uint64_t>(std::ceil(std::log1p(-confidence) / std::log(threshold) - 1e-9));
}

std::optional<std::uint64_t> trials_to_decide(Proportion observed, double threshold, double confidence) {
  check_arguments(observed, confidence);
  const double rate = observed.rate();
  if (threshold < 0 || threshold > 1 || rate == threshold) return std::nullopt;
  // "Below" is "at least" for the failures.
  if (rate < threshold)
    return trials_to_decide({observed.trials - observed.successes, observed.trials}, 1 - threshold, confidence);
  std::uint64_t low = 1;
  std::uint64_t high = kTrialsMax;
  if (power(high, rate, threshold, confidence) < kPower) return std::nullopt;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (power(middle, rate, threshold, confidence) >= kPower) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace belljar::stats
