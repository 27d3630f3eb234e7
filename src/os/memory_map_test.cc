#include "os/memory_map.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace belljar::os {
namespace {

constexpr std::uint64_t kMiB = 1U << 20;

TEST(MemoryMap, CountsAnonymousUsableMappingsAlone) {
  MemoryMapUse use;
  add_smaps(
      "55d0a000-55d0c000 r-xp 00000000 fe:00 1234    /usr/bin/python3.11\n"
      "Size:                  8 kB\nRss:                   8 kB\nAnonymous:             4 kB\n"
      "55d10000-55d20000 rw-p 00000000 00:00 0       [heap]\n"
      "Size:                 64 kB\nRss:                  16 kB\n"
      "7f0000000000-7f0004000000 ---p 00000000 00:00 0\n"
      "Size:              65536 kB\nRss:                   0 kB\n"
      "7f0004000000-7f0004010000 rw-p 00000000 00:00 0 [anon:arena]\n"
      "Rss:                  64 kB\n"
      "7ffe2000-7ffe4000 r--p 00000000 00:00 0       [vvar]\n"
      "Rss:                   4 kB\n"
      "VmFlags: rd mr pf io de dd\n",
      use);
  EXPECT_EQ(use.mapped_bytes, 2U * 64 * 1024);
  EXPECT_EQ(use.resident_bytes, 80U * 1024);
  EXPECT_DOUBLE_EQ(use.fragmentation(), 1 - 80.0 / 128);
}

TEST(MemoryMap, SurvivesAnyText) {
  for (const std::string_view text :
       {"", "\n", "Rss:", "Rss: x kB\n", "-", "7f-", "7f-10 rw-p", "ffffffffffffffffff-0 rw-p 0 0 0\n",
        "20-10 rw-p 0 00:00 0\n", "10-20", "10-20 ", "10-20 r", "Rss: 99999999999999999999 kB\n"}) {
    MemoryMapUse use;
    add_smaps(text, use);
    EXPECT_EQ(use.resident_bytes, 0U) << text;
    EXPECT_EQ(use.fragmentation(), 0) << text;
  }
}

TEST(MemoryMap, SeesWhatAProcessMapsAndTouches) {
  std::array<int, 2> ready{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    void* memory = ::mmap(nullptr, 64 * kMiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (std::uint64_t at = 0; at < 16 * kMiB; at += 4096) static_cast<volatile char*>(memory)[at] = 1;
    (void)!::write(ready[1], "r", 1);
    for (;;) (void)::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  const std::array<pid_t, 2> pids{pid, 0x7ffffff0};
  const MemoryMapUse use = sample_memory_maps(pids);
  EXPECT_EQ(use.processes, 1U);
  EXPECT_FALSE(use.truncated);
  EXPECT_GE(use.mapped_bytes, 64 * kMiB);
  EXPECT_GE(use.resident_bytes, 16 * kMiB);
  EXPECT_GT(use.fragmentation(), 0.4);
  constexpr std::uint64_t kShadow = 1ULL << 34;  // a sanitizer's own mappings take terabytes
  EXPECT_TRUE(use.mapped_bytes >= kShadow || use.fragmentation() < 0.8) << use.fragmentation();

  const MemoryMapUse part = sample_memory_maps(pids, {.bytes_max = 2000});
  EXPECT_TRUE(part.truncated);
  const MemoryMapUse none = sample_memory_maps(pids, {.processes_max = 0});
  EXPECT_TRUE(none.truncated);
  EXPECT_EQ(none.processes, 0U);
  (void)::kill(pid, SIGKILL);
  (void)::waitpid(pid, nullptr, 0);
  (void)::close(ready[0]);
  (void)::close(ready[1]);
}

}  // namespace
}  // namespace belljar::os
