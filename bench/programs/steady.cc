// Costs a program meets all the time, one name and nanoseconds per operation a line; run plain and sealed by
// steady_bench.

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <ctime>

namespace {

std::int64_t now() {
  timespec time{};
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

template <class Work>
void measure(const char* name, int times, Work work) {
  for (int warm = 0; warm < times / 10; ++warm) work();
  const std::int64_t begin = now();
  for (int turn = 0; turn < times; ++turn) work();
  (void)std::printf("%s %.1f\n", name, static_cast<double>(now() - begin) / times);
}

}  // namespace

int main() {
  measure("getppid", 200000, [] { (void)syscall(SYS_getppid); });
  measure("open+close /usr/bin/env", 20000, [] { (void)close(open("/usr/bin/env", O_RDONLY | O_CLOEXEC)); });
  const int file = open("/tmp/bench-steady", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  char block[4096] = {};
  measure("pwrite 4 KiB", 50000, [&] { (void)!pwrite(file, block, sizeof block, 0); });
  measure("pread 4 KiB", 50000, [&] { (void)!pread(file, block, sizeof block, 0); });
  (void)unlink("/tmp/bench-steady");
  measure("page fault", 50, [] {
    constexpr std::size_t kPages = 256;
    auto* memory = static_cast<volatile char*>(
        mmap(nullptr, kPages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (std::size_t page = 0; page < kPages; ++page) memory[page * 4096] = 1;
    (void)munmap(const_cast<char*>(memory), kPages * 4096);
  });
  return 0;
}
