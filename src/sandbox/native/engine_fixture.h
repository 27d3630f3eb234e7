// For tests of the engine: one engine, and a short way to run a program in a sandbox of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "os/poll.h"
#include "os/system.h"
#include "sandbox/engine.h"

namespace belljar::sandbox {

struct SandboxLife {
  spec::SandboxReport report;
  std::string output;
  std::string error;
};

inline const spec::Violation* find_violation(const spec::SandboxReport& report, std::string_view layer,
                                             std::string_view what) {
  const auto found = std::find_if(report.violations.begin(), report.violations.end(), [&](const spec::Violation& one) {
    return one.layer == layer && (one.call == what || one.rule == what);
  });
  return found == report.violations.end() ? nullptr : &*found;
}

class EngineTest : public testing::Test {
 protected:
  void SetUp() override {
    Result<std::unique_ptr<Engine>> engine =
        Engine::start({BELLJAR_BINARY_DIR "/bin/belljar-init", BELLJAR_SOURCE_DIR "/profiles"}, clock_);
    ASSERT_TRUE(engine) << engine.error().message();
    engine_ = std::move(engine).value();
    // Where this user has no control groups, quotas they would hold are given up by name; their tests say so.
    Result<std::unique_ptr<Sandbox>> tried = engine_->create(spec_);
    if (!tried) {
      ASSERT_THAT(tried.error().message(), testing::HasSubstr("hold quotas with control groups"));
      spec_.allow_degraded = {"cgroup-memory", "cgroup-processes", "cgroup-cpu"};
      degraded_ = true;
    }
  }

  Result<void> read_into(Sandbox& sandbox, Stream stream, std::string& into) {
    std::array<char, 65536> buffer{};
    for (;;) {
      const OutputChunk chunk = TRY(sandbox.read_output(stream, buffer));
      into.append(buffer.data(), chunk.bytes);
      if (chunk.bytes == 0) return {};
    }
  }

  // Runs to the end and destroys.
  Result<SandboxLife> live(Sandbox& sandbox) {
    SandboxLife lived;
    while (!sandbox.ended()) {
      os::PollSet poll;
      poll.add(engine_->poll_fd(), os::Interest::read);
      poll.add(sandbox.output_fd(Stream::out), os::Interest::read);
      poll.add(sandbox.output_fd(Stream::error), os::Interest::read);
      TRY(poll.wait(std::chrono::milliseconds{500}));
      TRY(engine_->pump());
      TRY(read_into(sandbox, Stream::out, lived.output));
      TRY(read_into(sandbox, Stream::error, lived.error));
    }
    TRY(read_into(sandbox, Stream::out, lived.output));
    TRY(read_into(sandbox, Stream::error, lived.error));
    lived.report = TRY(sandbox.destroy());
    return lived;
  }

  SandboxLife run(std::vector<std::string> argv) {
    Result<std::unique_ptr<Sandbox>> sandbox = engine_->create(spec_);
    if (!sandbox) {
      ADD_FAILURE() << sandbox.error().message();
      return {};
    }
    const Result<void> started = sandbox.value()->start({std::move(argv), spec::default_environment()});
    EXPECT_TRUE(started);
    Result<SandboxLife> lived = live(*sandbox.value());
    if (!lived) {
      ADD_FAILURE() << lived.error().message();
      return {};
    }
    EXPECT_TRUE(lived.value().report.destroyed);
    return std::move(lived).value();
  }
  SandboxLife shell(const std::string& script) { return run({"/bin/sh", "-c", script}); }
  SandboxLife python(const std::string& script) { return run({"/usr/bin/python3", "-c", script}); }

  os::SystemClock clock_;
  std::unique_ptr<Engine> engine_;
  spec::SandboxSpec spec_;
  bool degraded_ = false;
};

}  // namespace belljar::sandbox
