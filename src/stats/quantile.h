// Quantiles of what was measured, with exact bounds that assume nothing about the shape of the distribution.
//
//   const std::vector<std::int64_t> sorted = ...;
//   quantile(sorted, 0.99);                                    // the smallest value with 99 % at or below it
//   if (auto rank = upper_rank(sorted.size(), 0.99, 0.95)) {   // absent below 299 values
//     sorted[*rank - 1];                                       // with 95 % confidence the true p99 is at most this
//   }
//
// Order statistics and the binomial distribution (David and Nagaraja, Order Statistics, 3rd ed., section 7.1): the
// number of values at or below the true q-quantile is at least Binomial(n, q), so a value of the right rank is a bound.
// Holds for discrete distributions too. Ranks count from 1. Pure; safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace belljar::stats {

// The inverse of the empirical distribution function: rank ceil(q n), at least 1. `count` must not be 0, q in (0, 1].
std::size_t quantile_rank(std::size_t count, double q);
std::int64_t quantile(std::span<const std::int64_t> sorted, double q);

// The lowest rank whose value is, with `confidence`, at or above the true q-quantile; absent when even the largest is
// not sure to be.
std::optional<std::size_t> upper_rank(std::size_t count, double q, double confidence);
// The highest rank whose value is, with `confidence`, at or below the true q-quantile.
std::optional<std::size_t> lower_rank(std::size_t count, double q, double confidence);

}  // namespace belljar::stats
