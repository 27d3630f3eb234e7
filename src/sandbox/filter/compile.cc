#include "sandbox/filter/compile.h"

#include <linux/audit.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "sandbox/filter/evaluate.h"

namespace belljar::sandbox {

namespace {

// What pid 1 does in a sandbox between loading the filter and running the program. A filter without these would leave
// every start hanging on a refusal.
constexpr std::string_view kNeededToStart[] = {"read",     "write",      "close",        "execve",
                                               "execveat", "exit_group", "rt_sigreturn", "restart_syscall"};

constexpr std::uint32_t kNotify = SECCOMP_RET_USER_NOTIF;

// One way a call may go: the first arm whose conditions all hold gives the answer; none: kNotify.
struct Arm {
  std::vector<Condition> conditions;
  std::uint32_t answer = kNotify;
  bool operator==(const Arm&) const = default;
};
using Arms = std::vector<Arm>;

// The arms of all calls from `first` up to the next range.
struct Range {
  std::uint32_t first = 0;
  Arms arms;
};

std::uint32_t answer_of(const Rule& rule) {
  switch (rule.action) {
    case Action::allow:
      return SECCOMP_RET_ALLOW;
    case Action::quiet:
      return SECCOMP_RET_ERRNO | rule.error;
    case Action::kill:
      return SECCOMP_RET_KILL_PROCESS;
    case Action::refuse:
      break;
  }
  return kNotify;
}

Arms arms_of(const Profile& profile, std::uint32_t call) {
  Arms arms;
  for (const Match& match : profile.matches_of(call)) {
    arms.push_back({match.conditions, answer_of(profile.rules[match.rule])});
    if (match.conditions.empty()) break;
  }
  while (!arms.empty() && arms.back().answer == kNotify) arms.pop_back();
  return arms;
}

std::vector<Range> ranges_of(const Profile& profile) {
  std::vector<Range> ranges = {{0, arms_of(profile, 0)}};
  for (std::uint32_t call = 1; call <= kCallsEnd; ++call) {
    Arms arms = arms_of(profile, call);
    if (arms != ranges.back().arms) ranges.push_back({call, std::move(arms)});
  }
  return ranges;
}

using Label = std::size_t;

// Instructions with jumps to labels that are bound later. Jumps go forward alone, so when a label is bound everything
// that jumps there is known, and with it what the accumulator holds there.
class Assembler {
 public:
  Label new_label() {
    targets_.emplace_back();
    return targets_.size() - 1;
  }

  void bind(Label label) {
    Target& target = targets_[label];
    target.place = code_.size();
    held_ = target.held;
  }

  void load(std::uint32_t offset) {
    if (held_ == offset) return;
    emit({BPF_LD | BPF_W | BPF_ABS, 0, 0, offset});
    held_ = offset;
  }

  void mask(std::uint32_t bits) {
    if (bits == 0xffffffffU) return;
    emit({BPF_ALU | BPF_AND | BPF_K, 0, 0, bits});
    held_.reset();
  }

  void jump(unsigned test, std::uint32_t value, Label yes, Label no) {
    jumps_.push_back({code_.size(), yes, no});
    emit({static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), 0, 0, value});
    arrive(yes);
    arrive(no);
  }

  void answer(Label label, std::uint32_t action) {
    bind(label);
    emit({BPF_RET | BPF_K, 0, 0, action});
  }

  std::size_t size() const { return code_.size(); }

  // At most 256 instructions, so that every distance fits.
  std::vector<sock_filter> finish() {
    for (const Jump& jump : jumps_) {
      code_[jump.at].jt = static_cast<std::uint8_t>(targets_[jump.yes].place - jump.at - 1);
      code_[jump.at].jf = static_cast<std::uint8_t>(targets_[jump.no].place - jump.at - 1);
    }
    return std::move(code_);
  }

 private:
  struct Target {
    std::size_t place = 0;
    bool reached = false;
    std::optional<std::uint32_t> held;
  };
  struct Jump {
    std::size_t at;
    Label yes;
    Label no;
  };

  void emit(sock_filter instruction) { code_.push_back(instruction); }

  void arrive(Label label) {
    Target& target = targets_[label];
    if (!target.reached) {
      target.held = held_;
    } else if (target.held != held_) {
      target.held.reset();
    }
    target.reached = true;
  }

  std::vector<sock_filter> code_;
  std::vector<Target> targets_;
  std::vector<Jump> jumps_;
  std::optional<std::uint32_t> held_;  // the word of seccomp_data in the accumulator
};

class Emitter {
 public:
  std::vector<sock_filter> emit(const std::vector<Range>& ranges);

 private:
  void tree(const std::vector<Range>& ranges, std::size_t first, std::size_t last);
  Label leaf(const Arms& arms);
  Label answer(std::uint32_t action);
  void block(const Arms& arms);
  void condition(const Condition& condition, Label yes, Label no);
  void word_is_one_of(std::uint32_t mask, const std::vector<std::uint32_t>& values, Label yes, Label no);

  Assembler code_;
  std::vector<std::pair<Arms, Label>> blocks_;  // calls that go the same ways share one
  std::vector<std::pair<std::uint32_t, Label>> answers_;
};

template <class Key>
Label label_for(std::vector<std::pair<Key, Label>>& known, const Key& key, Assembler& code) {
  for (const auto& [one, label] : known) {
    if (one == key) return label;
  }
  known.emplace_back(key, code.new_label());
  return known.back().second;
}

Label Emitter::answer(std::uint32_t action) { return label_for(answers_, action, code_); }

Label Emitter::leaf(const Arms& arms) {
  if (arms.empty()) return answer(kNotify);
  if (arms.front().conditions.empty()) return answer(arms.front().answer);
  return label_for(blocks_, arms, code_);
}

std::vector<sock_filter> Emitter::emit(const std::vector<Range>& ranges) {
  const Label is_native = code_.new_label();
  const Label is_call = code_.new_label();
  code_.load(offsetof(seccomp_data, arch));
  code_.jump(BPF_JEQ, AUDIT_ARCH_X86_64, is_native, answer(SECCOMP_RET_KILL_PROCESS));
  code_.bind(is_native);
  code_.load(offsetof(seccomp_data, nr));
  code_.jump(BPF_JGE, kForeignCalls, answer(SECCOMP_RET_KILL_PROCESS), is_call);
  code_.bind(is_call);
  tree(ranges, 0, ranges.size() - 1);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    code_.bind(blocks_[i].second);
    block(blocks_[i].first);
  }
  for (const auto& [action, label] : answers_) code_.answer(label, action);
  if (code_.size() > kInstructionsMax) return {};
  return code_.finish();
}

// Halves the ranges [first, last]: one comparison tells which half the call is in.
void Emitter::tree(const std::vector<Range>& ranges, std::size_t first, std::size_t last) {
  if (first == last) {  // the only range there is
    const Label target = leaf(ranges[first].arms);
    code_.jump(BPF_JGE, 0, target, target);
    return;
  }
  const std::size_t middle = first + (last - first + 1) / 2;
  const bool is_leaf_below = middle - 1 == first;
  const bool is_leaf_above = middle == last;
  const Label below = is_leaf_below ? leaf(ranges[first].arms) : code_.new_label();
  const Label above = is_leaf_above ? leaf(ranges[last].arms) : code_.new_label();
  code_.jump(BPF_JGE, ranges[middle].first, above, below);
  if (!is_leaf_below) {
    code_.bind(below);
    tree(ranges, first, middle - 1);
  }
  if (!is_leaf_above) {
    code_.bind(above);
    tree(ranges, middle, last);
  }
}

void Emitter::block(const Arms& arms) {
  for (std::size_t i = 0; i < arms.size(); ++i) {
    const bool is_last = i + 1 == arms.size();
    const bool decides_next = !is_last && arms[i + 1].conditions.empty();
    const Label no = is_last ? answer(kNotify) : decides_next ? answer(arms[i + 1].answer) : code_.new_label();
    for (std::size_t c = 0; c < arms[i].conditions.size(); ++c) {
      const bool is_final = c + 1 == arms[i].conditions.size();
      const Label yes = is_final ? answer(arms[i].answer) : code_.new_label();
      condition(arms[i].conditions[c], yes, no);
      if (!is_final) code_.bind(yes);
    }
    if (is_last || decides_next) return;
    code_.bind(no);
  }
}

// Arguments are 64 bits wide and the machine's words 32: the high half first, where it matters, then the low half.
void Emitter::condition(const Condition& condition, Label yes, Label no) {
  const auto low_offset = static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8U * condition.argument);
  const auto low_half = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
  const auto high_half = [](std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32U); };
  const bool is_wide = condition.width == Width::full64;
  if (condition.test == Condition::Test::at_most) {
    const std::uint64_t limit = condition.values.front();
    if (is_wide) {
      const Label not_above = code_.new_label();
      const Label low = code_.new_label();
      code_.load(low_offset + 4);
      code_.jump(BPF_JGT, high_half(limit), no, not_above);
      code_.bind(not_above);
      code_.jump(BPF_JEQ, high_half(limit), low, yes);
      code_.bind(low);
    }
    code_.load(low_offset);
    code_.jump(BPF_JGT, low_half(limit), no, yes);
    return;
  }
  const std::uint32_t high_mask = is_wide ? high_half(condition.mask) : 0;
  std::vector<std::uint32_t> highs;
  for (const std::uint64_t value : condition.values) {
    if (std::find(highs.begin(), highs.end(), high_half(value)) == highs.end()) highs.push_back(high_half(value));
  }
  for (std::size_t i = 0; i < highs.size(); ++i) {
    const bool is_last = i + 1 == highs.size();
    const Label other = is_last ? no : code_.new_label();
    if (high_mask != 0) {
      const Label low = code_.new_label();
      code_.load(low_offset + 4);
      word_is_one_of(high_mask, {highs[i]}, low, other);
      code_.bind(low);
    }
    std::vector<std::uint32_t> lows;
    for (const std::uint64_t value : condition.values) {
      if (high_half(value) == highs[i]) lows.push_back(low_half(value));
    }
    code_.load(low_offset);
    word_is_one_of(low_half(condition.mask), lows, yes, other);
    if (!is_last) code_.bind(other);
  }
}

void Emitter::word_is_one_of(std::uint32_t mask, const std::vector<std::uint32_t>& values, Label yes, Label no) {
  if (values.size() == 1 && values.front() == 0 && mask != 0) {
    code_.jump(BPF_JSET, mask, no, yes);
    return;
  }
  code_.mask(mask);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool is_last = i + 1 == values.size();
    const Label next = is_last ? no : code_.new_label();
    code_.jump(BPF_JEQ, values[i], yes, next);
    if (!is_last) code_.bind(next);
  }
}

Result<void> check_start(const Profile& profile) {
  std::string missing;
  for (const std::string_view name : kNeededToStart) {
    const std::span<const Match> matches =
        profile.matches_of(static_cast<std::uint32_t>(call_number(name).value_or(0)));
    const bool is_free = !matches.empty() && matches.front().conditions.empty() &&
                         profile.rules[matches.front().rule].action == Action::allow;
    if (!is_free) missing += (missing.empty() ? "" : ", ") + std::string{name};
  }
  if (missing.empty()) return {};
  return Error{Errc::invalid_argument, "profile " + profile.name + " does not allow " + missing +
                                           " whatever the arguments, and no program starts without: allow them, or "
                                           "include a profile that does"};
}

}  // namespace

bool CompiledFilter::operator==(const CompiledFilter& other) const {
  const auto same = [](const sock_filter& a, const sock_filter& b) {
    return a.code == b.code && a.jt == b.jt && a.jf == b.jf && a.k == b.k;
  };
  return profile == other.profile &&
         std::equal(program.begin(), program.end(), other.program.begin(), other.program.end(), same);
}

Result<CompiledFilter> compile_filter(Profile profile) {
  TRY(check_start(profile));
  CompiledFilter filter;
  filter.program = Emitter{}.emit(ranges_of(profile));
  if (filter.program.empty()) {
    return Error{Errc::invalid_argument, "profile " + profile.name + " needs more than " +
                                             std::to_string(kInstructionsMax) +
                                             " filter instructions: use fewer conditions, or lists without gaps"};
  }
  TRY(check_program(filter.program));
  filter.profile = std::move(profile);
  return filter;
}

}  // namespace belljar::sandbox
