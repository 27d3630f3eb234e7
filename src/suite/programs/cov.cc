// Telling a neighbour something, or hearing it, without a word.
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <string>

#include "suite/programs/attack.h"

namespace belljar::suite {

namespace {

Outcome shared_segment(const Params& given) {
  const int id = ::shmget(static_cast<key_t>(given.number("shmkey")), 0, 0);
  if (id < 0) return denied("find a neighbour's shared memory");
  const auto* at = static_cast<const char*>(::shmat(id, nullptr, SHM_RDONLY));
  if (at == reinterpret_cast<const char*>(-1)) return denied("attach a neighbour's shared memory");
  tell(std::string{"read shared memory: "} + at + "\n");
  return escaped("read a neighbour's shared memory");
}

Outcome shared_memory_file(const Params& given) { return read_and_tell(given.get("shmfile")); }

Outcome machine_statistics(const Params&) {
  return any_of({read_and_tell("/proc/stat"), read_and_tell("/proc/loadavg"), read_and_tell("/proc/meminfo"),
                 read_and_tell("/proc/uptime"), read_and_tell("/proc/pressure/cpu"), read_and_tell("/proc/vmstat")});
}

Outcome access_time(const Params& given) {
  const Outcome read = read_and_tell(given.get("shared") + "/readme");
  return done("read a shared file, which may leave its time of access: " + read.detail);
}

Outcome neighbour_group(const Params&) {
  return any_of({read_and_tell("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
                 read_and_tell("/sys/fs/cgroup/memory.stat"), read_and_tell("/sys/fs/cgroup/pids/tasks"),
                 read_and_tell("/sys/fs/cgroup/cgroup.procs")});
}

// Round 1 leaves a mark wherever something might last; round 2, another sandbox, looks for it.
Outcome residue(const Params& given) {
  Outcome last = denied("nothing of the previous tenant", ENOENT);
  for (const char* place : {"scratch", "shm", "work", "out"}) {
    const std::string path = given.get(place) + "/left-behind";
    if (given.get("round") == "1") {
      const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
      (void)!::write(fd, "left by the previous tenant\n", 28);
      (void)::close(fd);
      last = done("left marks");
    } else {
      const Outcome found = read_and_tell(path);
      if (found.kind == Outcome::Kind::escaped) return found;
    }
  }
  return last;
}

Outcome keyring(const Params& given) {
  constexpr int kUserKeyring = -4;
  constexpr int kSearch = 10;
  constexpr int kRead = 11;
  const std::string name = given.get("key");
  const long key = ::syscall(SYS_keyctl, kSearch, kUserKeyring, "user", name.c_str(), 0);
  if (key < 0) return denied("search the user's keyring");
  std::array<char, 256> value{};
  if (::syscall(SYS_keyctl, kRead, key, value.data(), value.size() - 1) < 0) return denied("read a neighbour's key");
  tell(std::string{"read key: "} + value.data() + "\n");
  return escaped("read a neighbour's key");
}

Outcome named_pipe(const Params& given) {
  const int fd = ::open((given.get("shared") + "/pipe").c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return denied("open a neighbour's FIFO in a read-only folder");
  return of_call(::write(fd, "x", 1), "write to a neighbour's FIFO in a read-only folder");
}

Outcome message_to_neighbour(const Params& given) {
  const int id = ::msgget(static_cast<key_t>(given.number("shmkey")), IPC_CREAT | 0666);
  if (id < 0) return denied("open a message queue by a number both know");
  for (int i = 0; i < 60; ++i) (void)::msgget(static_cast<key_t>(given.number("shmkey") + 1 + i), IPC_CREAT | 0666);
  return done("made message queues under numbers a neighbour knows");
}

Outcome system_load(const Params&) {
  struct sysinfo info {};
  if (::sysinfo(&info) != 0) return denied("sysinfo");
  return escaped("sees the machine's load and memory through sysinfo");
}

Outcome cycle_counter(const Params&) {
  timespec before{};
  timespec after{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &before);
  (void)::clock_gettime(CLOCK_MONOTONIC, &after);
  const long ns = (after.tv_sec - before.tv_sec) * 1'000'000'000 + after.tv_nsec - before.tv_nsec;
  return ns < 10'000 ? escaped("has a clock fine enough to time caches") : harmless("clock too coarse to time caches");
}

Outcome page_cache(const Params& given) {
  constexpr int kCacheStat = 451;
  const int fd = ::open((given.get("shared") + "/readme").c_str(), O_RDONLY | O_CLOEXEC);
  std::array<unsigned long, 2> range{0, 0};
  std::array<unsigned long, 5> counts{};
  return of_call(::syscall(kCacheStat, fd, range.data(), counts.data(), 0),
                 "ask which pages of a shared file are cached");
}

constexpr Attack kAttacks[] = {
    {"COV01", shared_segment}, {"COV02", shared_memory_file}, {"COV03", machine_statistics},
    {"COV04", access_time},    {"COV05", neighbour_group},    {"COV06", residue},
    {"COV07", keyring},        {"COV08", named_pipe},         {"COV09", message_to_neighbour},
    {"COV20", system_load},    {"COV21", cycle_counter},      {"COV22", page_cache},
};

}  // namespace

std::span<const Attack> cov_attacks() { return kAttacks; }

}  // namespace belljar::suite
