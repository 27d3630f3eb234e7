#include <sys/syscall.h>

#include "suite/probe/catalogue.h"
#include "suite/probe/oracles.h"

namespace belljar::suite {

namespace {

constexpr std::int64_t kMiB = 1 << 20;

void little_memory(spec::SandboxSpec& spec) {
  spec.quotas.memory_bytes = 64ULL << 20;
  spec.quotas.disk_bytes = 512ULL << 20;
  spec.quotas.file_bytes = 512ULL << 20;
}
void little_disk(spec::SandboxSpec& spec) {
  spec.quotas.disk_bytes = 16ULL << 20;
  spec.quotas.memory_bytes = 512ULL << 20;
}
void little_file(spec::SandboxSpec& spec) { spec.quotas.file_bytes = 8ULL << 20; }
void few_processes(spec::SandboxSpec& spec) { spec.quotas.processes = 32; }
void few_files(spec::SandboxSpec& spec) { spec.quotas.open_files = 64; }
void few_inodes(spec::SandboxSpec& spec) { spec.quotas.inodes = 256; }
void little_output(spec::SandboxSpec& spec) { spec.quotas.output_bytes = 1ULL << 20; }
void little_cpu(spec::SandboxSpec& spec) { spec.quotas.cpu_time = std::chrono::milliseconds{1000}; }
void little_wall(spec::SandboxSpec& spec) { spec.quotas.wall = std::chrono::milliseconds{1000}; }

constexpr Probe kAmounts[] = {
    {"RES01", "memory", "Fills 256 MiB of memory.", "quota: memory", reaches("rss_kib", 256 * 1024), kPlain, {}, little_memory,
     "cgroup-memory"},
    {"RES02", "memory-by-many", "Fills 32 MiB in each of eight processes.", "quota: memory", reaches("rss_kib", 250 * 1024), kPlain, {},
     little_memory, "cgroup-memory"},
    {"RES03", "fill-tmp", "Writes 64 MiB below /tmp.", "quota: disk", reaches("held_bytes", 60 * kMiB), kPlain, {}, little_disk},
    {"RES04", "fill-shm", "Writes 64 MiB below /dev/shm.", "quota: disk", reaches("held_bytes", 60 * kMiB), kPlain, {}, little_disk},
    {"RES05", "fill-work", "Writes 64 MiB below /work.", "quota: disk", reaches("held_bytes", 60 * kMiB), kPlain, {}, little_disk},
    {"RES06", "fill-out", "Writes 64 MiB below /out.", "quota: disk", reaches("held_bytes", 60 * kMiB), kPlain, {}, little_disk},
    {"RES07", "large-file", "Writes a file of 32 MiB.", "quota: file-size", reaches("held_bytes", 30 * kMiB), kPlain, {}, little_file},
    {"RES08", "memory-file", "Fills a memory file with 256 MiB.", "quota: memory", reaches("held_bytes", 250 * kMiB), kPlain, {},
     little_memory, "cgroup-memory"},
    {"RES09", "shared-segment", "Fills 256 MiB of System V shared memory.", "quota: memory", reaches("rss_kib", 250 * 1024), kPlain, {},
     little_memory, "cgroup-memory"},
    {"RES10", "sparse-file", "Makes a file of 1 TiB that holds nothing.", "quota: file-size", reaches("apparent_bytes", 1LL << 40)},
    {"RES11", "page-tables", "Fills 100 MiB of page tables.", "quota: memory, which counts the kernel's",
     reaches("page_table_kib", 96 * 1024), kPlain, {}, little_memory, "cgroup-memory"},
    {"RES12", "locked-memory", "Locks 32 MiB.", "limit: memlock", reaches("locked_kib", 32 * 1024), kNeedsRoot},
    {"RES13", "pin-pipes", "Fills 96 pipes of 1 MiB.", "quota: open-files, memory", reaches("pipe_bytes", 60 * kMiB), kNeedsRoot, {},
     few_files},
    {"RES14", "output-flood", "Writes 8 MiB of output.", "quota: output, cut with exact counts", reaches("captured_err", 7 * kMiB), kPlain,
     {}, little_output},
    {"RES15", "output-escapes", "Writes 8 MiB without a line's end, full of terminal escapes.", "quota: output",
     reaches("captured_err", 7 * kMiB), kPlain, {}, little_output},
    {"RES16", "cpu-time", "Uses 2.6 s of processor, ignoring signals.", "quota: cpu-time", reaches("cpu_ms", 2400), kPlain, {}, little_cpu,
     "cgroup-cpu"},
    {"RES17", "cpu-time-by-many", "Uses 0.8 s of processor in each of four processes.", "quota: cpu-time over the tree",
     reaches("cpu_ms", 2400), kPlain, {}, little_cpu, "cgroup-cpu"},
    {"RES18", "wall-time", "Stays for 2.5 s, ignoring signals.", "quota: wall", reaches("wall_ms", 2400), kPlain, {}, little_wall},
};

constexpr Probe kCounts[] = {
    {"RES30", "fork-bomb", "Holds 300 processes.", "quota: processes", reaches("procs", 300), kPlain, {}, few_processes,
     "cgroup-processes"},
    {"RES31", "zombies", "Holds 300 processes that have ended.", "quota: processes", reaches("procs", 300), kPlain, {}, few_processes,
     "cgroup-processes"},
    {"RES32", "thread-bomb", "Holds 300 threads.", "quota: processes", reaches("threads", 300), kPlain, {}, few_processes,
     "cgroup-processes"},
    {"RES33", "inode-bomb", "Makes 2000 files.", "quota: inodes", reaches("scratch_entries", 2000), kPlain, {}, few_inodes},
    {"RES34", "descriptor-bomb", "Holds 2000 descriptors.", "quota: open-files", reaches("descriptors", 2000), kPlain, {}, few_files},
    {"RES35", "descriptors-in-flight", "Holds 2000 descriptors inside messages.", "quota: open-files", reaches("in_flight", 1900), kPlain,
     {}, few_files},
    {"RES36", "queued-signals", "Queues 20000 signals to itself.", "limit: pending signals", reaches("queued_signals", 19'000)},
    {"RES37", "timers", "Holds 20000 timers.", "limit: pending signals", reaches("queued_signals", 19'000)},
    {"RES38", "message-queues", "Makes 200 message queues.", "ipc namespace", noticed("ipc")},
    {"RES39", "deep-folders", "Nests 3000 folders, so that no path reaches the last.", "removal is an unmount",
     noticed("cleanup-stuck"), kDeep},
    {"RES40", "raise-limit", "Raises its limit of open files.", "hard limits", reaches("open_files_limit", 4096), kPlain, {}, few_files},
    {"RES41", "blame-neighbour", "Makes a neighbour the first to die when memory is short.", "pid namespace", noticed("oom_score")},
    {"RES42", "drown-events", "Has 3000 calls refused to hide one.", "distinct events are never lost", holds("sock 40 ")},
    {"RES43", "namespaces", "Goes through 50 namespaces.", "system calls: unshare", answered(SYS_unshare)},
};

}  // namespace

std::span<const Probe> res_probes() { return kAmounts; }
std::span<const Probe> res_count_probes() { return kCounts; }

}  // namespace belljar::suite
