#include "sandbox/filter/compile.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include "os/file.h"
#include "sandbox/filter/evaluate.h"

namespace belljar::sandbox {
namespace {

using testing::HasSubstr;

Result<std::string> read_shipped(const std::string& name) {
  return os::read_file(std::string{BELLJAR_SOURCE_DIR} + "/profiles/" + name + ".yaml", 1U << 16);
}

CompiledFilter shipped(const std::string& name) {
  Result<Profile> profile = parse_profile(name, read_shipped);
  EXPECT_TRUE(profile) << profile.error().message();
  Result<CompiledFilter> filter = compile_filter(std::move(profile).value());
  EXPECT_TRUE(filter) << filter.error().message();
  return std::move(filter).value();
}

std::uint32_t action_of(const Decision& decision) {
  switch (decision.action) {
    case Action::allow:
      return SECCOMP_RET_ALLOW;
    case Action::quiet:
      return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(decision.error);
    case Action::refuse:
      return SECCOMP_RET_USER_NOTIF;
    case Action::kill:
      break;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

// Values around everything that some condition compares with, in both halves.
std::vector<std::uint64_t> values_worth_trying(const Profile& profile) {
  std::set<std::uint64_t> values = {0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, ~std::uint64_t{0}};
  for (const Match& match : profile.matches) {
    for (const Condition& condition : match.conditions) {
      for (const std::uint64_t value : condition.values) {
        values.insert({value, value - 1, value + 1, value | condition.mask, value | (1ULL << 32U)});
      }
      values.insert({condition.mask, ~condition.mask, condition.mask & (~condition.mask + 1)});
      for (unsigned bit = 0; bit < 64; ++bit) values.insert(1ULL << bit);
    }
  }
  return {values.begin(), values.end()};
}

std::vector<std::uint32_t> numbers_worth_trying() {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t number = 0; number <= 1100; ++number) numbers.push_back(number);
  for (std::uint32_t bit = 0; bit < 32; ++bit) {
    const std::uint32_t edge = 1U << bit;
    numbers.insert(numbers.end(), {edge - 1, edge, edge + 1, edge | 59U});
  }
  for (std::uint32_t number = 0; number <= 600; ++number) numbers.push_back(0x40000000 + number);
  for (std::uint32_t number = 1; number <= 64; ++number) numbers.push_back(0U - number);
  return numbers;
}

class Shipped : public testing::TestWithParam<const char*> {};

// What the kernel will answer is what the profile says: every number, every argument, every boundary.
TEST_P(Shipped, FilterAnswersAsTheProfileDecides) {
  const CompiledFilter filter = shipped(GetParam());
  const std::vector<std::uint64_t> values = values_worth_trying(filter.profile);
  std::uint64_t compared = 0;
  const auto compare = [&](const seccomp_data& data) {
    const Result<std::uint32_t> answer = evaluate(filter.program, data);
    ASSERT_TRUE(answer) << answer.error().message();
    ASSERT_EQ(answer.value(), action_of(filter.profile.decide(data)))
        << "call " << data.nr << ", arch " << data.arch << ", arguments " << data.args[0] << " " << data.args[1] << " "
        << data.args[2];
    ++compared;
  };
  for (const std::uint32_t number : numbers_worth_trying()) {
    seccomp_data data{};
    data.nr = static_cast<int>(number);
    for (const std::uint32_t arch :
         std::initializer_list<std::uint32_t>{AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0}) {
      data.arch = arch;
      compare(data);
    }
    data.arch = AUDIT_ARCH_X86_64;
    std::fill(std::begin(data.args), std::end(data.args), ~std::uint64_t{0});
    compare(data);
    std::fill(std::begin(data.args), std::end(data.args), 0);
    for (unsigned argument = 0; argument < 6 && number <= 600; ++argument) {
      for (const std::uint64_t value : values) {
        data.args[argument] = value;
        compare(data);
      }
      data.args[argument] = 0;
      if (HasFatalFailure()) return;
    }
  }
  // Arguments together, for the calls whose answer depends on them.
  std::mt19937_64 random{7};
  for (const Match& match : filter.profile.matches) {
    for (int i = 0; i < 2000 && !match.conditions.empty(); ++i) {
      seccomp_data data{};
      data.nr = match.call;
      data.arch = AUDIT_ARCH_X86_64;
      for (auto& value : data.args) value = values[random() % values.size()] | values[random() % values.size()];
      compare(data);
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(compared, 400'000U);
}

TEST_P(Shipped, FilterIsSmall) {
  const CompiledFilter filter = shipped(GetParam());
  RecordProperty("instructions", static_cast<int>(filter.program.size()));
  EXPECT_LE(filter.program.size(), kInstructionsMax);
}

// Each path the machine can take is short: a tree, not a list.
TEST_P(Shipped, PathsToPlainCallsAreShort) {
  const CompiledFilter filter = shipped(GetParam());
  for (int number = 0; number < 470; ++number) {
    const auto matches = filter.profile.matches_of(static_cast<std::uint32_t>(number));
    if (!matches.empty() && !matches.front().conditions.empty()) continue;
    // Cutting the program short behind the tree would be an error, so count steps by walking.
    std::size_t steps = 0;
    for (std::size_t at = 0; at < filter.program.size(); ++at, ++steps) {
      const sock_filter& one = filter.program[at];
      if (BPF_CLASS(one.code) == BPF_RET) break;
      if (BPF_CLASS(one.code) != BPF_JMP) continue;
      const std::uint32_t word = steps == 1 ? AUDIT_ARCH_X86_64 : static_cast<std::uint32_t>(number);
      const bool holds = BPF_OP(one.code) == BPF_JEQ ? word == one.k : word >= one.k;
      at += holds ? one.jt : one.jf;
    }
    EXPECT_LE(steps, 14U) << number;
  }
}

struct FreeContext {
  using pointer = scmp_filter_ctx;
  void operator()(scmp_filter_ctx context) const { seccomp_release(context); }
};

scmp_arg_cmp comparison_of(const Condition& condition, std::uint64_t value) {
  scmp_arg_cmp compare{};
  compare.arg = condition.argument;
  compare.op = condition.test == Condition::Test::at_most ? SCMP_CMP_LE : SCMP_CMP_MASKED_EQ;
  compare.datum_a = condition.test == Condition::Test::at_most ? value : condition.mask;
  compare.datum_b = value;
  return compare;
}

// libseccomp's rules are a set, ours a list; they mean the same for calls with one answer and one tested argument.
bool is_a_set(const Profile& profile, std::span<const Match> matches) {
  return std::all_of(matches.begin(), matches.end(), [&](const Match& match) {
    return match.conditions.size() <= 1 && profile.rules[match.rule].action != Action::quiet &&
           profile.rules[match.rule].action == profile.rules[matches.front().rule].action;
  });
}

// libseccomp, an independent compiler, makes the same of the same rules.
TEST_P(Shipped, LibseccompAgrees) {
  const CompiledFilter filter = shipped(GetParam());
  const std::unique_ptr<void, FreeContext> context{seccomp_init(SCMP_ACT_NOTIFY)};
  ASSERT_NE(context, nullptr);
  ASSERT_EQ(seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), 0);
  std::vector<int> added;
  for (int number = 0; number < 450; ++number) {
    const auto matches = filter.profile.matches_of(static_cast<std::uint32_t>(number));
    if (matches.empty() || !is_a_set(filter.profile, matches)) continue;
    added.push_back(number);
    if (filter.profile.rules[matches.front().rule].action != Action::allow) continue;
    for (const Match& match : matches) {
      if (match.conditions.empty()) {
        ASSERT_EQ(seccomp_rule_add_exact(context.get(), SCMP_ACT_ALLOW, number, 0), 0);
        continue;
      }
      for (const std::uint64_t value : match.conditions[0].values) {
        scmp_arg_cmp compare = comparison_of(match.conditions[0], value);
        if (match.conditions[0].width == Width::low32 && compare.op == SCMP_CMP_MASKED_EQ)
          compare.datum_a &= 0xffffffff;
        ASSERT_EQ(seccomp_rule_add_exact_array(context.get(), SCMP_ACT_ALLOW, number, 1, &compare), 0) << number;
      }
    }
  }
  ASSERT_GT(added.size(), 150U);
  const int memory = ::memfd_create("libseccomp", MFD_CLOEXEC);
  ASSERT_GE(memory, 0);
  ASSERT_EQ(seccomp_export_bpf(context.get(), memory), 0);
  std::vector<sock_filter> theirs(4096);
  const ssize_t size = ::pread(memory, theirs.data(), theirs.size() * sizeof(sock_filter), 0);
  ::close(memory);
  ASSERT_GT(size, 0);
  theirs.resize(static_cast<std::size_t>(size) / sizeof(sock_filter));
  const std::vector<std::uint64_t> values = values_worth_trying(filter.profile);
  for (const int number : added) {
    for (unsigned argument = 0; argument < 6; ++argument) {
      for (const std::uint64_t value : values) {
        seccomp_data data{};
        data.nr = number;
        data.arch = AUDIT_ARCH_X86_64;
        data.args[argument] = value;
        const Result<std::uint32_t> ours = evaluate(filter.program, data);
        const Result<std::uint32_t> reference = evaluate(theirs, data);
        ASSERT_TRUE(ours && reference);
        ASSERT_EQ(ours.value(), reference.value()) << "call " << number << " argument " << argument << " = " << value;
      }
    }
  }
}

// Isolation fact sheet, class "kernel attack surface": no profile may let any of these through, whatever the arguments.
TEST_P(Shipped, DangerousCallsAreRefusedAndHeardOf) {
  const CompiledFilter filter = shipped(GetParam());
  const char* dangerous[] = {"io_uring_setup",
                             "io_uring_enter",
                             "io_uring_register",
                             "bpf",
                             "userfaultfd",
                             "add_key",
                             "request_key",
                             "keyctl",
                             "ptrace",
                             "process_vm_readv",
                             "process_vm_writev",
                             "kexec_load",
                             "kexec_file_load",
                             "init_module",
                             "finit_module",
                             "delete_module",
                             "mount",
                             "umount2",
                             "pivot_root",
                             "chroot",
                             "open_tree",
                             "move_mount",
                             "fsopen",
                             "fsconfig",
                             "fsmount",
                             "fspick",
                             "mount_setattr",
                             "unshare",
                             "setns",
                             "open_by_handle_at",
                             "name_to_handle_at",
                             "perf_event_open",
                             "quotactl",
                             "quotactl_fd",
                             "swapon",
                             "swapoff",
                             "reboot",
                             "acct",
                             "syslog",
                             "iopl",
                             "ioperm",
                             "modify_ldt",
                             "vmsplice",
                             "fanotify_init",
                             "fanotify_mark",
                             "memfd_secret",
                             "seccomp",
                             "pidfd_getfd",
                             "sched_setattr",
                             "sched_setparam",
                             "settimeofday",
                             "clock_settime",
                             "adjtimex",
                             "clock_adjtime",
                             "sethostname",
                             "setdomainname",
                             "kcmp",
                             "lookup_dcookie",
                             "statmount",
                             "listmount",
                             "open_tree_attr",
                             "capset",
                             "ioprio_set",
                             "vhangup",
                             "_sysctl",
                             "nfsservctl",
                             "uselib",
                             "process_mrelease",
                             "move_pages",
                             "migrate_pages"};
  std::mt19937_64 random{11};
  for (const char* name : dangerous) {
    seccomp_data data{};
    data.nr = call_number(name).value_or(-1);
    ASSERT_GE(data.nr, 0) << name;
    data.arch = AUDIT_ARCH_X86_64;
    for (int i = 0; i < 100; ++i) {
      const Result<std::uint32_t> answer = evaluate(filter.program, data);
      ASSERT_TRUE(answer);
      EXPECT_EQ(answer.value(), SECCOMP_RET_USER_NOTIF) << name;
      for (auto& value : data.args) value = i % 2 == 0 ? random() : random() % 64;
    }
  }
}

struct ArgumentCase {
  const char* name;
  const char* call;
  std::vector<std::uint64_t> arguments;
  const char* allowed_in;  // first letters of the profiles
};

TEST_P(Shipped, ArgumentsDecide) {
  const CompiledFilter filter = shipped(GetParam());
  const ArgumentCase cases[] = {
      {"a thread", "clone", {0x3d0f00}, "cias"},
      {"a fork", "clone", {0x1200011}, "ias"},
      {"a vfork", "clone", {0x4111}, "ias"},
      {"a user namespace", "clone", {0x10000011}, ""},
      {"a mount namespace", "clone", {0x20011}, ""},
      {"a network namespace by a thread", "clone", {0x403d0f00}, ""},
      {"a process with our parent", "clone", {0x8011}, ""},
      {"typing into the terminal", "ioctl", {0, 0x5412}, ""},
      {"the same, hidden in the high half", "ioctl", {0, 0x100005412}, ""},
      {"pasting into the console", "ioctl", {0, 0x541c}, ""},
      {"asking for the terminal", "ioctl", {0, 0x5401}, "cias"},
      {"setting the terminal", "ioctl", {0, 0x5402}, "a"},
      {"a local socket", "socket", {1, 1}, "a"},
      {"a local socket pair", "socketpair", {1, 1}, "ias"},
      {"an internet socket", "socket", {2, 1}, "s"},
      {"an internet socket for datagrams", "socket", {2, 2}, ""},
      {"an internet socket of another transport", "socket", {2, 1, 262}, ""},
      {"a netlink socket", "socket", {16, 3}, ""},
      {"a packet socket", "socket", {17, 3}, ""},
      {"a vsock socket", "socket", {40, 1}, ""},
      {"a crypto socket", "socket", {38, 5}, ""},
      {"an internet pair", "socketpair", {2, 1}, ""},
      {"writable code", "mmap", {0, 4096, 7, 0x22}, "a"},
      {"plain code", "mmap", {0, 4096, 5, 2}, "cias"},
      {"code after the fact", "mprotect", {0, 4096, 5}, "ias"},
      {"writable code after the fact", "mprotect", {0, 4096, 7}, "a"},
      {"read-only after the fact", "mprotect", {0, 4096, 1}, "cias"},
      {"no randomisation", "personality", {0x40000}, ""},
      {"asking for the personality", "personality", {0xffffffff}, "cias"},
      {"own limits", "prlimit64", {0, 7}, "cias"},
      {"limits of pid 1", "prlimit64", {1, 7}, ""},
      {"a filter of its own", "prctl", {22, 2}, ""},
      {"moving its memory map", "prctl", {35, 1}, ""},
      {"inviting a tracer", "prctl", {0x59616d61, ~0ULL}, ""},
      {"taking syscalls over", "prctl", {59, 1}, ""},
      {"a name", "prctl", {15}, "cias"},
      {"a device node", "mknodat", {0, 0, 020666, 0x103}, ""},
      {"a disk node", "mknod", {0, 060666, 0x800}, ""},
      {"a named pipe", "mknodat", {0, 0, 010666, 0}, "ias"},
      {"real time", "sched_setscheduler", {0, 1}, ""},
      {"round robin", "sched_setscheduler", {0, 2}, ""},
      {"batch", "sched_setscheduler", {0, 3}, "ias"},
      {"watching a folder", "fcntl", {3, 1026}, ""},
      {"a lease", "fcntl", {3, 1024}, ""},
      {"a file lock", "fcntl", {3, 6}, "cias"},
      {"a memory file", "memfd_create", {0, 1}, "a"},
      {"CPUID faulting", "arch_prctl", {0x1012}, ""},
  };
  for (const ArgumentCase& one : cases) {
    seccomp_data data{};
    data.nr = call_number(one.call).value_or(-1);
    data.arch = AUDIT_ARCH_X86_64;
    std::copy(one.arguments.begin(), one.arguments.end(), data.args);
    const Result<std::uint32_t> answer = evaluate(filter.program, data);
    ASSERT_TRUE(answer);
    const bool is_expected = std::string{one.allowed_in}.find(GetParam()[0]) != std::string::npos;
    EXPECT_EQ(answer.value() == SECCOMP_RET_ALLOW, is_expected) << one.name;
    if (!is_expected) {
      EXPECT_EQ(answer.value(), SECCOMP_RET_USER_NOTIF) << one.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, Shipped, testing::Values("compute", "interpreter", "agent", "server"),
                         [](const auto& shown) { return std::string{shown.param}; });

Result<CompiledFilter> compile(const std::string& rules) {
  const std::string text = "belljar-profile: 1\ndescription: d\nrules:\n" + rules;
  Result<Profile> profile = parse_profile("p", [&](const std::string&) -> Result<std::string> { return text; });
  EXPECT_TRUE(profile) << profile.error().message();
  return compile_filter(std::move(profile).value());
}

constexpr const char* kStart =
    "- {rule: start, reason: r, allow: [read, write, close, execve, execveat, exit_group, rt_sigreturn, "
    "restart_syscall]}\n";

TEST(Compile, WantsWhatEveryStartNeeds) {
  EXPECT_TRUE(compile(kStart));
  const Result<CompiledFilter> filter = compile("- {rule: r, reason: r, allow: [read, execve]}\n");
  ASSERT_FALSE(filter);
  EXPECT_THAT(filter.error().message(), HasSubstr("does not allow write, close, execveat, exit_group"));
}

TEST(Compile, RefusesAFilterThatIsTooLarge) {
  std::string rules = kStart;
  int next = 1;
  for (const char* call : {"socket", "prctl", "personality", "arch_prctl", "seccomp"}) {
    std::string values;
    for (int i = 0; i < 60; ++i) values += (i == 0 ? "" : ", ") + std::to_string(next += 3);
    const std::string argument{find_signature(call)->arguments[0].name};
    rules += "- {rule: tests-of-" + std::to_string(next) + ", reason: r, allow: [" + call + "], where: {" + argument +
             ": {is: [" + values + "]}}}\n";
  }
  const Result<CompiledFilter> filter = compile(rules);
  ASSERT_FALSE(filter);
  EXPECT_THAT(filter.error().message(), HasSubstr("more than 250 filter instructions"));
}

TEST(Compile, CallsThatGoTheSameWaysShareTheirTests) {
  const auto size = [&](const std::string& calls) {
    const Result<CompiledFilter> filter =
        compile(kStart + ("- {rule: x, reason: r, allow: [" + calls + "], where: {prot: {without: [PROT_EXEC]}}}\n"));
    return filter ? filter.value().program.size() : 0;
  };
  EXPECT_EQ(size("mmap, mprotect"), size("mmap"));
}

}  // namespace
}  // namespace belljar::sandbox
