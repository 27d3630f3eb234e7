#include "stats/summary.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace belljar::stats {

Summary summarise(std::span<const std::int64_t> values) {
  Summary summary;
  if (values.empty()) return summary;
  double squares = 0;
  summary.least = values.front();
  summary.most = values.front();
  for (const std::int64_t value : values) {
    ++summary.count;
    const double off = static_cast<double>(value) - summary.mean;
    summary.mean += off / static_cast<double>(summary.count);
    squares += off * (static_cast<double>(value) - summary.mean);
    summary.least = std::min(summary.least, value);
    summary.most = std::max(summary.most, value);
  }
  if (summary.count > 1) summary.deviation = std::sqrt(squares / static_cast<double>(summary.count - 1));
  return summary;
}

std::vector<Bin> log_histogram(std::span<const std::int64_t> sorted, std::size_t bins) {
  CHECK(bins > 0, "a histogram has at least one bin");
  if (sorted.empty()) return {};
  const double first = std::log(std::max(1.0, static_cast<double>(sorted.front())));
  const double last = std::log(std::max(1.0, static_cast<double>(sorted.back())));
  if (last <= first) return {{std::exp(first), std::exp(last), sorted.size()}};
  const double width = (last - first) / static_cast<double>(bins);
  std::vector<Bin> out(bins);
  for (std::size_t at = 0; at < bins; ++at) {
    out[at].low = std::exp(first + width * static_cast<double>(at));
    out[at].high = std::exp(first + width * static_cast<double>(at + 1));
  }
  for (const std::int64_t value : sorted) {
    const double where = (std::log(std::max(1.0, static_cast<double>(value))) - first) / width;
    ++out[std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, where)))].count;
  }
  return out;
}

}  // namespace belljar::stats
