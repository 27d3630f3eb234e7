// What the benchmarks share: quantiles, timing of a whole program, and running a sandbox to its end.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "os/poll.h"
#include "os/system.h"
#include "sandbox/engine.h"

namespace belljar::bench {

inline std::int64_t now_ns() {
  timespec now{};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(q * static_cast<double>(values.size())))];
}

// Milliseconds from spawn to reaped, output thrown away; negative when it failed.
inline double time_program(const std::vector<std::string>& argv) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  (void)posix_spawn_file_actions_init(&actions);
  (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  (void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  const std::int64_t begin = now_ns();
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environ);
  int status = 0;
  if (error == 0) (void)waitpid(pid, &status, 0);
  const std::int64_t end = now_ns();
  (void)posix_spawn_file_actions_destroy(&actions);
  return error == 0 && status == 0 ? static_cast<double>(end - begin) / 1e6 : -1;
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    (void)std::fprintf(stderr, "%s\n", result.error().message().c_str());
    std::exit(4);
  }
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

inline std::unique_ptr<sandbox::Engine> start_engine(const Clock& clock) {
  return must(sandbox::Engine::start({BELLJAR_BINARY_DIR "/bin/belljar-init", BELLJAR_SOURCE_DIR "/profiles"}, clock));
}

inline spec::SandboxSpec bench_spec() {
  spec::SandboxSpec spec;
  spec.name = "bench";
  spec.profile = "compute";
  spec.files.push_back({BELLJAR_BINARY_DIR "/bin", "/bench"});
  return spec;
}

// Everything on stdout until the program has ended.
inline std::string finish(sandbox::Engine& engine, sandbox::Sandbox& sandbox) {
  std::string output;
  std::array<char, 65536> buffer{};
  for (bool ended = false; !ended;) {
    ended = sandbox.ended();
    if (!ended) must(engine.wait(std::chrono::milliseconds{100}));
    while (const std::size_t bytes = must(sandbox.read_output(sandbox::Stream::out, buffer)).bytes) {
      output.append(buffer.data(), bytes);
    }
  }
  return output;
}

}  // namespace belljar::bench
