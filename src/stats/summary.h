// Summary and histogram of what was measured, for people to look at. Nothing here decides anything.
//
//   const Summary latencies = summarise(values);
//   for (const Bin& bin : log_histogram(sorted, 24)) { ... }
//
// Pure; safe from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace belljar::stats {

struct Summary {
  std::size_t count = 0;
  double mean = 0;
  double deviation = 0;  // of the sample (n - 1); 0 below two values
  std::int64_t least = 0;
  std::int64_t most = 0;
};

// One pass, numerically stable (Welford 1962).
Summary summarise(std::span<const std::int64_t> values);

struct Bin {
  double low = 0;   // inclusive
  double high = 0;  // exclusive, but inclusive in the last bin
  std::size_t count = 0;
};

// `bins` bins of equal width on a logarithmic axis from the least to the most value; values below 1 count as 1. Empty
// for no values; a single bin when all are equal.
std::vector<Bin> log_histogram(std::span<const std::int64_t> sorted, std::size_t bins);

}  // namespace belljar::stats
