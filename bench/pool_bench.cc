// A pool of ready sandboxes: from the claim to the program's first instruction, and runs per second one and two at a
// time, with bubblewrap's in between: as long as the pool lasts, and when it has to be filled as fast as it is emptied.
// Usage: pool_bench [RUNS]

#include <array>
#include <cstring>
#include <optional>

#include "measure.h"

namespace belljar::bench {
namespace {

const std::vector<std::string> kBubblewrap{"bwrap", "--unshare-all", "--ro-bind", "/",  "/",        "--dev",
                                           "/dev",  "--proc",        "/proc",     "--", "/bin/true"};

constexpr std::size_t kDepth = 60;  // of which a burst takes all
const spec::Command kTrue{{"/bin/true"}, spec::default_environment()};

void await_full(sandbox::Engine& engine, const spec::SandboxSpec& spec, std::size_t depth) {
  while (engine.ready(spec) < depth) must(engine.wait(std::chrono::milliseconds{10}));
  const std::int64_t pause = now_ns() + 5'000'000;  // the ends of earlier ones
  while (now_ns() < pause) must(engine.wait(std::chrono::milliseconds{1}));
}

// With `loaded` the program has come up before the claim, but for its first instruction.
void claim_to_running(sandbox::Engine& engine, const spec::SandboxSpec& spec, int runs, bool loaded) {
  constexpr std::size_t kFew = 4;
  const spec::Command command{{"/bench/bench_now"}, spec::default_environment()};
  must(engine.keep_ready(spec, kFew, loaded ? std::optional{command} : std::nullopt));
  std::vector<double> micros;
  for (int turn = 0; turn < runs; ++turn) {
    await_full(engine, spec, kFew);
    const std::int64_t begin = now_ns();
    const std::unique_ptr<sandbox::Sandbox> sandbox = must(engine.claim(spec));
    must(sandbox->start(command));
    const std::string output = finish(engine, *sandbox);
    std::int64_t running = 0;
    if (output.size() == sizeof running) {
      std::memcpy(&running, output.data(), sizeof running);
      micros.push_back(static_cast<double>(running - begin) / 1000);
    }
  }
  (void)std::printf("claim to running program%s, us: p50 %.0f  p90 %.0f  p99 %.0f  (n %zu)\n", loaded ? ", loaded" : "",
                    quantile(micros, 0.5), quantile(micros, 0.9), quantile(micros, 0.99), micros.size());
}

// `lanes` programs under way at any moment.
double pool_rate(sandbox::Engine& engine, const spec::SandboxSpec& spec, int runs, std::size_t lanes) {
  std::vector<std::unique_ptr<sandbox::Sandbox>> under_way;
  const std::int64_t begin = now_ns();
  for (int done = 0, begun = 0; done < runs;) {
    while (under_way.size() < lanes && begun < runs) {
      under_way.push_back(must(engine.claim(spec)));
      must(under_way.back()->start(kTrue));
      ++begun;
    }
    must(engine.wait(std::chrono::milliseconds{100}));
    for (auto one = under_way.begin(); one != under_way.end();) {
      if (!(*one)->ended()) {
        ++one;
        continue;
      }
      one = under_way.erase(one);  // torn down off the hot path
      ++done;
    }
  }
  return runs / (static_cast<double>(now_ns() - begin) / 1e9);
}

double bubblewrap_rate(int runs, int lanes) {
  const std::int64_t begin = now_ns();
  std::vector<pid_t> children;
  for (int lane = 0; lane < lanes; ++lane) {
    const pid_t pid = fork();
    if (pid == 0) {
      for (int turn = 0; turn < runs / lanes; ++turn) (void)time_program(kBubblewrap);
      _exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) (void)waitpid(pid, nullptr, 0);
  return runs / (static_cast<double>(now_ns() - begin) / 1e9);
}

void rates(sandbox::Engine& engine, const spec::SandboxSpec& spec, int runs, int lanes) {
  struct Series {
    const char* name;
    std::optional<spec::Command> loaded;
    std::vector<double> ours = {};
    std::vector<double> ratios = {};
  };
  std::array<Series, 3> all{Series{"from a full pool", {}}, Series{"from a full pool, loaded", kTrue},
                            Series{"without a pause", {}}};
  std::vector<double> theirs;
  for (int round = 0; round < 7; ++round) {
    must(engine.keep_ready(spec, 0));
    theirs.push_back(bubblewrap_rate(static_cast<int>(kDepth), lanes));
    for (Series& series : all) {
      const bool full = &series != &all.back();
      must(engine.keep_ready(spec, full ? kDepth : 8, series.loaded));
      if (full) await_full(engine, spec, kDepth);
      const int count = full ? static_cast<int>(kDepth) : runs / 2;
      series.ours.push_back(pool_rate(engine, spec, count, static_cast<std::size_t>(lanes)));
      series.ratios.push_back(series.ours.back() / theirs.back());
    }
  }
  for (const Series& series : all) {
    (void)std::printf("  %d at a time, %s: %.0f  bubblewrap %.0f  ratio %.2f\n", lanes, series.name,
                      quantile(series.ours, 0.5), quantile(theirs, 0.5), quantile(series.ratios, 0.5));
  }
}

int run(int runs) {
  const os::SystemClock clock;
  const std::unique_ptr<sandbox::Engine> engine = start_engine(clock);
  const spec::SandboxSpec spec = bench_spec();
  for (const bool loaded : {false, true}) claim_to_running(*engine, spec, runs, loaded);
  (void)std::printf("runs/s, medians of 7 interleaved rounds:\n");
  for (const int lanes : {1, 2}) rates(*engine, spec, runs, lanes);
  return 0;
}

}  // namespace
}  // namespace belljar::bench

int main(int argc, char** argv) { return belljar::bench::run(argc > 1 ? std::atoi(argv[1]) : 400); }
