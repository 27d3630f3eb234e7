// What a record may hold, so that checking a hostile one has an end. Writing keeps the same limits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace belljar::ledger {

constexpr std::size_t kBoundFilesMax = 10'000;
constexpr std::size_t kHeadClaimsMax = 1'000;
constexpr std::size_t kFolderDepthMax = 32;
constexpr std::size_t kListedProblemsMax = 100;
// Bytes to hash that cost whoever sent the record no disk: holes, and further names of one file.
constexpr std::uint64_t kUnpaidBytesMax = std::uint64_t{4} << 30;

}  // namespace belljar::ledger
