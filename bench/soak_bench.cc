// Many sandboxes, and what is left: N one after another, then M at once; processes, mounts, cgroups, namespaces,
// descriptors and files are counted before and after, and an idle sandbox's kernel memory is read from its own cgroup.
// Usage: soak_bench [N] [M]    Exit code 1 when anything is left.

#include <dirent.h>

#include <fstream>
#include <map>
#include <set>

#include "measure.h"
#include "os/file.h"

namespace belljar::bench {
namespace {

using Counts = std::map<std::string, long>;

long entries(const std::string& path, bool numbers_only = false) {
  const Result<std::vector<os::DirectoryEntry>> list = os::list_directory(path);
  if (!list) return 0;
  long count = 0;
  for (const os::DirectoryEntry& entry : list.value()) {
    count += !numbers_only || std::isdigit(static_cast<unsigned char>(entry.name[0])) != 0 ? 1 : 0;
  }
  return count;
}

long belljar_cgroups() {
  long count = 0;
  for (const os::DirectoryEntry& hierarchy : must(os::list_directory("/sys/fs/cgroup"))) {
    const Result<std::vector<os::DirectoryEntry>> inside =
        os::list_directory("/sys/fs/cgroup/" + hierarchy.name + "/belljar");
    if (!inside) continue;
    for (const os::DirectoryEntry& entry : inside.value()) count += entry.type == DT_DIR ? 1 : 0;
  }
  return count;
}

long belljar_files() {
  long count = 0;
  for (const os::DirectoryEntry& entry : must(os::list_directory("/tmp"))) {
    count += entry.name.find("belljar") != std::string::npos ? 1 : 0;
  }
  return count;
}

// Our own children and theirs: what other people's processes do does not count.
long own_processes() {
  long count = 0;
  std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
  for (std::string pid; children >> pid;) ++count;
  return count;
}

long namespaces() {
  std::set<std::string> seen;
  for (const os::DirectoryEntry& entry : must(os::list_directory("/proc"))) {
    if (std::isdigit(static_cast<unsigned char>(entry.name[0])) == 0) continue;
    std::array<char, 64> target{};
    const ssize_t length = readlink(("/proc/" + entry.name + "/ns/pid").c_str(), target.data(), target.size());
    if (length > 0) seen.emplace(target.data(), static_cast<std::size_t>(length));
  }
  return static_cast<long>(seen.size());
}

Counts count_all() {
  const std::string mounts = must(os::read_file("/proc/self/mountinfo", 16U << 20));
  return {{"own child processes", own_processes()},
          {"mounts", std::count(mounts.begin(), mounts.end(), '\n')},
          {"belljar cgroups", belljar_cgroups()},
          {"pid namespaces", namespaces()},
          {"own descriptors", entries("/proc/self/fd")},
          {"belljar files in /tmp", belljar_files()},
          {"files in /run/belljar", entries("/run/belljar")}};
}

void settle(sandbox::Engine& engine) {
  const std::int64_t until = now_ns() + 500'000'000;
  while (now_ns() < until) must(engine.wait(std::chrono::milliseconds{20}));
}

int compare(const Counts& before, const Counts& after) {
  int more = 0;
  for (const auto& [what, count] : after) {
    const long was = before.at(what);
    (void)std::printf("  %-24s before %6ld  after %6ld%s\n", what.c_str(), was, count, count > was ? "  MORE" : "");
    more += count > was ? 1 : 0;
  }
  return more;
}

void one_after_another(sandbox::Engine& engine, const spec::SandboxSpec& spec, int runs) {
  must(engine.keep_ready(spec, 4));
  const std::int64_t begin = now_ns();
  for (int turn = 0; turn < runs; ++turn) {
    const std::unique_ptr<sandbox::Sandbox> sandbox = must(engine.claim(spec));
    must(sandbox->start({{"/bench/bench_now"}, spec::default_environment()}));
    (void)finish(engine, *sandbox);
    const spec::SandboxReport report = must(sandbox->destroy());
    if (!report.destroyed || report.exit_code != 0) (void)std::printf("  run %d: %s\n", turn, report.reason.c_str());
  }
  const double seconds = static_cast<double>(now_ns() - begin) / 1e9;
  (void)std::printf("%d one after another: %.1f s, %.0f per second\n", runs, seconds, runs / seconds);
  must(engine.keep_ready(spec, 0));
}

std::uint64_t kernel_bytes_of_cgroups() {
  std::uint64_t sum = 0;
  const Result<std::vector<os::DirectoryEntry>> list = os::list_directory("/sys/fs/cgroup/memory/belljar");
  if (!list) return 0;
  for (const os::DirectoryEntry& entry : list.value()) {
    std::ifstream file("/sys/fs/cgroup/memory/belljar/" + entry.name + "/memory.kmem.usage_in_bytes");
    std::uint64_t bytes = 0;
    if (file >> bytes) sum += bytes;
  }
  return sum;
}

void at_once(sandbox::Engine& engine, const spec::SandboxSpec& spec, int count) {
  std::vector<std::unique_ptr<sandbox::Sandbox>> idle;
  const std::int64_t begin = now_ns();
  for (int at = 0; at < count; ++at) idle.push_back(must(engine.create(spec)));
  (void)std::printf("%d at once: %.1f s to make", count, static_cast<double>(now_ns() - begin) / 1e9);
  const std::uint64_t bytes = kernel_bytes_of_cgroups();
  if (bytes > 0)
    (void)std::printf(", %.0f KiB of kernel memory per idle sandbox", static_cast<double>(bytes) / count / 1024);
  (void)std::printf("\n");
  for (const auto& sandbox : idle) must(sandbox->start({{"/bench/bench_now"}, spec::default_environment()}));
  for (const auto& sandbox : idle) (void)finish(engine, *sandbox);
}

int run(int sequential, int parallel) {
  const os::SystemClock clock;
  int more = 0;
  const std::unique_ptr<sandbox::Engine> engine = start_engine(clock);
  const spec::SandboxSpec spec = bench_spec();
  one_after_another(*engine, spec, 10);  // launcher and caches stand before the first count
  settle(*engine);
  const Counts before = count_all();
  one_after_another(*engine, spec, sequential);
  settle(*engine);
  more += compare(before, count_all());
  at_once(*engine, spec, parallel);
  settle(*engine);
  more += compare(before, count_all());
  (void)std::printf("%s\n", more == 0 ? "nothing is left" : "SOMETHING IS LEFT");
  return more == 0 ? 0 : 1;
}

}  // namespace
}  // namespace belljar::bench

int main(int argc, char** argv) {
  return belljar::bench::run(argc > 1 ? std::atoi(argv[1]) : 10000, argc > 2 ? std::atoi(argv[2]) : 500);
}
