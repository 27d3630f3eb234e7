#include "sandbox/filter/evaluate.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace belljar::sandbox {
namespace {

using Program = std::vector<sock_filter>;

constexpr std::uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t kReturn = BPF_RET | BPF_K;
constexpr std::uint16_t kAnd = BPF_ALU | BPF_AND | BPF_K;

constexpr std::uint16_t jump(unsigned test) { return static_cast<std::uint16_t>(BPF_JMP | test | BPF_K); }

seccomp_data example() {
  seccomp_data data{};
  data.nr = 7;
  data.arch = 0xc000003e;
  data.args[1] = 0x1122334455667788;
  return data;
}

TEST(Evaluate, LoadsLowAndHighHalves) {
  const std::pair<std::uint32_t, std::uint32_t> cases[] = {
      {0, 7}, {4, 0xc000003e}, {24, 0x55667788}, {28, 0x11223344}, {16, 0}};
  for (const auto& [offset, expected] : cases) {
    const Program program = {
        {kLoad, 0, 0, offset}, {jump(BPF_JEQ), 0, 1, expected}, {kReturn, 0, 0, 1}, {kReturn, 0, 0, 2}};
    const Result<std::uint32_t> answer = evaluate(program, example());
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer.value(), 1U) << offset;
  }
}

struct JumpCase {
  unsigned test;
  std::uint32_t operand;
  bool taken;
};

TEST(Evaluate, JumpsAsTheKernelDoes) {
  const JumpCase cases[] = {{BPF_JEQ, 7, true}, {BPF_JEQ, 8, false}, {BPF_JGT, 6, true},   {BPF_JGT, 7, false},
                            {BPF_JGE, 7, true}, {BPF_JGE, 8, false}, {BPF_JSET, 12, true}, {BPF_JSET, 8, false}};
  for (const JumpCase& one : cases) {
    const Program program = {
        {kLoad, 0, 0, 0}, {jump(one.test), 1, 0, one.operand}, {kReturn, 0, 0, 0}, {kReturn, 0, 0, 1}};
    const Result<std::uint32_t> answer = evaluate(program, example());
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.value() == 1, one.taken) << one.test << " " << one.operand;
  }
}

TEST(Evaluate, MasksAndGoesOn) {
  const Program program = {{kLoad, 0, 0, 24},  {kAnd, 0, 0, 0xff00},          {BPF_JMP | BPF_JA, 0, 0, 1},
                           {kReturn, 0, 0, 1}, {jump(BPF_JEQ), 0, 1, 0x7700}, {kReturn, 0, 0, 2},
                           {kReturn, 0, 0, 3}};
  const Result<std::uint32_t> answer = evaluate(program, example());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer.value(), 2U);
}

TEST(Evaluate, RefusesMalformedPrograms) {
  const std::pair<const char*, Program> cases[] = {
      {"empty", {}},
      {"no return at the end", {{kLoad, 0, 0, 0}}},
      {"load beyond the call", {{kLoad, 0, 0, 64}, {kReturn, 0, 0, 0}}},
      {"load between words", {{kLoad, 0, 0, 2}, {kReturn, 0, 0, 0}}},
      {"yes past the end", {{jump(BPF_JEQ), 1, 0, 0}, {kReturn, 0, 0, 0}}},
      {"no past the end", {{jump(BPF_JEQ), 0, 1, 0}, {kReturn, 0, 0, 0}}},
      {"always past the end", {{BPF_JMP | BPF_JA, 0, 0, 1}, {kReturn, 0, 0, 0}}},
      {"always far past the end", {{BPF_JMP | BPF_JA, 0, 0, 0xffffffff}, {kReturn, 0, 0, 0}}},
      {"unknown instruction", {{BPF_ST, 0, 0, 0}, {kReturn, 0, 0, 0}}},
      {"returns the accumulator", {{BPF_RET | BPF_A, 0, 0, 0}}},
  };
  for (const auto& [name, program] : cases) {
    EXPECT_FALSE(check_program(program)) << name;
    EXPECT_FALSE(evaluate(program, example())) << name;
  }
  EXPECT_FALSE(check_program(Program(BPF_MAXINSNS + 1, sock_filter{kReturn, 0, 0, 0})));
}

}  // namespace
}  // namespace belljar::sandbox
