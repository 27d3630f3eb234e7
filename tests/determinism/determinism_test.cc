// Programs that ask for time and chance in every way, each run several times with one seed: the same output every time,
// or a name on the list of docs/determinism.md. BELLJAR_REPEAT=20 runs each twenty times; the table is printed.

#include <cstdio>
#include <cstdlib>
#include <set>

#include "os/file.h"
#include "sandbox/native/engine_fixture.h"

namespace belljar::sandbox {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

enum class Promise {
  same,    // every run prints the same
  listed,  // the list names why it need not
};

struct Repeated {
  std::string name;
  std::string profile;
  std::vector<std::string> argv;
  Promise promise = Promise::same;
  std::vector<std::string> unfixed = {};  // what the report must name, and nothing else
};

std::vector<Repeated> programs() {
  const auto python = [](const std::string& name, Promise promise = Promise::same,
                         std::vector<std::string> unfixed = {}) {
    return Repeated{name + ".py", "interpreter", {"/usr/bin/python3", "/model/" + name + ".py"}, promise, unfixed};
  };
  const auto script = [](const std::string& name, const std::string& by, Promise promise = Promise::same,
                         std::vector<std::string> unfixed = {}) {
    return Repeated{name, "interpreter", {by, "/model/" + name}, promise, unfixed};
  };
  const auto node = [](const std::string& name) {
    return Repeated{name, "agent", {"/usr/bin/node", "/model/" + name}, Promise::same, {"threads", "proc-files"}};
  };
  return {
      python("clock"),
      python("uuid"),
      python("chance"),
      python("hashes"),
      python("urandom"),
      python("waits"),
      python("files"),
      python("children"),
      python("database"),
      node("date.js"),
      node("crypto.js"),
      {"clock.cc", "compute", {"/built/repeated-clock"}},
      {"clock.cc, static", "compute", {"/built/repeated-clock-static"}},
      script("chance.sh", "/bin/bash", Promise::same, {"processes"}),
      script("listing.sh", "/bin/sh", Promise::same, {"processes", "proc-files"}),
      script("pipeline.sh", "/bin/bash", Promise::same, {"processes"}),
      script("chance.pl", "/usr/bin/perl"),
      {"chance.awk", "interpreter", {"/usr/bin/awk", "-f", "/model/chance.awk"}},
      python("threads", Promise::listed, {"threads"}),
      python("alarms", Promise::listed, {"timers"}),
      script("proc.sh", "/bin/sh", Promise::listed, {"proc-files"}),
      {"device.cc", "compute", {"/built/repeated-device"}, Promise::listed},
  };
}

int repetitions() {
  const char* wanted = std::getenv("BELLJAR_REPEAT");
  const int count = wanted == nullptr ? 0 : std::atoi(wanted);
  return count >= 2 ? count : 3;
}

class DeterminismTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    spec_.files = {{PROGRAMS_SCRIPTS, "/model"}, {PROGRAMS_BUILT, "/built"}};
    spec_.deterministic = spec::Deterministic{7};
  }

  static std::string said(const SandboxLife& life) {
    return life.output + "\n--- stderr\n" + life.error + "\n--- exit " + std::to_string(life.report.exit_code);
  }
};

TEST_F(DeterminismTest, ProgramsPrintTheSameEveryTimeOrAreOnTheList) {
  const int times = repetitions();
  std::printf("%-18s %-12s %5s %8s  %-8s %s\n", "program", "profile", "runs", "outputs", "promise", "named");
  for (const Repeated& program : programs()) {
    SCOPED_TRACE(program.name);
    if (!os::exists(program.argv[0]) && !program.argv[0].starts_with("/built")) {
      std::printf("%-18s not run: this host has no %s\n", program.name.c_str(), program.argv[0].c_str());
      continue;
    }
    spec_.profile = program.profile;
    std::set<std::string> outputs;
    std::set<std::string> named;
    for (int run_number = 0; run_number < times; ++run_number) {
      const SandboxLife life = run(program.argv);
      EXPECT_EQ(life.report.exit_code, 0) << life.error;
      EXPECT_FALSE(life.output.empty());
      outputs.insert(said(life));
      ASSERT_TRUE(life.report.deterministic);
      named.insert(life.report.deterministic->unfixed.begin(), life.report.deterministic->unfixed.end());
    }
    std::string names;
    for (const std::string& name : named) names += (names.empty() ? "" : ", ") + name;
    const bool same = program.promise == Promise::same;
    std::printf("%-18s %-12s %5d %8zu  %-8s %s\n", program.name.c_str(), program.profile.c_str(), times, outputs.size(),
                same ? "same" : "listed", names.c_str());
    EXPECT_THAT(named, UnorderedElementsAreArray(program.unfixed));
    if (same && outputs.size() > 1) {
      ADD_FAILURE() << "two of the outputs:\n" << *outputs.begin() << "\n=====\n" << *std::next(outputs.begin());
    }
  }
}

TEST_F(DeterminismTest, AnotherSeedGivesOtherChanceAndTheSameTime) {
  const std::string program = "import os,time,random;print(os.urandom(8).hex(), random.random());print(time.time())";
  const SandboxLife seven = python(program);
  spec_.deterministic = spec::Deterministic{8};
  const SandboxLife eight = python(program);
  const auto line = [](const SandboxLife& life, bool second) {
    const std::size_t end = life.output.find('\n');
    return second ? life.output.substr(end) : life.output.substr(0, end);
  };
  EXPECT_NE(line(seven, false), line(eight, false));
  EXPECT_EQ(line(seven, true), line(eight, true));
  EXPECT_THAT(line(seven, true), HasSubstr("2000000000."));
}

// A child draws bytes of its own: neither its parent's nor its sibling's.
TEST_F(DeterminismTest, EveryTaskDrawsItsOwnBytes) {
  const SandboxLife life = python(R"(
import os, threading
drawn = []
def draw(): drawn.append(os.urandom(16))
draw()
for _ in range(3):
    thread = threading.Thread(target=draw); thread.start(); thread.join()
reading, writing = os.pipe()
for _ in range(3):
    if os.fork() == 0:
        os.write(writing, os.urandom(16)); os._exit(0)
    os.wait(); drawn.append(os.read(reading, 16))
draw()
print(len(drawn), len(set(drawn)))
)");
  EXPECT_EQ(life.output, "8 8\n") << life.error;
}

// The steward takes addresses and sizes from the program; none of them may do it harm.
TEST_F(DeterminismTest, BadAddressesAreTheCallersOwn) {
  const SandboxLife life = python(R"(
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    ctypes.set_errno(0)
    result = libc.syscall(*[ctypes.c_long(a) for a in args])
    return errno.errorcode.get(ctypes.get_errno(), result)
bad = 8
print("clock_gettime", call(228, 0, bad), call(228, 99, bad), call(228, 0, -1))
print("gettimeofday", call(96, bad, 0), call(96, 0, bad), call(96, 0, 0))
print("time", call(201, bad), "times", call(100, bad), "getrusage", call(98, 0, bad), call(98, 9, bad))
print("getrandom", call(318, bad, 16, 0), call(318, bad, 16, 64), call(318, -1, -1, 0))
print("stat", call(4, bad, bad), "getdents", call(217, os.open("/", os.O_RDONLY), bad, 1000))
print("nanosleep", call(35, bad, 0), call(230, 1, 1, bad, 0), "poll", call(7, bad, 1, 5))
print("affinity", call(204, 0, 8, bad), call(204, 0, 1, bad), call(203, 0, 8, bad), "getcpu", call(309, bad, 0, 0))
print("read", call(0, os.open("/dev/urandom", os.O_RDONLY), bad, 9), call(0, 99, bad, 9))
print("wait4", call(61, -1, bad, 0, bad), "sysinfo", call(99, bad))
)");
  EXPECT_EQ(life.output,
            "clock_gettime EFAULT EINVAL EFAULT\n"
            "gettimeofday EFAULT EFAULT 0\n"
            "time EFAULT times EFAULT getrusage EFAULT EINVAL\n"
            "getrandom EFAULT EINVAL EFAULT\n"
            "stat EFAULT getdents EFAULT\n"
            "nanosleep EFAULT EFAULT poll EFAULT\n"
            "affinity EFAULT EINVAL EFAULT getcpu EFAULT\n"
            "read EFAULT EBADF\n"
            "wait4 ECHILD sysinfo EFAULT\n")
      << life.error;
}

// What was taken away stays away, and no wall is lower than in another sandbox.
TEST_F(DeterminismTest, NothingIsGivenBackAndNoWallIsLower) {
  const SandboxLife life = python(R"(
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    ctypes.set_errno(0)
    result = libc.syscall(*[ctypes.c_long(a) for a in args])
    return errno.errorcode.get(ctypes.get_errno(), result)
print("tsc", call(157, 26, 1), "persona", call(135, 0), "ptrace", call(101, 16, 1, 0, 0))
print("memory", call(310, 1, 0, 0, 0, 0, 0), "pidfd_getfd", call(438, 3, 0, 0), "kill", call(62, 1, 9))
for name in ("mem", "environ", "fd/3", "maps", "root", "syscall"):
    try:
        print(name, open("/proc/1/" + name).read(1))
    except OSError as error:
        print(name, errno.errorcode[error.errno])
print("vdso", "SYSINFO" in os.environ.get("LD_SHOW_AUXV", ""))
)");
  EXPECT_EQ(life.output,
            "tsc EPERM persona EPERM ptrace EPERM\n"
            "memory EPERM pidfd_getfd EPERM kill EPERM\n"
            "mem ENOENT\nenviron ENOENT\nfd/3 ENOENT\nmaps ENOENT\nroot ENOENT\nsyscall ENOENT\n"
            "vdso False\n")
      << life.error;
  EXPECT_NE(find_violation(life.report, "seccomp", "ptrace"), nullptr);
  EXPECT_NE(find_violation(life.report, "seccomp", "prctl"), nullptr);
  EXPECT_EQ(life.report.posture, "ok");
}

TEST_F(DeterminismTest, NoProgramFindsTheVdso) {
  const SandboxLife life = run({"/usr/bin/env", "LD_SHOW_AUXV=1", "/bin/true"});
  EXPECT_THAT(life.output, HasSubstr("AT_RANDOM"));
  EXPECT_THAT(life.output, testing::Not(HasSubstr("AT_SYSINFO_EHDR"))) << life.output;
}

TEST_F(DeterminismTest, EndsLikeAnyOther) {
  EXPECT_EQ(shell("exit 3").report.exit_code, 3);
  EXPECT_EQ(shell("kill -TERM $$").report.signal, 15);
  EXPECT_EQ(run({"/nowhere"}).report.exit_code, 127);
  const SandboxLife stopped = shell("(sleep 0.05; kill -CONT $$) & kill -STOP $$; echo went on");
  EXPECT_EQ(stopped.output, "went on\n");
  const SandboxLife fault = python("import ctypes; ctypes.string_at(0)");
  EXPECT_EQ(fault.report.signal, 11);
  spec_.quotas.wall = std::chrono::milliseconds{300};
  const SandboxLife late = shell("sleep 60");
  EXPECT_EQ(late.report.status, spec::EndStatus::timeout);
  EXPECT_TRUE(late.report.destroyed);
}

// More tasks than one would think of, all at once, and gone again: the table holds and forgets.
TEST_F(DeterminismTest, ManyTasksComeAndGo) {
  const SandboxLife life = python(R"(
import os, threading, time
for _ in range(300):
    if os.fork() == 0: os._exit(0)
    os.wait()
refused = 0
for _ in range(100):
    try:
        if os.fork() == 0: time.sleep(5); os._exit(0)
    except OSError: refused += 1
print(refused > 0)
)");
  EXPECT_EQ(life.output, "True\n") << life.error;
  EXPECT_THAT(life.report.deterministic->unfixed, Contains("processes"));
  EXPECT_NE(find_violation(life.report, "quota", "processes"), nullptr);
}

}  // namespace
}  // namespace belljar::sandbox
