// What determinism costs: the same program in an ordinary and in a deterministic sandbox, interleaved run by run.
// Usage: deterministic_bench [RUNS]
// Processor time is that of the sandbox's control group, pid 1's answers included; it does not depend on who else uses
// the machine as much as the wall clock does.

#include "measure.h"

namespace belljar::bench {
namespace {

struct Job {
  const char* name;
  std::vector<std::string> argv;
  double questions = 0;  // asked besides the start of the program
};

std::vector<Job> jobs() {
  const auto python = [](const char* script) { return std::vector<std::string>{"/usr/bin/python3", "-c", script}; };
  return {
      {"/bin/true", {"/bin/true"}},
      {"python3 -c pass", python("pass")},
      {"python3, json, random", python("import json, random")},
      {"python3, 20000 x clock", python("import time\nfor _ in range(20000): time.monotonic()"), 20000},
      {"python3, 20000 x stat", python("import os\nfor _ in range(20000): os.stat('/tmp')"), 20000},
      {"python3, 20000 x urandom", python("import os\nfor _ in range(20000): os.urandom(16)"), 20000},
  };
}

struct Cost {
  double wall_ms = 0;
  double processor_ms = 0;
};

Cost live(sandbox::Engine& engine, const Job& job, bool deterministic) {
  spec::SandboxSpec spec;
  spec.name = deterministic ? "deterministic" : "ordinary";
  if (deterministic) spec.deterministic = spec::Deterministic{7};
  auto sandbox = must(engine.create(spec));
  must(sandbox->start({job.argv, spec::default_environment(), "/work"}));
  (void)finish(engine, *sandbox);
  const spec::SandboxReport report = must(sandbox->destroy());
  if (report.exit_code != 0) {
    (void)std::fprintf(stderr, "%s ended with %d\n", job.name, report.exit_code);
    std::exit(4);
  }
  return {static_cast<double>(report.wall_ns) / 1e6, static_cast<double>(report.cpu_ns) / 1e6};
}

int run(int runs) {
  const os::SystemClock clock;
  const auto engine = start_engine(clock);
  (void)std::printf("%-26s %5s  %9s %9s  %9s %9s  %6s %s\n", "program", "runs", "wall ms", "determ.", "cpu ms",
                    "determ.", "ratio", "us a question");
  for (const Job& job : jobs()) {
    std::array<std::vector<double>, 2> wall;
    std::array<std::vector<double>, 2> processor;
    std::vector<double> ratios;
    for (int round = 0; round < runs; ++round) {
      for (const bool deterministic : {false, true}) {
        const Cost cost = live(*engine, job, deterministic);
        wall[deterministic ? 1 : 0].push_back(cost.wall_ms);
        processor[deterministic ? 1 : 0].push_back(cost.processor_ms);
      }
      ratios.push_back(wall[1].back() / wall[0].back());
    }
    (void)std::printf("%-26s %5d  %9.1f %9.1f  %9.1f %9.1f  %6.2f", job.name, runs, quantile(wall[0], 0.5),
                      quantile(wall[1], 0.5), quantile(processor[0], 0.5), quantile(processor[1], 0.5),
                      quantile(ratios, 0.5));
    if (job.questions > 0) {
      (void)std::printf(" %.1f", (quantile(processor[1], 0.5) - quantile(processor[0], 0.5)) * 1000 / job.questions);
    }
    (void)std::printf("\n");
  }
  return 0;
}

}  // namespace
}  // namespace belljar::bench

int main(int argc, char** argv) { return belljar::bench::run(argc > 1 ? std::atoi(argv[1]) : 20); }
