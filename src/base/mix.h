// Mix: 64 bits stirred into 64 others, the finalizer of splitmix64: a bijection, so that distinct inputs stay distinct.
// For ids and draws that follow from a seed and need no secrecy. Pure.
#pragma once

#include <cstdint>

namespace belljar {

constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31U);
}

// From 0 up to, but not including, 1.
constexpr double unit_interval(std::uint64_t mixed) { return static_cast<double>(mixed >> 11U) * 0x1p-53; }

}  // namespace belljar
