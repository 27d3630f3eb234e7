// Exact statements about a proportion from counts, without a normal approximation: right at 3 trials and at 3 million.
//
//   const Proportion right{.successes = 392, .trials = 400};
//   lower_bound(right, 0.95);        // 0.9643: with 95 % confidence the true rate is at least this
//   interval(right, 0.95);           // two-sided: 2.5 % on each side
//   trials_to_decide(right, 0.95, 0.95);   // about how many trials would settle "at least 0.95"
//
// Clopper-Pearson (1934): bounds are quantiles of beta distributions; true coverage is never below the stated one.
// Preconditions, checked: successes <= trials, confidence strictly between 0 and 1.
// Pure; safe from any thread.
#pragma once

#include <cstdint>
#include <optional>

namespace belljar::stats {

struct Proportion {
  std::uint64_t successes = 0;
  std::uint64_t trials = 0;

  double rate() const { return trials == 0 ? 0 : static_cast<double>(successes) / static_cast<double>(trials); }
};

struct Interval {
  double low = 0;
  double high = 1;
};

// One-sided bounds: the other side is 1 respectively 0. Without trials nothing is known: 0 and 1.
double lower_bound(Proportion proportion, double confidence);
double upper_bound(Proportion proportion, double confidence);
// Two-sided, equal tails.
Interval interval(Proportion proportion, double confidence);

// P(X <= successes) for X ~ Binomial(trials, rate).
double binomial_cdf(std::uint64_t successes, std::uint64_t trials, double rate);

// The fewest trials that can show "at least `threshold`" at all: every one of them a success. Absent when none can
// (threshold 1).
std::optional<std::uint64_t> trials_if_perfect(double threshold, double confidence);

// About how many trials decide between "at least" and "below" `threshold` four times in five, if the true rate is the
// observed one. Absent when the observed rate lies on the threshold or ten million would not do.
std::optional<std::uint64_t> trials_to_decide(Proportion observed, double threshold, double confidence);

}  // namespace belljar::stats
