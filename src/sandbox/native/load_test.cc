// Ready sandboxes whose program has come up already, and ended ones that nobody has taken down yet.

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sandbox/native/engine_fixture.h"

namespace belljar::sandbox {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class LoadTest : public EngineTest {
 protected:
  std::unique_ptr<Sandbox> claim_loaded(const spec::Command& command) {
    const Result<void> kept = engine_->keep_ready(spec_, 1, command);
    EXPECT_TRUE(kept) << kept.error().message();
    Result<std::unique_ptr<Sandbox>> claimed = engine_->claim(spec_);
    EXPECT_TRUE(claimed) << claimed.error().message();
    // So that what comes next is no other one.
    EXPECT_TRUE(engine_->keep_ready(spec_, 0, command));
    return claimed ? std::move(claimed).value() : nullptr;
  }

  void pass(std::chrono::milliseconds time) {
    const Nanoseconds until = clock_.monotonic() + time;
    while (clock_.monotonic() < until) ASSERT_TRUE(engine_->wait(std::chrono::milliseconds{5}));
  }

  // Of this host, by a word of their command line; with their state, "t" for traced and stopped.
  static std::vector<std::string> states_of(const std::string& mark) {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream file{entry.path() / "cmdline"};
      const std::string line{std::istreambuf_iterator<char>{file}, {}};
      if (line.find(mark) == std::string::npos) continue;
      std::ifstream status{entry.path() / "stat"};
      const std::string text{std::istreambuf_iterator<char>{status}, {}};
      const std::size_t name = text.rfind(") ");
      if (name != std::string::npos) found.push_back(text.substr(name + 2, 1));
    }
    return found;
  }

  void await_none(const std::string& mark) {
    for (int turn = 0; turn < 400 && !states_of(mark).empty(); ++turn) pass(std::chrono::milliseconds{10});
    EXPECT_THAT(states_of(mark), IsEmpty());
  }

  spec::Command command_of(const std::vector<std::string>& argv) { return {argv, spec::default_environment()}; }
};

TEST_F(LoadTest, ALoadedProgramRunsNothingBeforeItsStart) {
  const spec::Command command = command_of({"/bin/sh", "-c", "echo ran 77131"});
  const std::unique_ptr<Sandbox> sandbox = claim_loaded(command);
  ASSERT_NE(sandbox, nullptr);
  pass(std::chrono::milliseconds{100});
  EXPECT_EQ(states_of("ran 77131"), std::vector<std::string>{"t"});
  std::string output;
  ASSERT_TRUE(read_into(*sandbox, Stream::out, output));
  EXPECT_EQ(output, "");
  ASSERT_TRUE(sandbox->start(command));
  const Result<SandboxLife> lived = live(*sandbox);
  ASSERT_TRUE(lived) << lived.error().message();
  EXPECT_EQ(lived.value().output, "ran 77131\n");
  EXPECT_EQ(lived.value().report.exit_code, 0);
  EXPECT_TRUE(lived.value().report.destroyed);
}

TEST_F(LoadTest, ALoadedOneIsUnderEveryWall) {
  const spec::Command command = command_of(
      {"/usr/bin/python3", "-c", "import socket\ntry: socket.socket()\nexcept OSError as e: print(e.errno)"});
  const std::unique_ptr<Sandbox> sandbox = claim_loaded(command);
  ASSERT_NE(sandbox, nullptr);
  ASSERT_TRUE(sandbox->start(command));
  EXPECT_EQ(sandbox->drift().value(), "");
  const Result<SandboxLife> lived = live(*sandbox);
  ASSERT_TRUE(lived) << lived.error().message();
  EXPECT_EQ(lived.value().output, "1\n");
  EXPECT_NE(find_violation(lived.value().report, "seccomp", "socket"), nullptr);
}

TEST_F(LoadTest, ItTakesNoOtherCommand) {
  const std::unique_ptr<Sandbox> sandbox = claim_loaded(command_of({"/bin/true"}));
  ASSERT_NE(sandbox, nullptr);
  const Result<void> started = sandbox->start(command_of({"/bin/false"}));
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message(), HasSubstr("another command"));
}

TEST_F(LoadTest, AProgramThatIsNotThereIsToldAtItsStart) {
  const spec::Command command = command_of({"/no/such/program"});
  const std::unique_ptr<Sandbox> sandbox = claim_loaded(command);
  ASSERT_NE(sandbox, nullptr);
  ASSERT_TRUE(sandbox->start(command));
  const Result<SandboxLife> lived = live(*sandbox);
  ASSERT_TRUE(lived) << lived.error().message();
  EXPECT_EQ(lived.value().report.exit_code, 127);
}

TEST_F(LoadTest, OneThatIsThrownAwayLeavesNothing) {
  {
    const std::unique_ptr<Sandbox> sandbox = claim_loaded(command_of({"/bin/sleep", "77132"}));
    ASSERT_EQ(states_of("77132"), std::vector<std::string>{"t"});
  }
  await_none("77132");
  // And with the whole engine.
  const std::unique_ptr<Sandbox> sandbox = claim_loaded(command_of({"/bin/sleep", "77133"}));
  ASSERT_EQ(states_of("77133").size(), 1U);
}

TEST_F(LoadTest, OneThatIsKilledBeforeItsStartEndsAsKilled) {
  const spec::Command command = command_of({"/bin/sleep", "77134"});
  const std::unique_ptr<Sandbox> sandbox = claim_loaded(command);
  ASSERT_NE(sandbox, nullptr);
  sandbox->kill(spec::EndStatus::denied, "by this test");
  const Result<spec::SandboxReport> report = sandbox->destroy();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_THAT(report.value().reason, HasSubstr("by this test"));
  EXPECT_THAT(states_of("77134"), IsEmpty());
}

TEST_F(LoadTest, ADeterministicOneIsNotLoaded) {
  spec_.deterministic = spec::Deterministic{7};
  const Result<void> kept = engine_->keep_ready(spec_, 1, command_of({"/bin/true"}));
  ASSERT_FALSE(kept);
  EXPECT_THAT(kept.error().message(), HasSubstr("without its command"));
}

// They wait to be ended when their launcher dies: what comes after them must not be taken for one of them.
TEST_F(LoadTest, OnesThatEndedByThemselvesAreNotEndedAgain) {
  ASSERT_TRUE(engine_->keep_ready(spec_, 3));
  std::vector<std::unique_ptr<Sandbox>> claimed;
  for (int one = 0; one < 3; ++one) {
    Result<std::unique_ptr<Sandbox>> sandbox = engine_->claim(spec_);
    ASSERT_TRUE(sandbox) << sandbox.error().message();
    ASSERT_TRUE(sandbox.value()->start(command_of({"/bin/true"})));
    claimed.push_back(std::move(sandbox).value());
  }
  for (const auto& one : claimed) {
    while (!one->ended()) ASSERT_TRUE(engine_->wait(std::chrono::milliseconds{100}));
  }
  claimed.clear();
  ASSERT_EQ(::system(("pkill -KILL -P " + std::to_string(::getpid()) + " -x belljar-init").c_str()), 0);
  pass(std::chrono::milliseconds{50});
  Result<std::unique_ptr<Sandbox>> next = engine_->create(spec_);
  ASSERT_TRUE(next) << next.error().message();
  ASSERT_TRUE(next.value()->start(command_of({"/bin/sh", "-c", "sleep 0.2; exit 7"})));
  const Result<SandboxLife> lived = live(*next.value());
  ASSERT_TRUE(lived) << lived.error().message();
  EXPECT_EQ(lived.value().report.exit_code, 7);
}

// An owner may take its time: nothing goes on meanwhile, and nothing is counted.
TEST_F(LoadTest, WhatAProgramLeftRunningEndsWithIt) {
  Result<std::unique_ptr<Sandbox>> made = engine_->create(spec_);
  ASSERT_TRUE(made) << made.error().message();
  Sandbox& sandbox = *made.value();
  ASSERT_TRUE(sandbox.start(command_of({"/bin/sh", "-c", "setsid sleep 77135 & sleep 0.1"})));
  while (!sandbox.ended()) ASSERT_TRUE(engine_->wait(std::chrono::milliseconds{100}));
  await_none("77135");
  pass(std::chrono::milliseconds{500});
  const Result<spec::SandboxReport> report = sandbox.destroy();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report.value().status, spec::EndStatus::exited);
  EXPECT_LT(report.value().wall_ns, 450'000'000);
}

}  // namespace
}  // namespace belljar::sandbox
