#include "sandbox/filter/evaluate.h"

#include <cstring>
#include <string>

namespace belljar::sandbox {

namespace {

constexpr std::size_t kProgramMax = BPF_MAXINSNS;

Error malformed(std::size_t at, const char* why) {
  return {Errc::corrupt, "filter instruction " + std::to_string(at) + ": " + why};
}

bool is_jump(std::uint16_t code) {
  switch (code) {
    case BPF_JMP | BPF_JEQ | BPF_K:
    case BPF_JMP | BPF_JGT | BPF_K:
    case BPF_JMP | BPF_JGE | BPF_K:
    case BPF_JMP | BPF_JSET | BPF_K:
      return true;
    default:
      return false;
  }
}

bool holds(const sock_filter& instruction, std::uint32_t accumulator) {
  switch (instruction.code) {
    case BPF_JMP | BPF_JEQ | BPF_K:
      return accumulator == instruction.k;
    case BPF_JMP | BPF_JGT | BPF_K:
      return accumulator > instruction.k;
    case BPF_JMP | BPF_JGE | BPF_K:
      return accumulator >= instruction.k;
    default:
      return (accumulator & instruction.k) != 0;
  }
}

Result<void> check_instruction(const sock_filter& instruction, std::size_t at, std::size_t size) {
  const std::size_t left = size - at - 1;  // instructions behind this one
  switch (instruction.code) {
    case BPF_RET | BPF_K:
      return {};
    case BPF_LD | BPF_W | BPF_ABS:
      if (instruction.k % 4 != 0 || instruction.k >= sizeof(seccomp_data))
        return malformed(at, "loads outside the call");
      break;
    case BPF_ALU | BPF_AND | BPF_K:
      break;
    case BPF_JMP | BPF_JA:
      if (instruction.k >= left) return malformed(at, "jumps past the end");
      return {};
    default:
      if (!is_jump(instruction.code)) return malformed(at, "is of an unknown kind");
      if (instruction.jt >= left || instruction.jf >= left) return malformed(at, "jumps past the end");
      return {};
  }
  if (left == 0) return malformed(at, "is the last and no return");
  return {};
}

}  // namespace

Result<void> check_program(std::span<const sock_filter> program) {
  if (program.empty() || program.size() > kProgramMax) {
    return Error{Errc::corrupt, "a filter of " + std::to_string(program.size()) + " instructions"};
  }
  for (std::size_t i = 0; i < program.size(); ++i) TRY(check_instruction(program[i], i, program.size()));
  return {};
}

Result<std::uint32_t> evaluate(std::span<const sock_filter> program, const seccomp_data& data) {
  std::uint32_t accumulator = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& instruction = program[at];
    TRY(check_instruction(instruction, at, program.size()));
    switch (instruction.code) {
      case BPF_RET | BPF_K:
        return std::uint32_t{instruction.k};
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + instruction.k, sizeof accumulator);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        accumulator &= instruction.k;
        break;
      case BPF_JMP | BPF_JA:
        at += instruction.k;
        break;
      default:
        at += holds(instruction, accumulator) ? instruction.jt : instruction.jf;
        break;
    }
  }
  return Error{Errc::corrupt, "an empty filter"};
}

}  // namespace belljar::sandbox
