// Drifts planted into a sandbox under way, as root of the host could, and read back from the kernel.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>

#include "os/file.h"
#include "sandbox/native/engine_fixture.h"
#include "sandbox/native/posture.h"

namespace belljar::sandbox {
namespace {

using testing::HasSubstr;
using testing::Not;

class DriftTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (::geteuid() != 0 || degraded_) GTEST_SKIP() << "only root of the host may change a sandbox's walls";
  }

  std::unique_ptr<Sandbox> start() {
    Result<std::unique_ptr<Sandbox>> made = engine_->create(spec_);
    EXPECT_TRUE(made) << made.error().message();
    if (!made) return nullptr;
    const Result<void> begun = made.value()->start(
        {{"/bin/sh", "-c", "echo up; exec sleep 30.0" + std::to_string(::getpid())}, spec::default_environment()});
    EXPECT_TRUE(begun);
    std::string up;
    for (int patience = 0; up.empty() && patience < 500; ++patience) {
      EXPECT_TRUE(engine_->wait(std::chrono::milliseconds{10}));
      EXPECT_TRUE(read_into(*made.value(), Stream::out, up));
    }
    return std::move(made).value();
  }

  static std::string drift_of(Sandbox& sandbox) {
    const Result<std::string> drift = sandbox.drift();
    return drift ? drift.value() : "(" + drift.error().message() + ")";
  }

  // The host's number of the program inside.
  static pid_t program() {
    const std::string mark = "30.0" + std::to_string(::getpid());
    for (int patience = 0; patience < 200; ++patience) {
      const Result<std::vector<os::DirectoryEntry>> processes = os::list_directory("/proc");
      for (const os::DirectoryEntry& entry : processes.value()) {
        const Result<std::string> words = os::read_file("/proc/" + entry.name + "/cmdline", 4096);
        if (words && words.value() == std::string{"sleep"} + '\0' + mark + '\0') return std::stoi(entry.name);
      }
      ::usleep(10'000);
    }
    return 0;
  }

  // Runs `plant` in a process of the host that has stepped into the sandbox's mount namespace.
  static int plant_inside(pid_t pid, const std::function<int()>& plant) {
    const pid_t child = ::fork();
    if (child == 0) {
      const int space = ::open(("/proc/" + std::to_string(pid) + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC);
      // No thread may share the child's directory then; the thread sanitizer starts one in every child.
      ::_exit(::unshare(CLONE_FS) != 0 || ::setns(space, CLONE_NEWNS) != 0 ? 1 : plant());
    }
    int status = 0;
    (void)::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
  }

  // The one file of that name that belongs to the program's group.
  static std::string group_file(pid_t pid, const std::string& controller, const std::string& name) {
    const std::string groups = os::read_file("/proc/" + std::to_string(pid) + "/cgroup", 65536).value();
    std::string_view rest = groups;
    while (!rest.empty()) {
      const std::string line{rest.substr(0, rest.find('\n'))};
      rest.remove_prefix(std::min(rest.size(), line.size() + 1));
      const std::string path = line.substr(line.rfind(':') + 1);
      if (path.find("belljar/") == std::string::npos) continue;
      for (const std::string& root :
           {"/sys/fs/cgroup/" + controller, std::string{"/sys/fs/cgroup"}, std::string{"/sys/fs/cgroup/unified"}}) {
        if (os::exists(root + path + "/" + name)) return root + path + "/" + name;
      }
    }
    return {};
  }

  static void write(const std::string& path, const std::string& text) {
    const os::Fd fd{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    ASSERT_TRUE(fd) << path;
    ASSERT_TRUE(os::write_all(fd.get(), text, path));
  }
};

TEST_F(DriftTest, a_sandbox_under_way_has_none) {
  const std::unique_ptr<Sandbox> sandbox = start();
  ASSERT_NE(sandbox, nullptr);
  EXPECT_EQ(drift_of(*sandbox), "");
}

TEST_F(DriftTest, an_added_mount) {
  const std::unique_ptr<Sandbox> sandbox = start();
  ASSERT_NE(sandbox, nullptr);
  ASSERT_EQ(
      plant_inside(program(), [] { return ::mount("none", "/usr/share", "tmpfs", MS_NOSUID | MS_NODEV, nullptr); }), 0);
  EXPECT_THAT(drift_of(*sandbox), HasSubstr("mount /usr/share is writable, expected read-only"));
}

TEST_F(DriftTest, a_raised_memory_limit) {
  const std::unique_ptr<Sandbox> sandbox = start();
  ASSERT_NE(sandbox, nullptr);
  const pid_t pid = program();
  std::string file = group_file(pid, "memory", "memory.max");
  if (file.empty()) {
    const std::string both = group_file(pid, "memory", "memory.memsw.limit_in_bytes");
    if (!both.empty()) write(both, "4294967296");
    file = group_file(pid, "memory", "memory.limit_in_bytes");
  }
  ASSERT_NE(file, "");
  write(file, "2147483648");
  EXPECT_THAT(drift_of(*sandbox), HasSubstr("is 2147483648, expected 536870912"));
}

TEST_F(DriftTest, a_raised_limit_of_processes) {
  const std::unique_ptr<Sandbox> sandbox = start();
  ASSERT_NE(sandbox, nullptr);
  const std::string file = group_file(program(), "pids", "pids.max");
  ASSERT_NE(file, "");
  write(file, "max");
  EXPECT_THAT(drift_of(*sandbox), HasSubstr("pids.max is max, expected 65"));
}

// A process of the host that lacks what `build` does not give it, seen as the sandbox's program would be.
std::string posture_of(const std::function<void()>& build) {
  std::array<int, 2> ready{};
  EXPECT_EQ(::pipe2(ready.data(), O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    build();
    (void)!::write(ready[1], "x", 1);
    for (;;) ::pause();
  }
  char byte = 0;
  EXPECT_EQ(::read(ready[0], &byte, 1), 1);
  native::Posture posture;
  posture.init = child;
  posture.program = child;
  posture.program_id = 100'000;
  posture.init_id = 100'000;
  const std::string plan(sizeof(std::array<char, 4096>), '\0');
  posture.plan = plan;
  const Result<std::string> drift = native::check_posture(posture, native::Depth::every_start);
  (void)::kill(child, SIGKILL);
  (void)::waitpid(child, nullptr, 0);
  for (const int fd : ready) (void)::close(fd);
  return drift ? drift.value() : "(" + drift.error().message() + ")";
}

void give_up_privileges() {
  for (unsigned long capability = 0; capability < 64; ++capability) (void)::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  (void)::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  if (::setresgid(100'000, 100'000, 100'000) != 0 || ::setresuid(100'000, 100'000, 100'000) != 0) ::_exit(1);
}

void no_new_privileges() { (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

void filter() {
  sock_filter allow_all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{1, allow_all};
  if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) ::_exit(1);
}

void own_namespaces() {
  if (::unshare(CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0) ::_exit(1);
}

TEST_F(DriftTest, a_missing_filter) {
  const std::string drift = posture_of([] { no_new_privileges(), give_up_privileges(); });
  EXPECT_THAT(drift, HasSubstr("Seccomp of the program is 0, expected 2"));
  EXPECT_THAT(drift, Not(HasSubstr("NoNewPrivs")));
}

TEST_F(DriftTest, no_new_privileges_absent) {
  const std::string drift = posture_of([] { filter(), give_up_privileges(); });
  EXPECT_THAT(drift, HasSubstr("NoNewPrivs of the program is 0, expected 1"));
  EXPECT_THAT(drift, Not(HasSubstr("Seccomp of the program")));
}

TEST_F(DriftTest, a_capability_left) {
  const std::string drift = posture_of([] { no_new_privileges(), filter(); });
  EXPECT_THAT(drift, HasSubstr("CapEff of the program is"));
  EXPECT_THAT(drift, HasSubstr("CapBnd of the program is"));
  EXPECT_THAT(drift, Not(HasSubstr("NoNewPrivs")));
}

TEST_F(DriftTest, an_id_outside_the_range) {
  const std::string drift = posture_of([] { no_new_privileges(), filter(); });
  EXPECT_THAT(drift, HasSubstr("Uid of the program is 0"));
  EXPECT_THAT(drift, HasSubstr("expected 100000"));
}

TEST_F(DriftTest, a_namespace_of_the_host) {
  const std::string drift = posture_of([] { own_namespaces(), no_new_privileges(), filter(), give_up_privileges(); });
  EXPECT_THAT(drift, HasSubstr("mnt namespace is the host's, expected its own"));
  EXPECT_THAT(drift, Not(HasSubstr("net namespace")));
}

TEST_F(DriftTest, a_descriptor_of_the_host) {
  const std::string drift = posture_of([] {
    (void)::open("/etc/hostname", O_RDONLY);  // NOLINT(android-cloexec-open)
    no_new_privileges(), filter();
  });
  EXPECT_THAT(drift, HasSubstr("is /etc/hostname, expected none"));
}

}  // namespace
}  // namespace belljar::sandbox
