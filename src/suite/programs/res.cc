// Taking bytes and time. Every attack takes a fixed amount, several times what the sandbox is given, and holds it.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

constexpr std::size_t kMiB = 1U << 20;

char* reserve(std::size_t bytes) {
  void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return at == MAP_FAILED ? nullptr : static_cast<char*>(at);
}

bool touch(std::size_t bytes) {
  char* at = reserve(bytes);
  if (at == nullptr) return false;
  for (std::size_t i = 0; i < bytes; i += 4096) at[i] = 1;
  return true;
}

Outcome memory(const Params&) { return touch(256 * kMiB) ? escaped("holds 256 MiB") : denied("reserve 256 MiB"); }

Outcome memory_by_many(const Params&) {
  for (int i = 0; i < 8; ++i) {
    const pid_t child = ::fork();
    if (child < 0) return denied("fork");
    if (child == 0) {
      (void)touch(32 * kMiB);
      while (true) (void)::pause();
    }
  }
  (void)::usleep(600'000);
  return done("eight processes hold 32 MiB each");
}

Outcome fill(const std::string& path, std::size_t bytes) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return denied("create " + path);
  (void)::signal(SIGXFSZ, SIG_IGN);
  const std::vector<char> block(kMiB, 'x');
  for (std::size_t done_bytes = 0; done_bytes < bytes; done_bytes += kMiB) {
    if (::write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size()))
      return denied("write more to " + path);
  }
  return escaped("wrote " + std::to_string(bytes / kMiB) + " MiB to " + path);
}

Outcome fill_many(const std::string& folder) {
  Outcome last;
  for (int i = 0; i < 8; ++i) {
    last = fill(folder + "/part" + std::to_string(i), 8 * kMiB);
    if (last.kind != Outcome::Kind::escaped) return last;
  }
  return last;
}

Outcome fill_tmp(const Params& given) { return fill_many(given.get("scratch")); }
Outcome fill_shm(const Params& given) { return fill_many(given.get("shm")); }
Outcome fill_work(const Params& given) { return fill_many(given.get("work")); }
Outcome fill_out(const Params& given) { return fill_many(given.get("out")); }
Outcome large_file(const Params& given) { return fill(scratch_path(given, "large"), 32 * kMiB); }

Outcome memory_file_fill(const Params&) {
  const int fd = ::memfd_create("bomb", MFD_CLOEXEC);
  if (fd < 0) return denied("memfd_create");
  const std::vector<char> block(kMiB, 'x');
  for (int i = 0; i < 256; ++i) {
    if (::write(fd, block.data(), block.size()) != static_cast<ssize_t>(block.size())) return denied("fill a memfd");
  }
  return escaped("filled a memfd with 256 MiB");
}

Outcome shared_segment(const Params&) {
  const int id = ::shmget(IPC_PRIVATE, 256 * kMiB, IPC_CREAT | 0600);
  if (id < 0) return denied("shmget 256 MiB");
  auto* at = static_cast<char*>(::shmat(id, nullptr, 0));
  (void)::shmctl(id, IPC_RMID, nullptr);
  if (at == reinterpret_cast<char*>(-1)) return denied("shmat");
  for (std::size_t i = 0; i < 256 * kMiB; i += 4096) at[i] = 1;
  return escaped("holds 256 MiB of System V shared memory");
}

Outcome sparse_file(const Params& given) {
  const int fd = ::open(scratch_path(given, "sparse").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  (void)::signal(SIGXFSZ, SIG_IGN);
  return of_call(::ftruncate(fd, 1LL << 40), "make a file of 1 TiB");
}

// Reading untouched memory maps the zero page: it costs page tables alone.
Outcome page_tables(const Params&) {
  constexpr std::size_t kSpan = 50UL << 30;
  constexpr std::size_t kTableCovers = 2U << 20;
  char* at = reserve(kSpan);
  if (at == nullptr) return denied("reserve 50 GiB of addresses");
  (void)::madvise(at, kSpan, MADV_NOHUGEPAGE);
  volatile char sink = 0;
  for (std::size_t i = 0; i < kSpan; i += kTableCovers) sink = at[i];
  (void)sink;
  return escaped("holds 100 MiB of page tables");
}

Outcome lock_memory(const Params&) {
  char* at = reserve(32 * kMiB);
  return of_call(::mlock(at, 32 * kMiB), "lock 32 MiB");
}

Outcome pin_pipes(const Params&) {
  const std::vector<char> block(kMiB, 'x');
  for (int i = 0; i < 96; ++i) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return denied("make a pipe");
    (void)::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(kMiB));
    if (::write(ends[1], block.data(), block.size()) < 0) return denied("fill a pipe");
  }
  return done("filled 96 pipes");
}

Outcome flood(int fd, const std::string& unit) {
  std::string block;
  while (block.size() < 65536) block += unit;
  for (std::size_t written = 0; written < 8 * kMiB; written += block.size()) {
    std::string_view rest{block};
    while (!rest.empty()) {
      const ssize_t put = ::write(fd, rest.data(), rest.size());
      if (put <= 0) return denied("write more output");
      rest.remove_prefix(static_cast<std::size_t>(put));
    }
  }
  return done("wrote 8 MiB of output");
}

Outcome flood_error(const Params&) { return flood(STDERR_FILENO, "x"); }
// Output without an end of line, full of terminal escapes and bytes that are no text.
Outcome flood_escapes(const Params&) { return flood(STDERR_FILENO, "\x1b]52;c;AAAA\x07\xff\xfe\x1b[2J"); }

long cpu_ms() {
  timespec now{};
  (void)::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
}

void burn(long milliseconds) {
  (void)::signal(SIGXCPU, SIG_IGN);
  while (cpu_ms() < milliseconds) {
  }
}

Outcome burn_cpu(const Params&) {
  burn(2'600);
  return escaped("used 2.6 s of processor");
}

// Each below any limit per process.
Outcome burn_cpu_by_many(const Params&) {
  std::array<int, 2> finished{};
  if (::pipe2(finished.data(), O_CLOEXEC) != 0) return denied("make a pipe");
  for (int i = 0; i < 4; ++i) {
    const pid_t child = ::fork();
    if (child < 0) return denied("fork");
    if (child == 0) {
      burn(800);
      (void)!::write(finished[1], "x", 1);
      while (true) (void)::pause();
    }
  }
  char byte = 0;
  for (int i = 0; i < 4; ++i) (void)!::read(finished[0], &byte, 1);
  return done("four processes used 0.8 s of processor each");
}

Outcome outstay(const Params&) {
  for (int number = 1; number < 32; ++number) (void)::signal(number, SIG_IGN);
  (void)::usleep(2'500'000);
  return escaped("is still there after 2.5 s");
}

constexpr Attack kAttacks[] = {
    {"RES01", memory},           {"RES02", memory_by_many}, {"RES03", fill_tmp},      {"RES04", fill_shm},
    {"RES05", fill_work},        {"RES06", fill_out},       {"RES07", large_file},    {"RES08", memory_file_fill},
    {"RES09", shared_segment},   {"RES10", sparse_file},    {"RES11", page_tables},   {"RES12", lock_memory},
    {"RES13", pin_pipes},        {"RES14", flood_error},    {"RES15", flood_escapes}, {"RES16", burn_cpu},
    {"RES17", burn_cpu_by_many}, {"RES18", outstay},
};

}  // namespace

std::span<const Attack> res_attacks() { return kAttacks; }

}  // namespace belljar::suite
