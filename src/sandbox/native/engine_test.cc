// Each wall is tried from inside, and what happened is read outside.

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "os/file.h"
#include "sandbox/native/engine_fixture.h"

namespace belljar::sandbox {
namespace {

using spec::EndStatus;
using testing::HasSubstr;

class NativeEngineTest : public EngineTest {};

TEST_F(NativeEngineTest, the_exit_code_and_the_output_are_the_programs_own) {
  const SandboxLife lived = shell("echo out; echo err >&2; exit 7");
  EXPECT_EQ(lived.report.status, EndStatus::exited);
  EXPECT_EQ(lived.report.exit_code, 7);
  EXPECT_EQ(lived.output, "out\n");
  EXPECT_EQ(lived.error, "err\n");
  EXPECT_EQ(lived.report.stdout_bytes.seen, 4U);
  EXPECT_EQ(lived.report.posture, "ok");
}

TEST_F(NativeEngineTest, a_missing_program_is_127_and_says_so) {
  const SandboxLife lived = run({"no-such-program"});
  EXPECT_EQ(lived.report.exit_code, 127);
  EXPECT_THAT(lived.report.reason, HasSubstr("ENOENT"));
  EXPECT_EQ(run({"/etc/passwd"}).report.exit_code, 126);
}

TEST_F(NativeEngineTest, the_program_has_no_right_of_any_kind) {
  const SandboxLife lived = shell("grep -E '^(Uid|Cap|NoNewPrivs|Seccomp:)' /proc/self/status");
  EXPECT_THAT(lived.output, HasSubstr("Uid:\t1000"));
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    EXPECT_THAT(lived.output, HasSubstr(std::string{set} + ":\t0000000000000000"));
  }
  EXPECT_THAT(lived.output, HasSubstr("NoNewPrivs:\t1"));
  EXPECT_THAT(lived.output, HasSubstr("Seccomp:\t2"));
}

TEST_F(NativeEngineTest, a_secret_of_the_host_is_not_there) {
  char path[] = "/tmp/belljar-secret-XXXXXX";
  const os::Fd secret{::mkstemp(path)};
  ASSERT_TRUE(os::write_all(secret.get(), "the-canary-value", path));
  const SandboxLife lived = shell(std::string{"cat "} + path + " /etc/shadow /root/.ssh/id_rsa /proc/1/environ");
  EXPECT_EQ(lived.output, "");
  EXPECT_NE(lived.report.exit_code, 0);
  (void)::unlink(path);
}

TEST_F(NativeEngineTest, the_root_is_read_only_and_the_work_folders_are_not) {
  const SandboxLife lived =
      shell("touch /x /usr/x /etc/x /dev/x; touch /tmp/a /work/b /out/c /dev/shm/d && echo written");
  EXPECT_EQ(lived.output, "written\n");
  EXPECT_FALSE(os::exists("/usr/x"));
}

TEST_F(NativeEngineTest, a_writable_root_is_thrown_away) {
  spec_.writable_root = true;
  const SandboxLife lived = shell("echo changed > /usr/belljar-was-here && cat /usr/belljar-was-here");
  EXPECT_EQ(lived.output, "changed\n") << lived.error;
  EXPECT_FALSE(os::exists("/usr/belljar-was-here"));
  EXPECT_EQ(shell("ls /usr/belljar-was-here").output, "");
}

TEST_F(NativeEngineTest, only_its_own_processes_are_in_sight) {
  const SandboxLife lived = shell("ls /proc; kill -9 -1; kill -9 1; echo alive");
  EXPECT_THAT(lived.output, testing::Not(HasSubstr("cpuinfo")));
  const SandboxLife pids = shell("for p in /proc/[0-9]*; do echo ${p#/proc/}; done | sort -n | tail -1");
  EXPECT_LT(std::stoi(pids.output), 20);
}

TEST_F(NativeEngineTest, a_refused_call_is_one_event_with_its_count) {
  const SandboxLife lived = python(
      "import socket\n"
      "for i in range(50):\n"
      "  try: socket.socket(socket.AF_INET, socket.SOCK_STREAM)\n"
      "  except OSError as e: error = e\n"
      "print(error.errno)");
  const spec::Violation* violation = find_violation(lived.report, "seccomp", "socket");
  ASSERT_NE(violation, nullptr) << lived.error;
  EXPECT_EQ(violation->count, 50U);
  EXPECT_THAT(violation->arguments, HasSubstr("AF_INET"));
}

TEST_F(NativeEngineTest, memory_beyond_the_quota_is_a_kernel_kill_with_its_reason) {
  if (degraded_) GTEST_SKIP() << "this user has no memory cgroup";
  spec_.quotas.memory_bytes = 64U << 20;
  const SandboxLife lived = python("x = bytearray(200 << 20)");
  EXPECT_EQ(lived.report.status, EndStatus::memory) << lived.report.reason;
  EXPECT_GE(lived.report.memory.oom_events, 1U);
  EXPECT_LE(lived.report.memory.peak_bytes, 64U << 20);
}

TEST_F(NativeEngineTest, a_fork_bomb_meets_its_limit_and_dies_with_the_sandbox) {
  if (degraded_) GTEST_SKIP() << "this user has no pids cgroup";
  spec_.quotas.processes = 16;
  spec_.quotas.wall = std::chrono::milliseconds{1500};
  const SandboxLife lived = shell("bomb() { bomb | bomb & }; bomb; while :; do sleep 1; done");
  EXPECT_NE(find_violation(lived.report, "quota", "processes"), nullptr);
  EXPECT_EQ(lived.report.status, EndStatus::timeout);
}

TEST_F(NativeEngineTest, a_full_disk_is_noticed_and_bounded) {
  spec_.quotas.disk_bytes = 1U << 20;
  const SandboxLife lived =
      shell("head -c 4000000 /dev/zero > /tmp/full; ls -l /tmp/full | awk '{print $5}'; sleep 0.3");
  EXPECT_NE(find_violation(lived.report, "quota", "disk"), nullptr) << lived.error;
  EXPECT_EQ(lived.output, "1048576\n");
}

TEST_F(NativeEngineTest, files_have_a_largest_size_and_folders_a_largest_number_of_files) {
  spec_.quotas.file_bytes = 65536;
  const SandboxLife big = shell("exec head -c 100000 /dev/zero > /tmp/big");
  EXPECT_THAT(big.report.reason, HasSubstr("file-size"));
  spec_.quotas.inodes = 16;
  const SandboxLife many =
      shell("for i in $(seq 40); do touch /tmp/f$i 2>/dev/null || break; done; ls /tmp | wc -l; sleep 0.3");
  EXPECT_LT(std::stoi(many.output), 17);
  EXPECT_NE(find_violation(many.report, "quota", "inodes"), nullptr);
}

TEST_F(NativeEngineTest, the_wall_clock_ends_a_program_that_ignores_signals) {
  spec_.quotas.wall = std::chrono::milliseconds{300};
  const SandboxLife lived = shell("trap '' TERM INT HUP; while :; do :; done");
  EXPECT_EQ(lived.report.status, EndStatus::timeout);
  EXPECT_THAT(lived.report.reason, HasSubstr("wall"));
}

TEST_F(NativeEngineTest, cpu_time_is_summed_over_the_tree) {
  if (degraded_) GTEST_SKIP() << "this user has no cpu accounting cgroup";
  spec_.quotas.cpu_time = std::chrono::milliseconds{300};
  const SandboxLife lived = shell("(while :; do :; done) & (while :; do :; done) & wait");
  EXPECT_EQ(lived.report.status, EndStatus::limit);
  EXPECT_THAT(lived.report.reason, HasSubstr("cpu-time"));
}

TEST_F(NativeEngineTest, output_beyond_its_quota_is_cut_and_counted) {
  spec_.quotas.output_bytes = 1000;
  const SandboxLife lived = shell("head -c 5000000 /dev/zero");
  EXPECT_EQ(lived.output.size(), 1000U);
  EXPECT_EQ(lived.report.stdout_bytes.kept, 1000U);
  EXPECT_EQ(lived.report.stdout_bytes.seen, 5000000U);
  EXPECT_NE(find_violation(lived.report, "quota", "output"), nullptr);
}

TEST_F(NativeEngineTest, a_daemon_does_not_outlive_its_sandbox) {
  const SandboxLife lived = shell("setsid sh -c 'sleep 1000' >/dev/null 2>&1 </dev/null & echo started");
  EXPECT_EQ(lived.output, "started\n");
  EXPECT_TRUE(lived.report.destroyed);
  EXPECT_THAT(lived.report.destruction_proof.at(0), HasSubstr("pid namespace"));
}

TEST_F(NativeEngineTest, pid_1_survives_what_the_program_sends_it) {
  const SandboxLife lived = python(
      "import os, signal\n"
      "for s in range(1, 64):\n"
      "  try: os.kill(1, s)\n"
      "  except OSError: pass\n"
      "print('still here')");
  EXPECT_EQ(lived.output, "still here\n");
  EXPECT_EQ(lived.report.exit_code, 0);
}

TEST_F(NativeEngineTest, a_touched_canary_is_an_event) {
  spec_.planted.push_back({"/work/.aws/credentials", "aws_secret_access_key = c4n4ry\n", true});
  const SandboxLife untouched = shell("true");
  EXPECT_EQ(find_violation(untouched.report, "canary", "/work/.aws/credentials"), nullptr);
  const SandboxLife touched = shell("cat /work/.aws/credentials");
  EXPECT_EQ(touched.output, "aws_secret_access_key = c4n4ry\n");
  EXPECT_NE(find_violation(touched.report, "canary", "/work/.aws/credentials"), nullptr);
}

TEST_F(NativeEngineTest, results_are_collected_without_following_what_the_program_left) {
  Result<std::unique_ptr<Sandbox>> made = engine_->create(spec_);
  ASSERT_TRUE(made) << made.error().message();
  Sandbox& sandbox = *made.value();
  ASSERT_TRUE(sandbox.start(
      {{"/bin/sh", "-c", "echo good > /out/model; ln -s /etc/passwd /out/link; mkfifo /out/pipe; mkdir /out/d"},
       spec::default_environment()}));
  while (!sandbox.ended()) ASSERT_TRUE(engine_->wait(std::chrono::milliseconds{100}));
  EXPECT_EQ(sandbox.collect("model", 100).value(), "good\n");
  EXPECT_FALSE(sandbox.collect("model", 2));
  for (const char* bad : {"link", "pipe", "d", "../etc/passwd", "/etc/passwd", "absent"}) {
    EXPECT_FALSE(sandbox.collect(bad, 100)) << bad;
  }
  EXPECT_TRUE(sandbox.destroy());
}

TEST_F(NativeEngineTest, clocks_can_begin_at_zero) {
  spec_.time = spec::TimeNamespace::own;
  const SandboxLife lived = python("import time; print(int(time.clock_gettime(time.CLOCK_BOOTTIME)))");
  EXPECT_LT(std::stoi(lived.output), 30);
}

TEST_F(NativeEngineTest, two_sandboxes_share_no_user_id_and_no_namespace) {
  Result<std::unique_ptr<Sandbox>> first = engine_->create(spec_);
  Result<std::unique_ptr<Sandbox>> second = engine_->create(spec_);
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(first.value()->start({{"/bin/sh", "-c", "readlink /proc/self/ns/net; cat /proc/self/uid_map; sleep 0.2"},
                                    spec::default_environment()}));
  ASSERT_TRUE(second.value()->start({{"/bin/sh", "-c", "readlink /proc/self/ns/net; cat /proc/self/uid_map; sleep 0.2"},
                                     spec::default_environment()}));
  const Result<SandboxLife> one = live(*first.value());
  const Result<SandboxLife> other = live(*second.value());
  ASSERT_TRUE(one && other);
  EXPECT_NE(one.value().output, other.value().output);
}

TEST_F(NativeEngineTest, a_pool_hands_out_each_sandbox_once) {
  ASSERT_TRUE(engine_->keep_ready(spec_, 2));
  for (int turn = 0; turn < 6; ++turn) {
    Result<std::unique_ptr<Sandbox>> claimed = engine_->claim(spec_);
    ASSERT_TRUE(claimed) << claimed.error().message();
    ASSERT_TRUE(
        claimed.value()->start({{"/bin/sh", "-c", "ls /work /tmp; echo mine > /work/left; echo mine > /tmp/left"},
                                spec::default_environment()}));
    const Result<SandboxLife> lived = live(*claimed.value());
    ASSERT_TRUE(lived);
    EXPECT_EQ(lived.value().output, "/tmp:\n\n/work:\n");
  }
}

TEST_F(NativeEngineTest, a_sandbox_that_is_not_as_expected_is_killed_and_told_apart) {
  Result<std::unique_ptr<Engine>> odd =
      Engine::start({BELLJAR_BINARY_DIR "/bin/odd-init-for-tests", BELLJAR_SOURCE_DIR "/profiles"}, clock_);
  ASSERT_TRUE(odd) << odd.error().message();
  const Result<std::unique_ptr<Sandbox>> made = odd.value()->create(spec_);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("Seccomp_filters of the program is 2, expected 1"));
  EXPECT_THAT(made.error().message(), HasSubstr("it was killed"));
}

// Whose sandbox it was did nothing wrong: the record must not say that it ended by itself.
TEST_F(NativeEngineTest, a_killed_launcher_is_told_apart_from_the_programs_end) {
  Result<std::unique_ptr<Sandbox>> made = engine_->create(spec_);
  ASSERT_TRUE(made) << made.error().message();
  Sandbox& sandbox = *made.value();
  ASSERT_TRUE(sandbox.start({{"/bin/sleep", "986"}, spec::default_environment()}));
  ASSERT_EQ(::system(("pkill -KILL -P " + std::to_string(::getpid()) + " -x belljar-init").c_str()), 0);
  while (!sandbox.ended()) ASSERT_TRUE(engine_->wait(std::chrono::milliseconds{100}));
  const Result<spec::SandboxReport> report = sandbox.destroy();
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report.value().status, EndStatus::denied);
  EXPECT_THAT(report.value().reason, HasSubstr("launcher"));
  EXPECT_NE(find_violation(report.value(), "engine", "lost-sight"), nullptr);
  EXPECT_NE(::system("grep -lz '^986' /proc/[0-9]*/cmdline >/dev/null 2>&1"), 0);
}

TEST_F(NativeEngineTest, killing_the_engine_leaves_nothing) {
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
  engine_.reset();
  const pid_t child = ::fork();
  if (child == 0) {
    Result<std::unique_ptr<Engine>> engine =
        Engine::start({BELLJAR_BINARY_DIR "/bin/belljar-init", BELLJAR_SOURCE_DIR "/profiles"}, clock_);
    Result<std::unique_ptr<Sandbox>> sandbox = engine.value()->create(spec_);
    (void)sandbox.value()->start({{"/bin/sh", "-c", "echo ready; exec sleep 987"}, spec::default_environment()});
    std::array<char, 64> line{};
    while (sandbox.value()->read_output(Stream::out, line).value().bytes == 0)
      (void)engine.value()->wait(std::chrono::milliseconds{5});
    (void)!::write(pipe[1], "x", 1);
    ::pause();
  }
  char ready = 0;
  ASSERT_EQ(::read(pipe[0], &ready, 1), 1);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  bool left = true;
  for (int patience = 0; patience < 200 && left; ++patience) {
    left = ::system("grep -lz '^987' /proc/[0-9]*/cmdline >/dev/null 2>&1") == 0;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  EXPECT_FALSE(left);
}

TEST_F(NativeEngineTest, a_refused_start_says_what_and_why) {
  spec_.files.push_back({"/usr/share", "/usr/inside"});
  const Result<std::unique_ptr<Sandbox>> taken = engine_->create(spec_);
  ASSERT_FALSE(taken);
  EXPECT_THAT(taken.error().message(), HasSubstr("/usr/inside"));
  spec_.files.clear();
  spec_.profile = "no-such-profile";
  const Result<std::unique_ptr<Sandbox>> unknown = engine_->create(spec_);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().message(), HasSubstr("no-such-profile"));
}

}  // namespace
}  // namespace belljar::sandbox
