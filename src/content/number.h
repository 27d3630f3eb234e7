// Number: what JSON Schema means by equal, ordered, whole and multiple, exact where the value is.
//
// A number read as std::int64_t is that integer; one read as double stands for its shortest decimal, so 0.0075 is a
// multiple of 0.0001 as people mean it. Pure functions; time is bounded by the size of the values.
#pragma once

#include <cstdint>

#include "codec/json.h"

namespace belljar::content {

// -1, 0, 1 for less, equal, greater; exact for integers that no double holds.
int compare_numbers(const codec::Json& a, const codec::Json& b);
bool is_whole(const codec::Json& value);
// `step` is more than 0.
bool is_multiple(const codec::Json& value, const codec::Json& step);

// JSON Schema equality: 1 and 1.0 are equal, members have no order. O(n log n).
bool same(const codec::Json& a, const codec::Json& b);
// Equal for values that are the same.
std::uint64_t hash_of(const codec::Json& value);

}  // namespace belljar::content
