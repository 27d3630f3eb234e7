// Quantity: a number with its unit, as people write limits, deadlines and thresholds: "512MiB", "1.5s".
//
//   std::uint64_t ns = TRY(parse_quantity("150ms", kDurationUnits, "a duration such as 150ms"));
//
// Exact: a value that is no whole number of the smallest unit is an error, never rounded. No sign, no space, no
// exponent; units are written as in the table, upper and lower case kept apart. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace belljar::spec {

struct Unit {
  std::string_view name;
  std::uint64_t factor;  // in the smallest unit, which a caller names
};

constexpr std::array<Unit, 7> kByteUnits{{{"B", 1},
                                          {"KiB", 1ULL << 10},
                                          {"MiB", 1ULL << 20},
                                          {"GiB", 1ULL << 30},
                                          {"KB", 1000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000}}};

// In nanoseconds.
constexpr std::array<Unit, 4> kDurationUnits{
    {{"ms", 1'000'000}, {"s", 1'000'000'000}, {"min", 60'000'000'000}, {"h", 3'600'000'000'000}}};

constexpr std::string_view kBytesExpected = "a size such as 512MiB (B, KiB, MiB, GiB, KB, MB, GB)";
constexpr std::string_view kDurationExpected = "a duration such as 150ms (ms, s, min, h)";

// The error reads: found "512 Mb", expected `expected`.
Result<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units, std::string_view expected);

// A plain decimal number such as 0.95: digits, at most one point, an optional leading minus.
Result<double> parse_decimal(std::string_view text, std::string_view expected);

// A whole number from 0 to 2^64 - 1.
Result<std::uint64_t> parse_count(std::string_view text, std::string_view expected);

// The candidate that is at most two slips away, or nothing: "memry" -> "memory".
std::string_view nearest(std::string_view wrong, std::span<const std::string_view> candidates);

// "a, b or c"
std::string one_of(std::span<const std::string_view> names);

}  // namespace belljar::spec
