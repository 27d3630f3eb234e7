// How well a sandbox uses the memory it mapped, from /proc/PID/smaps: of its anonymous, usable mappings (heap, stacks,
// private and anonymous; a PROT_NONE reservation is address space, not memory), how much is resident.
//
//   MemoryMapUse use = sample_memory_maps(pids);
//   report.memory.fragmentation = use.fragmentation();   // 1 - resident / mapped
//
// The work is bounded whatever the processes map: beyond the bounds the sample is a part, and says so. Processes that
// are gone or closed to us are left out. A sample of one process with a hundred mappings takes about a tenth of a
// millisecond, during which its own mapping calls wait: sample seldom. Safe from any thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace belljar::os {

struct MemoryMapUse {
  std::uint64_t mapped_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::size_t processes = 0;  // that could be read
  bool truncated = false;     // a bound was reached

  double fragmentation() const;  // 0..1; 0 when nothing is mapped
};

struct MemoryMapBounds {
  std::size_t processes_max = 64;
  std::size_t bytes_max = 4U << 20;  // of smaps text, all processes together: about 6000 mappings
};

MemoryMapUse sample_memory_maps(std::span<const pid_t> pids, MemoryMapBounds bounds = {});

// Adds what one smaps text says; an incomplete last mapping counts as far as it goes.
void add_smaps(std::string_view smaps, MemoryMapUse& use);

}  // namespace belljar::os
