// What every program of a deterministic sandbox finds at its first instruction, and what stands in for the time stamp
// counter.

#include <elf.h>
#include <sys/ptrace.h>
#include <csignal>
#include <cstring>

#include "sandbox/native/init/steward.h"

namespace belljar::sandbox::native {

namespace {

constexpr std::size_t kWordsAtOnce = 512;
constexpr std::uint64_t kWordsMost = 1U << 20;  // of arguments and environment: the kernel's own limit is lower

// Reads a task's memory word by word, some pages ahead.
class Words {
 public:
  Words(pid_t tid, std::uint64_t at) : tid_{tid}, at_{at} {}

  std::uint64_t place() const { return at_; }
  bool next(std::uint64_t& word) {
    if (used_ == held_ && !refill()) return false;
    word = words_[used_++];
    at_ += sizeof word;
    return true;
  }

 private:
  // The stack ends somewhere within the pages ahead: less is asked for until it is there.
  bool refill() {
    for (std::size_t wanted = kWordsAtOnce; wanted > 0; wanted /= 2) {
      if (!read_memory(tid_, at_, words_, wanted * sizeof words_[0])) continue;
      held_ = wanted;
      used_ = 0;
      return true;
    }
    return false;
  }

  pid_t tid_;
  std::uint64_t at_;
  std::uint64_t words_[kWordsAtOnce];
  std::size_t held_ = 0;
  std::size_t used_ = 0;
};

bool skip_list(Words& words) {
  std::uint64_t word = 0;
  for (std::uint64_t count = 0; count < kWordsMost; ++count) {
    if (!words.next(word)) return false;
    if (word == 0) return true;
  }
  return false;
}

bool change_entry(Task& task, std::uint64_t type_at, std::uint64_t type, std::uint64_t value) {
  constexpr std::size_t kRandomBytes = 16;
  if (type == AT_SYSINFO_EHDR) return write_value(task.tid, type_at, std::uint64_t{AT_IGNORE});
  if (type != AT_RANDOM) return true;
  std::uint8_t bytes[kRandomBytes];
  task.stream.fill(bytes, sizeof bytes);
  return write_memory(task.tid, value, bytes, sizeof bytes);
}

// The length of the instruction at `code`, or 0: rdtsc is 0f 31, rdtscp 0f 01 f9, either with a REX prefix.
std::size_t counter_instruction(const std::uint8_t (&code)[4], bool& with_processor) {
  const std::size_t prefix = (code[0] & 0xf0U) == 0x40 ? 1 : 0;
  const std::uint8_t* at = code + prefix;
  with_processor = at[0] == 0x0f && at[1] == 0x01 && at[2] == 0xf9;
  if (at[0] == 0x0f && at[1] == 0x31) return prefix + 2;
  return with_processor ? prefix + 3 : 0;
}

}  // namespace

// The stack of a new program: argc, the arguments, 0, the environment, 0, the auxiliary vector.
bool prepare_new_program(Task& task) {
  user_regs_struct regs{};
  if (::ptrace(PTRACE_GETREGS, task.tid, nullptr, &regs) != 0) return true;  // killed meanwhile: nothing will run
  Words words{task.tid, regs.rsp};
  std::uint64_t count = 0;
  if (!words.next(count) || !skip_list(words) || !skip_list(words)) return false;
  for (std::uint64_t entry = 0; entry < 64; ++entry) {
    const std::uint64_t type_at = words.place();
    std::uint64_t type = 0;
    std::uint64_t value = 0;
    if (!words.next(type) || !words.next(value)) return false;
    if (type == AT_NULL) return true;
    if (!change_entry(task, type_at, type, value)) return false;
  }
  return false;
}

// PR_SET_TSC makes reading the counter a general protection fault. It counts the nanoseconds of the sandbox's clock.
bool answer_counter(Steward& steward, Task& task) {
  siginfo_t info{};
  user_regs_struct regs{};
  if (::ptrace(PTRACE_GETSIGINFO, task.tid, nullptr, &info) != 0 || info.si_code != SI_KERNEL) return false;
  if (::ptrace(PTRACE_GETREGS, task.tid, nullptr, &regs) != 0) return false;
  std::uint8_t code[4] = {};
  // The instruction may end with the last byte of its page.
  for (std::size_t bytes = sizeof code; bytes >= 2; --bytes) {
    if (read_memory(task.tid, regs.rip, code, bytes)) break;
  }
  bool with_processor = false;
  const std::size_t length = counter_instruction(code, with_processor);
  if (length == 0) return false;
  const auto value = static_cast<std::uint64_t>(ask_clock(steward, task) + kMonotonicStartNs);
  regs.rax = value & 0xffffffffU;
  regs.rdx = value >> 32;
  if (with_processor) regs.rcx = 0;
  regs.rip += length;
  return ::ptrace(PTRACE_SETREGS, task.tid, nullptr, &regs) == 0;
}

}  // namespace belljar::sandbox::native
