// Quotas: what one sandbox may use. Every field is a hard limit; there is no "unlimited".
//
//   Quotas quotas;                                   // the defaults suit a small classifier
//   TRY(set_quota(quotas, "memory", "512MiB"));      // as in a scenario's `limits:` or `exec --limit memory=512MiB`
//
// Plain value.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace belljar::spec {

struct Quotas {
  std::uint64_t memory_bytes = 512ULL << 20;    // memory: anonymous, page cache, tmpfs and kernel, as the cgroup counts
  std::uint64_t swap_bytes = 0;                 // swap: on top of memory
  double cpu_cores = 1.0;                       // cpu: share of processors, 0.05 to 1024
  std::chrono::milliseconds cpu_time{120'000};  // cpu-time: summed over the whole tree
  std::uint32_t processes = 64;                 // processes: tasks alive at once, threads counted
  std::uint32_t open_files = 256;               // open-files: descriptors per process
  std::uint64_t file_bytes = 64ULL << 20;       // file-size: of any one file
  std::uint64_t disk_bytes = 64ULL << 20;       // disk: each writable file system
  std::uint64_t inodes = 4096;                  // inodes: each writable file system
  std::uint64_t output_bytes = 16ULL << 20;     // output: each of stdout and stderr
  std::chrono::milliseconds wall{60'000};       // wall: from start to end

  bool operator==(const Quotas&) const = default;
};

// Keys as in the comments above. Sizes take B, KiB, MiB, GiB, KB, MB, GB; durations ms, s, min, h; cpu a decimal
// number. The error says what was found and what was expected.
Result<void> set_quota(Quotas& quotas, std::string_view key, std::string_view value);
std::vector<std::string_view> quota_keys();
// The keys whose value in `quotas` is above that in `bounds`.
std::vector<std::string_view> quotas_above(const Quotas& quotas, const Quotas& bounds);
codec::Json quotas_json(const Quotas& quotas);

Result<std::uint64_t> parse_bytes(std::string_view text);                 // "512MiB"
Result<std::chrono::milliseconds> parse_duration(std::string_view text);  // "150ms", "120s"

}  // namespace belljar::spec
