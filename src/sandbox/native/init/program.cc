// The program's process between fork and exec: the walls that only bind the program itself.

#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <csignal>
#include <cstring>

#include "sandbox/native/init/box.h"

namespace belljar::sandbox::native {

namespace {

// Landlock as of ABI 6; Debian 12's header stops at ABI 2, and a longer struct with zeros in it is accepted by all.
struct RulesetAttr {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;
  std::uint64_t scoped;
};

struct NetPortAttr {
  std::uint64_t allowed_access;
  std::uint64_t port;
};
constexpr int kRuleNetPort = 2;
constexpr std::uint64_t kAccessNetBindTcp = 1U << 0;

std::size_t ruleset_size(std::uint32_t abi) {
  if (abi >= 6) return sizeof(RulesetAttr);
  return abi >= 4 ? offsetof(RulesetAttr, scoped) : offsetof(RulesetAttr, handled_access_net);
}

[[noreturn]] void give_up(int control, const Outcome& outcome, int exit_code = 125) {
  BoxReport report{};
  report.event = BoxEvent::failed;
  report.step = outcome.step;
  report.error = outcome.error;
  report.item = outcome.item;
  // write(2): sendmsg is not in every profile.
  (void)!::write(control, &report, sizeof report);
  ::_exit(exit_code);
}

void insist(int control, const Outcome& outcome) {
  if (!outcome.ok()) give_up(control, outcome);
}

// Descriptors 0, 1, 2 become the program's; the control socket and the command pipe stay beside them until exec.
Outcome arrange_descriptors() {
  for (int at = 0; at < 3; ++at) {
    if (::dup3(kBoxStdio + at, at, O_CLOEXEC) < 0) return failed(Step::become_program);
    if (::fcntl(at, F_SETFD, 0) != 0) return failed(Step::become_program);
    (void)::close(kBoxStdio + at);
  }
  return close_from(kBoxCommand + 1) == 0 ? done() : failed(Step::become_program);
}

Outcome set_limits(const PlanView& view) {
  const Plan& plan = view.plan();
  const auto* limits = view.slice<PlanLimit>(plan.limits);
  for (std::uint32_t item = 0; item < plan.limits.count; ++item) {
    const rlimit64 limit{limits[item].value, limits[item].value};
    if (::syscall(SYS_prlimit64, 0, limits[item].resource, &limit, nullptr) != 0) {
      return failed(Step::limits, errno, limits[item].resource);
    }
  }
  return done();
}

Outcome take_program_id(const PlanView& view) {
  if (Outcome outcome = forget_capabilities(); !outcome.ok()) return outcome;
  if (view.plan().separate_ids != 0) {
    if (::syscall(SYS_setresgid, kProgramId, kProgramId, kProgramId) != 0) return failed(Step::become_program);
    if (::syscall(SYS_setresuid, kProgramId, kProgramId, kProgramId) != 0) return failed(Step::become_program);
  }
  if (Outcome outcome = set_capabilities(0); !outcome.ok()) return outcome;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed(Step::no_new_privileges);
  return done();
}

Outcome restrict_with_landlock(const PlanView& view) {
  const Plan& plan = view.plan();
  if (plan.landlock_abi == 0) return done();
  const RulesetAttr attributes{plan.landlock_fs, plan.landlock_net, plan.landlock_scopes};
  const int ruleset =
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, ruleset_size(plan.landlock_abi), 0));
  if (ruleset < 0) return failed(Step::landlock);
  const auto* rules = view.slice<PlanLandlockRule>(plan.landlock_rules);
  for (std::uint32_t item = 0; item < plan.landlock_rules.count; ++item) {
    landlock_path_beneath_attr beneath{};
    beneath.allowed_access = rules[item].access;
    beneath.parent_fd = ::open(view.text(rules[item].path), O_PATH | O_CLOEXEC | O_NOFOLLOW);
    if (beneath.parent_fd < 0) return failed(Step::landlock, errno, item);
    if (::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) {
      return failed(Step::landlock, errno, item);
    }
    (void)::close(beneath.parent_fd);
  }
  // A model that serves listens on its own port; it connects to none.
  if (plan.serve_port != 0 && (plan.landlock_net & kAccessNetBindTcp) != 0) {
    const NetPortAttr port{kAccessNetBindTcp, plan.serve_port};
    if (::syscall(SYS_landlock_add_rule, ruleset, kRuleNetPort, &port, 0) != 0) return failed(Step::landlock);
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) return failed(Step::landlock);
  (void)::close(ruleset);
  return done();
}

// The listener's descriptor number, or -1 with an outcome.
Outcome install_filter(const PlanView& view, int& listener) {
  const Plan& plan = view.plan();
  auto* code = const_cast<sock_filter*>(view.slice<sock_filter>(plan.filter));
  const sock_fprog program{static_cast<unsigned short>(plan.filter.count), code};
  const unsigned flags = plan.notify != 0 ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
  // Once received, a refusal is not restarted by a signal, so that each call is counted once; kernels before 5.19 lack
  // it.
  constexpr unsigned kWaitKillable = 1U << 5;
  long result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags != 0 ? flags | kWaitKillable : 0, &program);
  if (result < 0 && errno == EINVAL) result = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  if (result < 0) return failed(Step::seccomp);
  listener = plan.notify != 0 ? static_cast<int>(result) : -1;
  return done();
}

// No random addresses, no time stamp counter; exec keeps both. The one processor is inherited from pid 1, and the
// steward does the rest.
Outcome make_deterministic() {
  if (::personality(ADDR_NO_RANDOMIZE) < 0) return failed(Step::become_program);
  if (::prctl(PR_SET_TSC, PR_TSC_SIGSEGV) != 0) return failed(Step::become_program);
  return done();
}

bool read_exactly(int fd, void* into, std::size_t bytes) {
  auto* at = static_cast<char*>(into);
  while (bytes > 0) {
    const ssize_t got = ::read(fd, at, bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

// In .bss: untouched pages cost nothing until a command fills them.
char command_words[kCommandBytesMax];  // NOLINT: this process serves one command and no other thread exists
char* word_list[16384];                // NOLINT
char candidate[4096];                  // NOLINT

// As execvp(3), over the PATH of the new environment.
void execute_by_path(const char* name, char** argv, char** environment) {
  if (std::strchr(name, '/') != nullptr) {
    (void)::execve(name, argv, environment);
    return;
  }
  const char* path = "/usr/local/bin:/usr/bin:/bin";
  for (char** variable = environment; *variable != nullptr; ++variable) {
    if (std::strncmp(*variable, "PATH=", 5) == 0) path = *variable + 5;
  }
  int error = ENOENT;
  const std::size_t name_length = std::strlen(name);
  while (*path != '\0') {
    const std::size_t length = std::strcspn(path, ":");
    if (length > 0 && length + 1 + name_length < sizeof candidate) {
      std::memcpy(candidate, path, length);
      candidate[length] = '/';
      std::memcpy(candidate + length + 1, name, name_length + 1);
      (void)::execve(candidate, argv, environment);
      if (errno != ENOENT && errno != ENOTDIR) error = errno;
    }
    path += length;
    if (*path == ':') ++path;
  }
  errno = error;
}

[[noreturn]] void run_command(int control, int command) {
  CommandHeader header{};
  // End of file without a command: the sandbox is being thrown away unused.
  if (!read_exactly(command, &header, sizeof header)) ::_exit(0);
  const std::size_t words = std::size_t{header.argc} + header.envc + 1;
  const bool sane = header.bytes <= sizeof command_words && header.argc > 0 &&
                    words + 2 <= sizeof word_list / sizeof word_list[0] &&
                    read_exactly(command, command_words, header.bytes);
  if (!sane) give_up(control, failed(Step::execute, E2BIG), 126);
  char* at = command_words;
  const char* const end = command_words + header.bytes;
  const char* directory = at;
  at += std::strlen(at) + 1;
  std::size_t slot = 0;
  for (std::uint32_t word = 0; word < header.argc + header.envc && at < end; ++word) {
    if (word == header.argc) word_list[slot++] = nullptr;
    word_list[slot++] = at;
    at += std::strlen(at) + 1;
  }
  if (header.envc == 0) word_list[slot++] = nullptr;
  word_list[slot] = nullptr;
  if (::chdir(directory) != 0) give_up(control, failed(Step::change_directory), 126);
  execute_by_path(word_list[0], word_list, word_list + header.argc + 1);
  const int error = errno;
  give_up(control, failed(Step::execute, error), error == ENOENT ? 127 : 126);
}

void reset_signals() {
  sigset_t none;
  (void)sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

[[noreturn]] void become_program(const PlanView& view) {
  const std::int64_t begin = now_ns();
  const int control = kBoxControl;
  if (::setsid() < 0) give_up(control, failed(Step::become_program));
  insist(control, arrange_descriptors());
  insist(control, set_limits(view));
  insist(control, take_program_id(view));
  insist(control, restrict_with_landlock(view));
  // The posture check and the engine's copy of the listener need to see this process; exec decides anew.
  if (::prctl(PR_SET_DUMPABLE, 1) != 0) give_up(control, failed(Step::become_program));
  reset_signals();
  BoxReport report{};
  report.walls_ns = now_ns() - begin;
  // From here on this process has no clock: the vDSO would read the counter.
  if (view.plan().deterministic != 0) insist(control, make_deterministic());
  int listener = -1;
  insist(control, install_filter(view, listener));
  report.event = BoxEvent::program_ready;
  report.listener = listener;
  if (view.plan().deterministic == 0) report.walls_ns = now_ns() - begin;
  if (::write(control, &report, sizeof report) != static_cast<ssize_t>(sizeof report)) ::_exit(125);
  run_command(control, kBoxCommand);
}

}  // namespace belljar::sandbox::native
