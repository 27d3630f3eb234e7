#include "sandbox/filter/profile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cerrno>
#include <map>

namespace belljar::sandbox {
namespace {

using testing::HasSubstr;

using Files = std::map<std::string, std::string>;

ReadProfile reader_of(const Files& files) {
  return [&files](const std::string& name) -> Result<std::string> {
    const auto found = files.find(name);
    if (found == files.end()) return Error{Errc::not_found, "open " + name + ".yaml: No such file or directory"};
    return found->second;
  };
}

Result<Profile> parse(const std::string& rules, const std::string& head = "") {
  const Files files = {{"p", "belljar-profile: 1\ndescription: test\n" + head + "rules:\n" + rules}};
  return parse_profile("p", reader_of(files));
}

seccomp_data call(int number, std::initializer_list<std::uint64_t> arguments = {}) {
  seccomp_data data{};
  data.nr = number;
  data.arch = AUDIT_ARCH_X86_64;
  std::copy(arguments.begin(), arguments.end(), data.args);
  return data;
}

TEST(Profile, DecidesByTheFirstRuleThatHolds) {
  const Result<Profile> profile = parse(R"(
- {rule: first, reason: r, refuse: [mmap], where: {prot: {with: [PROT_WRITE, PROT_EXEC]}}, answer: EACCES}
- {rule: second, reason: r, allow: [mmap, read]}
- {rule: third, reason: r, quiet: [clone3], answer: ENOSYS}
- {rule: fourth, reason: r, quiet: [sync], answer: success}
)");
  ASSERT_TRUE(profile) << profile.error().message();
  const auto decide = [&](const seccomp_data& data) { return profile.value().decide(data); };
  EXPECT_EQ(decide(call(SYS_mmap, {0, 1, PROT_WRITE | PROT_EXEC})).error, EACCES);
  EXPECT_EQ(decide(call(SYS_mmap, {0, 1, PROT_WRITE | PROT_EXEC})).rule, "first");
  EXPECT_EQ(decide(call(SYS_mmap, {0, 1, PROT_WRITE})).action, Action::allow);
  EXPECT_EQ(decide(call(SYS_mmap, {0, 1, PROT_EXEC})).rule, "second");
  EXPECT_EQ(decide(call(SYS_clone3)).action, Action::quiet);
  EXPECT_EQ(decide(call(SYS_clone3)).error, ENOSYS);
  EXPECT_EQ(decide(call(SYS_sync)).error, 0);
}

TEST(Profile, RefusesWhatItDoesNotMention) {
  const Result<Profile> profile = parse("- {rule: r, reason: r, allow: [read]}\n");
  ASSERT_TRUE(profile) << profile.error().message();
  const Decision known = profile.value().decide(call(SYS_ptrace));
  EXPECT_EQ(known.action, Action::refuse);
  EXPECT_EQ(known.error, EPERM);
  EXPECT_EQ(known.rule, "default");
  for (const int unknown : {480, 1000, 5000, 0x3fffffff}) {
    const Decision decision = profile.value().decide(call(unknown));
    EXPECT_EQ(decision.action, Action::refuse) << unknown;
    EXPECT_EQ(decision.error, ENOSYS) << unknown;
    EXPECT_EQ(decision.rule, "unknown-call") << unknown;
  }
}

TEST(Profile, KillsForeignCalls) {
  const Result<Profile> profile = parse("- {rule: r, reason: r, allow: [read]}\n");
  ASSERT_TRUE(profile);
  for (const int number : {0x40000000, 0x40000001, static_cast<int>(0x80000000U), -1}) {
    EXPECT_EQ(profile.value().decide(call(number)).action, Action::kill) << number;
  }
  seccomp_data data = call(SYS_read);
  data.arch = AUDIT_ARCH_I386;
  EXPECT_EQ(profile.value().decide(data).action, Action::kill);
}

struct ConditionCase {
  const char* name;
  const char* where;
  std::uint64_t value;
  bool holds;
};

// `flags` of clone is an unsigned long, `domain` of socket an int.
class Conditions : public testing::TestWithParam<ConditionCase> {};

TEST_P(Conditions, Hold) {
  const bool is_wide = std::string{GetParam().where}.starts_with("flags");
  const Result<Profile> profile = parse("- {rule: r, reason: r, allow: [" + std::string{is_wide ? "clone" : "socket"} +
                                        "], where: {" + GetParam().where + "}}\n");
  ASSERT_TRUE(profile) << profile.error().message();
  const Decision decision = profile.value().decide(call(is_wide ? SYS_clone : SYS_socket, {GetParam().value}));
  EXPECT_EQ(decision.action, GetParam().holds ? Action::allow : Action::refuse);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Conditions,
    testing::Values(ConditionCase{"Is", "domain: {is: [AF_UNIX, AF_INET]}", AF_INET, true},
                    ConditionCase{"IsAlone", "domain: {is: AF_UNIX}", AF_UNIX, true},
                    ConditionCase{"IsNot", "domain: {is: [AF_UNIX]}", AF_INET6, false},
                    // CVE-2019-10063: what the kernel drops must not hide a value from the filter.
                    ConditionCase{"IsIgnoresTheHighHalf", "domain: {is: [AF_UNIX]}", 0x100000001, true},
                    ConditionCase{"Number", "domain: {is: [0x10]}", AF_NETLINK, true},
                    ConditionCase{"MaskedIs", "domain: {mask: [0xf0], is: [0x20]}", 0x2f, true},
                    ConditionCase{"MaskedIsNot", "domain: {mask: [0xf0], is: [0x20]}", 0x3f, false},
                    ConditionCase{"With", "flags: {with: [CLONE_VM, CLONE_THREAD]}", CLONE_VM | CLONE_THREAD | CLONE_FS,
                                  true},
                    ConditionCase{"WithOneMissing", "flags: {with: [CLONE_VM, CLONE_THREAD]}", CLONE_VM, false},
                    ConditionCase{"Without", "flags: {without: [CLONE_NEWUSER]}", CLONE_VM, true},
                    ConditionCase{"WithoutButHas", "flags: {without: [CLONE_NEWUSER]}", CLONE_NEWUSER | 17, false},
                    ConditionCase{"Only", "flags: {only: [CLONE_VM, SIGCHLD]}", CLONE_VM, true},
                    ConditionCase{"OnlyButMore", "flags: {only: [CLONE_VM]}", CLONE_VM | CLONE_FS, false},
                    ConditionCase{"OnlySeesTheHighHalf", "flags: {only: [CLONE_VM]}", CLONE_VM | (1ULL << 40U), false},
                    ConditionCase{"AtMost", "flags: {at_most: 17}", 17, true},
                    ConditionCase{"AtMostExceeded", "flags: {at_most: 17}", 18, false},
                    ConditionCase{"AtMostSeesTheHighHalf", "flags: {at_most: 17}", 1ULL << 32U, false},
                    ConditionCase{"Both", "flags: {with: [CLONE_VM], without: [CLONE_NEWNS]}", CLONE_VM, true},
                    ConditionCase{"BothButOneFails", "flags: {with: [CLONE_VM], without: [CLONE_NEWNS]}",
                                  CLONE_VM | CLONE_NEWNS, false}),
    [](const auto& shown) { return shown.param.name; });

TEST(Profile, OwnRulesStandBeforeIncludedOnes) {
  const Files files = {
      {"top",
       "belljar-profile: 1\ndescription: top\ninclude: base\nrules:\n- {rule: a, reason: r, allow: [mprotect]}\n"},
      {"base",
       "belljar-profile: 1\ndescription: base\nrules:\n"
       "- {rule: b, reason: r, refuse: [mprotect], answer: EACCES}\n- {rule: c, reason: r, allow: [read]}\n"}};
  const Result<Profile> profile = parse_profile("top", reader_of(files));
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile.value().decide(call(SYS_mprotect)).rule, "a");
  EXPECT_EQ(profile.value().decide(call(SYS_read)).rule, "c");
  EXPECT_EQ(profile.value().description, "top");
  ASSERT_EQ(profile.value().sources.size(), 2U);
  EXPECT_EQ(profile.value().sources[1].name, "base");
  EXPECT_EQ(profile.value().rules[0].profile, "top.yaml");
}

struct MistakeCase {
  const char* name;
  const char* rules;
  const char* expected;
};

class Mistakes : public testing::TestWithParam<MistakeCase> {};

TEST_P(Mistakes, AreNamedWithTheirPlace) {
  const Result<Profile> profile = parse(GetParam().rules);
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code(), Errc::invalid_argument);
  EXPECT_THAT(profile.error().message(), HasSubstr(GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Mistakes,
    testing::Values(
        MistakeCase{"UnknownCall", "- {rule: r, reason: r, allow: [read, raed]}\n",
                    "p.yaml:4:38: unknown system call \"raed\" for x86-64"},
        MistakeCase{"CallOfAnotherArchitecture", "- {rule: r, reason: r, allow: [mmap2]}\n", "unknown system call"},
        MistakeCase{"UnknownKey", "- {rule: r, reason: r, allow: [read], when: x}\n", "unknown key \"when\" in a rule"},
        MistakeCase{"NoReason", "- {rule: r, allow: [read]}\n", "the key reason is missing"},
        MistakeCase{"NoName", "- {reason: r, allow: [read]}\n", "the key rule is missing"},
        MistakeCase{"BadName", "- {rule: 'A b', reason: r, allow: [read]}\n", "rule name \"A b\""},
        MistakeCase{"NameTwice", "- {rule: r, reason: r, allow: [read]}\n- {rule: r, reason: r, allow: [write]}\n",
                    "p.yaml:5:3: a second rule \"r\""},
        MistakeCase{"TwoActions", "- {rule: r, reason: r, allow: [read], refuse: [write]}\n",
                    "one of allow, quiet and refuse"},
        MistakeCase{"NoAction", "- {rule: r, reason: r}\n", "one of allow, quiet and refuse"},
        MistakeCase{"NoCalls", "- {rule: r, reason: r, allow: []}\n", "expected a list of system calls"},
        MistakeCase{"CallsNotAList", "- {rule: r, reason: r, allow: read}\n", "expected a list of system calls"},
        MistakeCase{"QuietWithoutAnswer", "- {rule: r, reason: r, quiet: [read]}\n", "a quiet rule needs an answer"},
        MistakeCase{"AllowWithAnswer", "- {rule: r, reason: r, allow: [read], answer: EPERM}\n", "no answer of ours"},
        MistakeCase{"RefuseWithSuccess", "- {rule: r, reason: r, refuse: [read], answer: success}\n",
                    "expected the name of an errno"},
        MistakeCase{"UnknownErrno", "- {rule: r, reason: r, refuse: [read], answer: EWRONG}\n", "\"EWRONG\""},
        MistakeCase{"UnknownArgument", "- {rule: r, reason: r, allow: [socket], where: {family: {is: 1}}}\n",
                    "socket has no argument \"family\""},
        MistakeCase{"NoSignature", "- {rule: r, reason: r, allow: [getpid], where: {a: {is: 1}}}\n",
                    "the arguments of getpid have no names"},
        MistakeCase{"PointerArgument", "- {rule: r, reason: r, allow: [open], where: {path: {is: 1}}}\n",
                    "cannot see what path of open points to"},
        MistakeCase{"UnknownConstant", "- {rule: r, reason: r, allow: [socket], where: {domain: {is: [AF_UNlX]}}}\n",
                    "found \"AF_UNlX\", expected a name of domain or a number"},
        MistakeCase{"ConstantOfAnotherFamily",
                    "- {rule: r, reason: r, allow: [socket], where: {domain: {is: [PROT_READ]}}}\n",
                    "a name of domain"},
        MistakeCase{"TooWide", "- {rule: r, reason: r, allow: [socket], where: {domain: {is: [0x100000001]}}}\n",
                    "a number"},
        MistakeCase{"Negative", "- {rule: r, reason: r, allow: [socket], where: {domain: {is: [-1]}}}\n", "a number"},
        MistakeCase{"MaskAlone", "- {rule: r, reason: r, allow: [socket], where: {domain: {mask: [1]}}}\n",
                    "a mask needs \"is\""},
        MistakeCase{"NeverMet", "- {rule: r, reason: r, allow: [socket], where: {domain: {mask: [1], is: [2]}}}\n",
                    "can never be met"},
        MistakeCase{"NoBit", "- {rule: r, reason: r, allow: [mmap], where: {prot: {with: [PROT_NONE]}}}\n",
                    "at least one bit"},
        MistakeCase{"EmptyList", "- {rule: r, reason: r, allow: [mmap], where: {prot: {is: []}}}\n",
                    "expected at least one value"},
        MistakeCase{"EmptyCondition", "- {rule: r, reason: r, allow: [mmap], where: {prot: {}}}\n",
                    "an empty condition"},
        MistakeCase{"EmptyWhere", "- {rule: r, reason: r, allow: [mmap], where: {}}\n",
                    "expected conditions by argument"},
        MistakeCase{"NeverReached", "- {rule: r, reason: r, allow: [read]}\n- {rule: s, reason: r, refuse: [read]}\n",
                    "an earlier rule has decided read already"}),
    [](const auto& shown) { return shown.param.name; });

TEST(Profile, ReportsEveryMistakeInOnePass) {
  const Result<Profile> profile = parse("- {rule: r, reason: r, allow: [raed, wirte]}\n- {rule: s, allow: [opne]}\n");
  ASSERT_FALSE(profile);
  for (const char* one : {"raed", "wirte", "opne", "reason is missing"}) {
    EXPECT_THAT(profile.error().message(), HasSubstr(one));
  }
}

TEST(Profile, RefusesIncludesThatCannotWork) {
  const std::string head = "belljar-profile: 1\ndescription: d\ninclude: ";
  const std::string tail = "\nrules:\n- {rule: r, reason: r, allow: [read]}\n";
  const std::pair<std::string, const char*> cases[] = {{"[p]", "included already, here or in a circle"},
                                                       {"[other, other]", "included already"},
                                                       {"missing", "p.yaml:3:10: open missing.yaml"},
                                                       {"../etc/passwd", "expected the name of a profile"},
                                                       {"loop", "loop.yaml:3:10: profile p is included already"}};
  for (const auto& [include, expected] : cases) {
    const Files files = {{"p", head + include + tail}, {"other", head + "[]" + tail}, {"loop", head + "p" + tail}};
    const Result<Profile> profile = parse_profile("p", reader_of(files));
    ASSERT_FALSE(profile) << include;
    EXPECT_THAT(profile.error().message(), HasSubstr(expected));
  }
}

TEST(Profile, RefusesNamesThatCouldBePaths) {
  for (const char* name : {"", "../x", "a/b", "A", "-x", "a.b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
    EXPECT_FALSE(parse_profile(name, reader_of({}))) << name;
  }
}

TEST(Profile, WantsItsVersion) {
  for (const char* head : {"", "belljar-profile: 2\n", "belljar-profile: [1]\n"}) {
    const Files files = {{"p", std::string{head} + "description: d\nrules:\n- {rule: r, reason: r, allow: [read]}\n"}};
    const Result<Profile> profile = parse_profile("p", reader_of(files));
    ASSERT_FALSE(profile);
    EXPECT_THAT(profile.error().message(), HasSubstr("expected \"belljar-profile: 1\""));
  }
}

}  // namespace
}  // namespace belljar::sandbox
