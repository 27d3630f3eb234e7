// What a sealed program pays all the time: system calls, files, page faults, a numpy job, python's start; plain and
// sealed in turn.   Usage: steady_bench [ROUNDS]

#include <cstring>
#include <map>
#include <sstream>

#include "measure.h"
#include "os/run_program.h"

namespace belljar::bench {
namespace {

constexpr const char* kNumpyJob =
    "import time, numpy as np\n"
    "r = np.random.default_rng(7)\n"
    "a = r.random((600, 600)); t = time.perf_counter()\n"
    "for _ in range(6): a = a @ a; a /= np.abs(a).max(); np.linalg.svd(a[:160, :160]); np.sort(a.ravel())\n"
    "print('numpy job', (time.perf_counter() - t) * 1e9)\n";

using Figures = std::map<std::string, std::vector<double>>;

void add(Figures& figures, const std::string& output) {
  std::istringstream lines{output};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.rfind(' ');
    if (space != std::string::npos) figures[line.substr(0, space)].push_back(std::atof(line.c_str() + space));
  }
}

std::string sealed(sandbox::Engine& engine, const spec::SandboxSpec& spec, std::vector<std::string> argv) {
  const std::unique_ptr<sandbox::Sandbox> sandbox = must(engine.create(spec));
  std::vector<std::string> environment = spec::default_environment();
  environment.emplace_back("OPENBLAS_NUM_THREADS=1");
  must(sandbox->start({std::move(argv), environment}));
  std::string output = finish(engine, *sandbox);
  (void)must(sandbox->destroy());
  return output;
}

std::string plain(const std::vector<std::string>& argv) {
  std::vector<std::string> words{"env", "OPENBLAS_NUM_THREADS=1"};
  words.insert(words.end(), argv.begin(), argv.end());
  return must(os::run_program(words, {})).output;
}

int run(int rounds) {
  const os::SystemClock clock;
  const std::unique_ptr<sandbox::Engine> engine = start_engine(clock);
  spec::SandboxSpec spec = bench_spec();
  spec.profile = "interpreter";
  const bool numpy = must(os::run_program({"/usr/bin/python3", "-c", "import numpy"}, {})).exit_code == 0;
  Figures unsealed;
  Figures walled;
  const std::string steady = BELLJAR_BINARY_DIR "/bin/bench_steady";
  for (int round = 0; round < rounds; ++round) {
    add(unsealed, plain({steady}));
    add(walled, sealed(*engine, spec, {"/bench/bench_steady"}));
    if (numpy) {
      add(unsealed, plain({"/usr/bin/python3", "-c", kNumpyJob}));
      add(walled, sealed(*engine, spec, {"/usr/bin/python3", "-c", kNumpyJob}));
    }
    std::int64_t begin = now_ns();
    (void)plain({"/usr/bin/python3", "-c", "pass"});
    unsealed["python start"].push_back(static_cast<double>(now_ns() - begin));
    const std::unique_ptr<sandbox::Sandbox> sandbox = must(engine->create(spec));
    begin = now_ns();
    must(sandbox->start({{"/usr/bin/python3", "-c", "pass"}, spec::default_environment()}));
    (void)finish(*engine, *sandbox);
    walled["python start"].push_back(static_cast<double>(now_ns() - begin));
    (void)must(sandbox->destroy());
  }
  if (!numpy)
    (void)std::puts("left out: the numpy job (the host's python3 has no numpy: apt-get install python3-numpy)");
  (void)std::printf("%-26s %14s %14s %8s\n", "", "plain ns", "sealed ns", "ratio");
  for (const auto& [name, values] : unsealed) {
    const double before = quantile(values, 0.5);
    const double after = quantile(walled[name], 0.5);
    (void)std::printf("%-26s %14.0f %14.0f %8.3f\n", name.c_str(), before, after, after / before);
  }
  return 0;
}

}  // namespace
}  // namespace belljar::bench

int main(int argc, char** argv) { return belljar::bench::run(argc > 1 ? std::atoi(argv[1]) : 15); }
