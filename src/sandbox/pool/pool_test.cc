// A pool and its guests, in real sandboxes: one thread serves, the test is the guest.

#include "sandbox/pool/pool.h"

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "os/file.h"
#include "os/local_socket.h"
#include "sandbox/native/engine_fixture.h"
#include "sandbox/pool/likeness.h"
#include "sandbox/pool/pooled_sandbox.h"

namespace belljar::sandbox {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class PoolTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (HasFatalFailure()) return;
    engine_.reset();
    std::string folder = testing::TempDir() + "pool-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    std::filesystem::copy(BELLJAR_SOURCE_DIR "/profiles", folder_ + "/profiles");
    options_ = {BELLJAR_BINARY_DIR "/bin/belljar-init", folder_ + "/profiles"};
    open_pool();
  }

  void TearDown() override {
    close_pool();
    (void)os::remove_tree(folder_);
  }

  void open_pool() {
    Result<std::unique_ptr<Pool>> pool = Pool::open({spec_, 2, options_, socket()}, clock_);
    ASSERT_TRUE(pool) << pool.error().message();
    pool_ = std::move(pool).value();
    serving_ = true;
    server_ = std::thread{[this] {
      while (serving_) EXPECT_TRUE(pool_->turn(std::chrono::milliseconds{5}));
    }};
  }

  void close_pool() {
    serving_ = false;
    if (server_.joinable()) server_.join();
    pool_.reset();
  }

  std::string socket() const { return folder_ + "/socket"; }

  Result<std::unique_ptr<PooledSandbox>> start(const std::vector<std::string>& argv) {
    return PooledSandbox::start(spec_, {argv, spec::default_environment()}, {options_, socket()});
  }

  // Fails the test where the pool did not serve.
  SandboxLife run(const std::vector<std::string>& argv) {
    Result<std::unique_ptr<PooledSandbox>> started = start(argv);
    EXPECT_TRUE(started && started.value()) << (started ? "refused" : started.error().message());
    if (!started || !started.value()) return {};
    return finish(*started.value());
  }

  SandboxLife finish(PooledSandbox& sandbox) {
    SandboxLife lived;
    sandbox.close_input();
    while (!sandbox.ended()) {
      std::array<pollfd, 3> polled{pollfd{sandbox.poll_fd(), POLLIN, 0},
                                   {sandbox.output_fd(Stream::out), POLLIN, 0},
                                   {sandbox.output_fd(Stream::error), POLLIN, 0}};
      EXPECT_GT(::poll(polled.data(), polled.size(), 20'000), 0);
      EXPECT_TRUE(sandbox.pump());
      EXPECT_TRUE(read_into(sandbox, Stream::out, lived.output));
      EXPECT_TRUE(read_into(sandbox, Stream::error, lived.error));
    }
    Result<spec::SandboxReport> report = sandbox.destroy();
    EXPECT_TRUE(report) << report.error().message();
    if (report) lived.report = std::move(report).value();
    return lived;
  }

  std::string folder_;
  EngineOptions options_;
  std::unique_ptr<Pool> pool_;
  std::atomic<bool> serving_ = false;
  std::thread server_;
};

TEST_F(PoolTest, AProgramRunsInASandboxThatStoodReady) {
  const SandboxLife lived = run({"/bin/sh", "-c", "echo out; echo err >&2; exit 7"});
  EXPECT_EQ(lived.output, "out\n");
  EXPECT_EQ(lived.error, "err\n");
  EXPECT_EQ(lived.report.status, spec::EndStatus::exited);
  EXPECT_EQ(lived.report.exit_code, 7);
  EXPECT_EQ(lived.report.posture, "ok");
  EXPECT_TRUE(lived.report.destroyed);
  EXPECT_FALSE(lived.report.destruction_proof.empty());
  EXPECT_EQ(lived.report.stdout_bytes.seen, 4U);
}

TEST_F(PoolTest, EachGuestGetsASandboxOfItsOwn) {
  for (int turn = 0; turn < 5; ++turn) {
    EXPECT_EQ(run({"/bin/sh", "-c", "ls /tmp /work; echo mine > /tmp/left; echo mine > /work/left"}).output,
              "/tmp:\n\n/work:\n");
  }
}

TEST_F(PoolTest, WhatItIsRefusedIsInTheReport) {
  const SandboxLife lived = run({"/usr/bin/python3", "-c", "import socket; socket.socket()"});
  EXPECT_NE(lived.report.exit_code, 0);
  EXPECT_NE(find_violation(lived.report, "seccomp", "socket"), nullptr);
}

TEST_F(PoolTest, OutputIsCutAtItsQuota) {
  close_pool();
  spec_.quotas.output_bytes = 1000;
  open_pool();
  const SandboxLife lived = run({"/bin/sh", "-c", "head -c 5000 /dev/zero"});
  EXPECT_EQ(lived.output.size(), 1000U);
  EXPECT_EQ(lived.report.stdout_bytes.seen, 5000U);
  EXPECT_NE(find_violation(lived.report, "quota", "output"), nullptr);
}

TEST_F(PoolTest, ItsTimeIsKeptByThePool) {
  close_pool();
  spec_.quotas.wall = std::chrono::milliseconds{300};
  open_pool();
  EXPECT_EQ(run({"/bin/sleep", "60"}).report.status, spec::EndStatus::timeout);
}

TEST_F(PoolTest, ASignalReachesTheProgram) {
  Result<std::unique_ptr<PooledSandbox>> started = start({"/bin/sleep", "60"});
  ASSERT_TRUE(started && started.value());
  started.value()->signal(SIGTERM);
  EXPECT_EQ(finish(*started.value()).report.signal, SIGTERM);
}

// Processes of this host with MARK on their command line.
std::vector<std::string> processes_of(const std::string& mark) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file{entry.path() / "cmdline"};
    const std::string line{std::istreambuf_iterator<char>{file}, {}};
    if (line.find(mark) != std::string::npos) found.push_back(entry.path());
  }
  return found;
}

void await_none(const std::string& mark) {
  for (int turn = 0; turn < 400 && !processes_of(mark).empty(); ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  EXPECT_THAT(processes_of(mark), IsEmpty());
}

// Its time in seconds is the mark to find it by.
TEST_F(PoolTest, AGuestThatGoesAwayTakesItsSandboxWithIt) {
  Result<std::unique_ptr<PooledSandbox>> started = start({"/bin/sleep", "77123"});
  ASSERT_TRUE(started && started.value());
  for (int turn = 0; turn < 400 && processes_of("77123").empty(); ++turn) {
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  EXPECT_EQ(processes_of("77123").size(), 1U);
  started.value().reset();
  await_none("77123");
}

TEST_F(PoolTest, APoolThatGoesAwayTakesItsSandboxesWithItAndSaysSo) {
  Result<std::unique_ptr<PooledSandbox>> started = start({"/bin/sleep", "77124"});
  ASSERT_TRUE(started && started.value());
  close_pool();
  await_none("77124");
  const SandboxLife lived = finish(*started.value());
  EXPECT_EQ(lived.report.status, spec::EndStatus::denied);
  EXPECT_FALSE(lived.report.destroyed);
  EXPECT_THAT(lived.report.reason, HasSubstr("the pool ended"));
}

TEST_F(PoolTest, AnotherSandboxThanItsOwnIsNotServed) {
  for (const auto& change : std::vector<std::function<void(spec::SandboxSpec&)>>{
           [](spec::SandboxSpec& spec) { spec.profile = "compute"; },
           [](spec::SandboxSpec& spec) { spec.quotas.memory_bytes /= 2; },
           [](spec::SandboxSpec& spec) { spec.writable_root = true; },
           [](spec::SandboxSpec& spec) { spec.time = spec::TimeNamespace::own; },
           [](spec::SandboxSpec& spec) { spec.allow_degraded.emplace_back("landlock"); },
           [](spec::SandboxSpec& spec) {
             spec.image = {spec::ImageKind::directory, "/usr", "sha256:0"};
           },
           [](spec::SandboxSpec& spec) {
             spec.files.push_back({"/etc", "/model"});
           },
           [](spec::SandboxSpec& spec) {
             spec.planted.push_back({"/key", "k", true});
           },
           [](spec::SandboxSpec& spec) { spec.serve_port = 80; },
           [](spec::SandboxSpec& spec) { spec.gateway.emplace(); },
           [](spec::SandboxSpec& spec) { spec.deterministic.emplace(); }}) {
    spec::SandboxSpec other = spec_;
    change(other);
    const Result<std::unique_ptr<PooledSandbox>> started =
        PooledSandbox::start(other, {{"/bin/true"}, {}}, {options_, socket()});
    ASSERT_TRUE(started) << started.error().message();
    EXPECT_EQ(started.value(), nullptr);
  }
}

// A pool that enforced yesterday's profile would let through what today's forbids.
TEST_F(PoolTest, AnEditedProfileIsNotServed) {
  ASSERT_EQ(run({"/bin/true"}).report.exit_code, 0);
  std::ofstream{folder_ + "/profiles/interpreter.yaml", std::ios::app} << "# edited\n";
  const Result<std::unique_ptr<PooledSandbox>> started = start({"/bin/true"});
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(started.value(), nullptr);
}

TEST_F(PoolTest, ACommandThatIsNoneIsRefusedAndThePoolGoesOn) {
  const Result<std::unique_ptr<PooledSandbox>> none = start({});
  ASSERT_TRUE(none);
  EXPECT_EQ(none.value(), nullptr);
  EXPECT_EQ(run({"/no/such/program"}).report.exit_code, 127);
  EXPECT_EQ(run({"/bin/true"}).report.exit_code, 0);
}

TEST_F(PoolTest, NonsenseEndsTheConnectionAndNothingElse) {
  const std::string start_frame =
      encode_frame({FrameKind::start, {likeness(options_).value(), spec_text(spec_), "1", "/work", "99", "/bin/true"}});
  for (const std::string& bytes : {std::string(100, 'x'), encode_frame({FrameKind::signal, {}}),
                                   encode_frame({FrameKind::ended, {"{}"}}), start_frame, std::string{}}) {
    const Result<std::optional<os::Fd>> connection = os::connect_local(socket(), std::chrono::seconds{5});
    ASSERT_TRUE(connection && connection.value());
    ASSERT_EQ(::send(connection.value()->get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  EXPECT_EQ(run({"/bin/true"}).report.exit_code, 0);
}

TEST_F(PoolTest, ASecondPoolOfTheSameUserIsRefused) {
  const Result<std::unique_ptr<Pool>> second = Pool::open({spec_, 1, options_, socket()}, clock_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message(), HasSubstr("another process does already"));
}

TEST_F(PoolTest, TheSocketOfADeadPoolIsTakenOver) {
  close_pool();
  // As a killed one leaves it: a name that nobody listens at.
  { const os::Fd listener = os::listen_local(socket()).value(); }
  ASSERT_TRUE(os::exists(socket()));
  open_pool();
  EXPECT_EQ(run({"/bin/true"}).report.exit_code, 0);
}

TEST_F(PoolTest, WhereNobodyListensThereIsNone) {
  close_pool();
  const Result<std::unique_ptr<PooledSandbox>> started = start({"/bin/true"});
  ASSERT_TRUE(started) << started.error().message();
  EXPECT_EQ(started.value(), nullptr);
}

}  // namespace
}  // namespace belljar::sandbox
