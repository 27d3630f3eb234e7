#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "stats/binomial.h"
#include "stats/quantile.h"
#include "stats/summary.h"

namespace belljar::stats {
namespace {

// Oracle: bisection on the binomial tail sum(comb(n,i) p^i (1-p)^(n-i) for i in k..n) = 1 - confidence with 60 decimal
// digits (Python decimal). k = n rows have the closed form (1-c)^(1/n). The 5 and 10 of 10 rows at 0.975 are the
// textbook 95 % limits 0.1871..0.8129 and 0.6915..1 (Clopper and Pearson, Biometrika 26, 1934; Zar, table).
struct ClopperPearson {
  Proportion proportion;
  double confidence;
  double lower;
  double upper;
};

TEST(Binomial, bounds_are_those_of_the_tables) {
  const std::vector<ClopperPearson> rows{
      {{392, 400}, 0.95, 0.9642033823863597, 0.9900100860836651},
      {{392, 400}, 0.975, 0.9609737232883799, 0.9913268296308817},
      {{10, 10}, 0.975, 0.6915028921812392, 1},
      {{5, 10}, 0.975, 0.18708602844739852, 0.8129139715526015},
      {{1, 10}, 0.975, 0.0025285785444617843, 0.44501611702819543},
      {{7, 20}, 0.95, 0.1773109175744491, 0.5580345113154888},
      {{380, 400}, 0.95, 0.9281714099539652, 0.9666209865823229},
      {{165, 171}, 0.95, 0.9319250899916242, 0.9846110391523386},
      {{59, 59}, 0.95, 0.950492390111773, 1},
      {{58, 58}, 0.95, 0.9496606616695799, 1},
      {{3, 3}, 0.99, 0.21544346900318836, 1},
      {{0, 3}, 0.99, 0, 1 - 0.21544346900318836},
      {{0, 0}, 0.95, 0, 1},
  };
  for (const ClopperPearson& row : rows) {
    const auto what = testing::Message() << row.proportion.successes << " of " << row.proportion.trials << " at "
                                         << row.confidence;
    EXPECT_NEAR(lower_bound(row.proportion, row.confidence), row.lower, 1e-12) << what;
    EXPECT_NEAR(upper_bound(row.proportion, row.confidence), row.upper, 1e-12) << what;
  }
  const Interval both = interval({5, 10}, 0.95);
  EXPECT_NEAR(both.low, 0.18708602844739852, 1e-12);
  EXPECT_NEAR(both.high, 0.8129139715526015, 1e-12);
}

TEST(Binomial, large_counts_stay_exact_at_their_edges) {
  // (1 - 0.95)^(1/n) for n = 1e9, and the rule of three for one side: -ln(0.05)/n.
  EXPECT_NEAR(1 - lower_bound({1'000'000'000, 1'000'000'000}, 0.95), 2.99573227e-9, 1e-15);
  EXPECT_NEAR(upper_bound({0, 1'000'000}, 0.95), 2.9957277e-6, 1e-12);
  const double low = lower_bound({500'000, 1'000'000}, 0.975);
  EXPECT_NEAR(low, 0.5 - 1.959964 * 0.0005, 2e-6);  // the normal approximation is this good here
}

// The promise behind every gate: whatever the true rate, the lower bound exceeds it with probability at most 1 - c.
// Summed exactly over all outcomes, not sampled.
TEST(Binomial, a_lower_bound_is_too_high_at_most_as_often_as_promised) {
  for (const double confidence : {0.8, 0.95, 0.99}) {
    for (const double rate : {0.01, 0.3, 0.5, 0.9, 0.95, 0.999}) {
      constexpr std::uint64_t kTrials = 83;
      double wrong = 0;
      for (std::uint64_t hits = 0; hits <= kTrials; ++hits) {
        const double below = hits == 0 ? 0 : binomial_cdf(hits - 1, kTrials, rate);
        const double probability = binomial_cdf(hits, kTrials, rate) - below;
        if (lower_bound({hits, kTrials}, confidence) > rate + 1e-12) wrong += probability;
      }
      EXPECT_LE(wrong, 1 - confidence + 1e-12) << rate << " at " << confidence;
    }
  }
}

TEST(Binomial, cdf_matches_exact_sums) {
  EXPECT_NEAR(binomial_cdf(3, 10, 0.5), 0.171875, 1e-15);                // 176/1024
  EXPECT_NEAR(binomial_cdf(390, 400, 0.97), 0.7615992572180851, 1e-12);  // Python fractions
  EXPECT_EQ(binomial_cdf(10, 10, 0.3), 1);
  EXPECT_EQ(binomial_cdf(0, 10, 0), 1);
  EXPECT_NEAR(binomial_cdf(9, 10, 1), 0, 1e-300);
}

TEST(Binomial, the_fewest_trials_that_can_show_a_rate) {
  EXPECT_EQ(trials_if_perfect(0.95, 0.95), 59);   // 0.95^59 = 0.0485, 0.95^58 = 0.0510
  EXPECT_EQ(trials_if_perfect(0.99, 0.95), 299);  // the well-known 299
  EXPECT_EQ(trials_if_perfect(0.5, 0.75), 2);     // an exact power: 0.5^2 = 0.25
  EXPECT_EQ(trials_if_perfect(0, 0.95), 0);
  EXPECT_EQ(trials_if_perfect(1, 0.95), std::nullopt);
}

TEST(Binomial, trials_to_decide_give_the_power_they_promise) {
  // Oracle: exact binomial power in Python fractions first exceeds 0.8 at 234 (0.98 against 0.95) and 82 (0.9 against
  // 0.8); the power saws up and down, so that a search may land a little beside.
  const std::uint64_t near_miss = trials_to_decide({98, 100}, 0.95, 0.95).value();
  EXPECT_GE(near_miss, 200);
  EXPECT_LE(near_miss, 300);
  const std::uint64_t easy = trials_to_decide({90, 100}, 0.8, 0.95).value();
  EXPECT_GE(easy, 75);
  EXPECT_LE(easy, 120);
  // Below is the mirror of above: 0.05 failures against 0.1.
  EXPECT_EQ(trials_to_decide({10, 100}, 0.2, 0.95), trials_to_decide({90, 100}, 0.8, 0.95));
  EXPECT_EQ(trials_to_decide({95, 100}, 0.95, 0.95), std::nullopt);
  EXPECT_EQ(trials_to_decide({950001, 1'000'000}, 0.95, 0.95), std::nullopt);  // nobody has that many cases
}

// Oracle: exact sums in Python fractions. "42 59" for the median of 100 at 0.95 one-sided and "40 61" at 0.975 are the
// ranks of the sign-test interval (Conover, Practical Nonparametric Statistics, 3.2).
struct Ranks {
  std::size_t count;
  double q;
  double confidence;
  std::optional<std::size_t> lower;
  std::optional<std::size_t> upper;
};

TEST(Quantile, ranks_that_bound_it_are_exact) {
  const std::vector<Ranks> rows{
      {299, 0.99, 0.95, 293, 299},
      {298, 0.99, 0.95, 292, std::nullopt},
      {59, 0.95, 0.95, 53, 59},
      {58, 0.95, 0.95, 52, std::nullopt},
      {400, 0.99, 0.95, 392, 400},
      {100, 0.5, 0.95, 42, 59},
      {100, 0.5, 0.975, 40, 61},
      {10, 0.5, 0.975, 2, 9},
      {6, 0.5, 0.975, 1, 6},
      {5, 0.5, 0.95, 1, 5},
      {400, 0.95, 0.975, 371, 389},
      {4, 0.5, 0.95, std::nullopt, std::nullopt},
      {0, 0.5, 0.95, std::nullopt, std::nullopt},
  };
  for (const Ranks& row : rows) {
    EXPECT_EQ(lower_rank(row.count, row.q, row.confidence), row.lower) << row.count << " " << row.q;
    EXPECT_EQ(upper_rank(row.count, row.q, row.confidence), row.upper) << row.count << " " << row.q;
  }
}

TEST(Quantile, a_value_is_the_smallest_with_enough_at_or_below_it) {
  std::vector<std::int64_t> values;
  for (std::int64_t at = 1; at <= 100; ++at) values.push_back(at);
  EXPECT_EQ(quantile(values, 0.99), 99);
  EXPECT_EQ(quantile(values, 0.5), 50);
  EXPECT_EQ(quantile(values, 0.001), 1);
  EXPECT_EQ(quantile(values, 1), 100);
  EXPECT_EQ(quantile_rank(1000, 0.999), 999);  // 0.999 * 1000 is not a whole number in binary
  EXPECT_EQ(quantile_rank(1, 0.5), 1);
}

TEST(Summary, mean_and_deviation_survive_large_offsets) {
  const std::vector<std::int64_t> values{1'000'000'000'000'004, 1'000'000'000'000'007, 1'000'000'000'000'013,
                                         1'000'000'000'000'016};
  const Summary summary = summarise(values);
  EXPECT_EQ(summary.count, 4);
  EXPECT_DOUBLE_EQ(summary.mean, 1'000'000'000'000'010.0);
  EXPECT_NEAR(summary.deviation, std::sqrt(30.0), 1e-3);  // Knuth, volume 2, 4.2.2: variance 30
  EXPECT_EQ(summarise({}).count, 0);
  EXPECT_EQ(summarise(std::vector<std::int64_t>{5}).deviation, 0);
}

TEST(Summary, a_histogram_loses_no_value) {
  std::vector<std::int64_t> values{-3, 0, 1, 2, 1000, 1001, 999'999'999, 1'000'000'000};
  std::size_t all = 0;
  for (const Bin& bin : log_histogram(values, 7)) all += bin.count;
  EXPECT_EQ(all, values.size());
  EXPECT_TRUE(log_histogram({}, 7).empty());
  EXPECT_EQ(log_histogram(std::vector<std::int64_t>{5, 5, 5}, 7).size(), 1);
}

TEST(StatsDeathTest, nonsense_is_a_bug_of_ours) {
  EXPECT_DEATH((void)lower_bound({3, 2}, 0.95), "no more successes than trials");
  EXPECT_DEATH((void)lower_bound({1, 2}, 1), "strictly between");
  EXPECT_DEATH((void)upper_rank(10, 1, 0.95), "strictly between");
}

}  // namespace
}  // namespace belljar::stats
