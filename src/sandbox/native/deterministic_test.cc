// The parts of a deterministic sandbox that need none: the bytes of a seed, and which calls stop for pid 1. What a
// whole one does is tried in tests/determinism.
#include "sandbox/native/deterministic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <set>

#include "os/file.h"
#include "sandbox/filter/evaluate.h"
#include "sandbox/native/seeded_stream.h"

namespace belljar::sandbox::native {
namespace {

TEST(SeededStream, the_block_is_that_of_rfc_8439) {
  const std::uint32_t key[8] = {0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c,
                                0x13121110, 0x17161514, 0x1b1a1918, 0x1f1e1d1c};
  const std::uint32_t words[4] = {1, 0x09000000, 0x4a000000, 0};
  const std::uint8_t expected[64] = {0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
                                     0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
                                     0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
                                     0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
                                     0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
  EXPECT_THAT(chacha20_block(key, words).bytes, testing::ElementsAreArray(expected));
}

TEST(SeededStream, equal_seeds_draw_equal_bytes_and_every_child_its_own) {
  std::set<std::string> drawn;
  const auto draw = [](SeededStream stream) {
    std::string bytes(40, '\0');
    stream.fill(bytes.data(), bytes.size());
    return bytes;
  };
  for (const std::uint64_t seed : {0ULL, 1ULL, 7ULL, ~0ULL}) {
    const SeededStream stream = SeededStream::from_seed(seed);
    EXPECT_EQ(draw(stream), draw(SeededStream::from_seed(seed)));
    EXPECT_EQ(draw(stream.child(3)), draw(SeededStream::from_seed(seed).child(3)));
    for (const SeededStream& one : {stream, stream.child(0), stream.child(1), stream.child(0).child(0)}) {
      EXPECT_TRUE(drawn.insert(draw(one)).second);
    }
  }
}

CompiledFilter shipped(const std::string& name) {
  const ReadProfile read = [](const std::string& one) {
    return os::read_file(BELLJAR_SOURCE_DIR "/profiles/" + one + ".yaml", 1U << 20);
  };
  return compile_filter(parse_profile(name, read).value()).value();
}

struct Tried {
  const char* name;
  std::uint32_t call;
  std::array<std::uint64_t, 6> arguments;
  bool traced;
};

class TracedFilter : public testing::TestWithParam<const char*> {};

TEST_P(TracedFilter, stops_for_time_and_chance_and_lets_the_profile_decide_the_rest) {
  const CompiledFilter filter = shipped(GetParam());
  const std::vector<sock_filter> program = traced_filter(filter);
  ASSERT_TRUE(check_program(program));
  constexpr std::uint64_t kHighPointer = 0x7fff00000000;
  const std::vector<Tried> table{
      {"a clock", SYS_clock_gettime, {}, true},
      {"random bytes", SYS_getrandom, {}, true},
      {"reading", SYS_read, {}, true},
      {"writing", SYS_write, {}, false},
      {"poll with a timeout", SYS_poll, {1, 1, 5}, true},
      {"poll without waiting", SYS_poll, {1, 1, 0}, false},
      {"poll without end", SYS_poll, {1, 1, 0xffffffff}, false},
      {"ppoll with a timeout", SYS_ppoll, {1, 1, 0x1000}, true},
      {"ppoll, pointer in the high half", SYS_ppoll, {1, 1, kHighPointer}, true},
      {"ppoll without end", SYS_ppoll, {1, 1, 0}, false},
      {"futex wait with a timeout", SYS_futex, {1, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, 0x1000}, true},
      {"futex wait, pointer in the high half", SYS_futex, {1, FUTEX_WAIT_BITSET | 256, 0, kHighPointer}, true},
      {"futex wait without end", SYS_futex, {1, FUTEX_WAIT, 0, 0}, false},
      {"futex wake, a number in place of the time", SYS_futex, {1, FUTEX_WAKE, 1, 0x1000}, false},
      {"futex requeue", SYS_futex, {1, FUTEX_CMP_REQUEUE, 1, 1}, false},
  };
  for (const Tried& tried : table) {
    SCOPED_TRACE(tried.name);
    seccomp_data data{};
    data.nr = static_cast<int>(tried.call);
    data.arch = AUDIT_ARCH_X86_64;
    std::copy(tried.arguments.begin(), tried.arguments.end(), data.args);
    const std::uint32_t expected = tried.traced ? SECCOMP_RET_TRACE : evaluate(filter.program, data).value();
    EXPECT_EQ(evaluate(program, data).value(), expected);
  }
}

// Every number, of every ABI: the prelude never allows by itself, and what it traces the profile allows whatever the
// arguments.
TEST_P(TracedFilter, opens_nothing) {
  const CompiledFilter filter = shipped(GetParam());
  const std::vector<sock_filter> program = traced_filter(filter);
  for (std::uint32_t number = 0; number < 1100; ++number) {
    for (const std::uint32_t arch : std::initializer_list<std::uint32_t>{AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, 0}) {
      for (const std::uint32_t abi : {0U, 0x40000000U, 0x80000000U}) {
        seccomp_data data{};
        data.nr = static_cast<int>(number | abi);
        data.arch = arch;
        for (auto& argument : data.args) argument = 1;
        const std::uint32_t with = evaluate(program, data).value();
        const std::uint32_t without = evaluate(filter.program, data).value();
        const bool missing = with == (SECCOMP_RET_ERRNO | ENOSYS);
        if (with == SECCOMP_RET_TRACE) {
          EXPECT_EQ(without, SECCOMP_RET_ALLOW) << number;
        } else if (!missing) {
          EXPECT_EQ(with, without) << number;
        }
      }
    }
  }
}

TEST_P(TracedFilter, what_would_tell_unseen_is_missing) {
  const std::vector<sock_filter> program = traced_filter(shipped(GetParam()));
  for (const int number : {SYS_rseq, SYS_futex_waitv, SYS_getdents}) {
    seccomp_data data{};
    data.nr = number;
    data.arch = AUDIT_ARCH_X86_64;
    EXPECT_EQ(evaluate(program, data).value(), SECCOMP_RET_ERRNO | ENOSYS) << number;
  }
}

INSTANTIATE_TEST_SUITE_P(Profiles, TracedFilter, testing::Values("compute", "interpreter", "agent", "server"));

TEST(Unfixed, every_kind_has_a_name_and_a_reason) {
  std::set<std::string_view> names;
  for (std::uint32_t at = 0; at < static_cast<std::uint32_t>(Unfixed::last); ++at) {
    EXPECT_TRUE(names.insert(unfixed_name(static_cast<Unfixed>(at))).second);
    EXPECT_FALSE(unfixed_reason(static_cast<Unfixed>(at)).empty());
  }
}

}  // namespace
}  // namespace belljar::sandbox::native
