#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>

#include "base/text.h"
#include "os/host_facts.h"
#include "os/host_facts_trial.h"

namespace belljar::os {

namespace {

// The processor share is less than a crowded host would give anyone, so that the quota is what stops the spinning.
constexpr CgroupLimits kLimits{.memory_bytes = 32U << 20, .swap_bytes = 0, .cpu_cores = 0.05, .processes = 4};
constexpr std::chrono::milliseconds kSpinTime{250};

// Waits at the gate until it has been attached.
pid_t fork_gated(Fd& gate, void (*work)()) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return -1;
  const pid_t pid = ::fork();
  if (pid == 0) {
    (void)::close(ends[1]);
    char none = 0;
    (void)!::read(ends[0], &none, 1);
    work();
    ::_exit(0);
  }
  (void)::close(ends[0]);
  gate = Fd{ends[1]};
  return pid;
}

void use_too_much_memory() {
  constexpr std::size_t kBytes = 2 * kLimits.memory_bytes;
  void* memory = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  for (std::size_t at = 0; at < kBytes; at += 4096) static_cast<volatile char*>(memory)[at] = 1;
}

constexpr std::uint64_t kPipeBytes = 65536;
constexpr int kPipes = 128;

// Memory that the kernel holds on behalf of a process, and that no page table shows.
void fill_pipes() {
  const std::string block(kPipeBytes, 'x');
  for (int i = 0; i < kPipes; ++i) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return;
    (void)!::write(ends[1], block.data(), block.size());
  }
}

void fork_too_often_and_spin() {
  for (int i = 0; i < 8; ++i) {
    if (::fork() == 0) break;
  }
  const auto end = std::chrono::steady_clock::now() + kSpinTime;
  while (std::chrono::steady_clock::now() < end) {
  }
  while (::wait(nullptr) > 0) {  // no orphans for the host's init
  }
}

// One group, one kind of abuse, and the counters before the group is killed.
class GroupTrial {
 public:
  GroupTrial(const CgroupHost& host, CgroupParts quotas, const char* name)
      : group_{host.create("doctor-" + std::string{name} + "-" + std::to_string(::getpid()), kLimits, quotas)} {}

  bool made() const { return static_cast<bool>(group_); }
  std::string why() const { return group_.error().message(); }
  Cgroup& group() { return group_.value(); }

  Result<CgroupCounters> abuse(void (*work)()) {
    Fd gate;
    const pid_t pid = fork_gated(gate, work);
    if (pid < 0) return Error{Errc::exhausted, "fork a trial"};
    const Result<void> attached = group().attach(pid);
    if (!attached) (void)::kill(pid, SIGKILL);
    gate.reset();
    (void)::waitpid(pid, nullptr, 0);
    TRY(Result<void>{attached});
    CgroupCounters counted = TRY(group().counters());
    TRY(group().kill_all());
    return counted;
  }

 private:
  Result<Cgroup> group_;
};

Trial judged(bool held, const std::string& how, const char* otherwise) {
  return held ? Trial{0, how} : Trial{EIO, how + ": " + otherwise};
}

Trial try_freeze(const CgroupHost& host, Cgroup& group) {
  Fd gate;
  const pid_t pid = fork_gated(gate, [] {});
  Result<void> done = pid < 0 ? Result<void>{Error{Errc::exhausted, "fork a trial"}} : group.attach(pid);
  if (done) done = group.freeze();
  gate.reset();  // told to end, it cannot while frozen
  const timespec pause{0, 5'000'000};
  (void)::nanosleep(&pause, nullptr);
  const bool stood = pid > 0 && ::waitpid(pid, nullptr, WNOHANG) == 0;
  if (done) done = group.thaw();
  if (!done && pid > 0) (void)::kill(pid, SIGKILL);
  if (stood) (void)::waitpid(pid, nullptr, 0);
  if (!done) return {EIO, done.error().message()};
  return judged(stood, host.how(CgroupPart::freeze), "a frozen process ran on");
}

Trial try_kill(const CgroupHost& host, Cgroup& group) {
  Fd gate;
  const pid_t pid = fork_gated(gate, [] {});
  if (pid < 0) return trial_failed("fork");
  Result<void> done = group.attach(pid);
  if (done) done = group.kill_all();
  if (!done) (void)::kill(pid, SIGKILL);
  int status = 0;
  (void)::waitpid(pid, &status, 0);
  if (!done) return {EIO, done.error().message()};
  return judged(WIFSIGNALED(status), host.how(CgroupPart::kill), "the process ended by itself");
}

}  // namespace

std::map<CgroupPart, Trial> try_cgroups(const CgroupHost& host) {
  std::map<CgroupPart, Trial> trials;
  CgroupParts quotas;
  for (const CgroupPart part : kCgroupPartsAll) {
    if (host.can(part) && kCgroupQuotas.has(part)) quotas.set(part);
    if (host.can(part)) trials[part] = {EIO, "not reached"};
  }
  if (trials.empty()) return trials;
  GroupTrial memory{host, quotas.without(CgroupPart::cpu), "memory"};
  GroupTrial forks{host, quotas, "forks"};
  if (!memory.made() || !forks.made()) {
    for (auto& [part, trial] : trials) trial = {EACCES, memory.made() ? forks.why() : memory.why()};
    return trials;
  }
  const auto judge = [&](CgroupPart part, const Result<CgroupCounters>& counted, bool held, const char* otherwise) {
    if (!host.can(part)) return;
    trials[part] = counted ? judged(held, host.how(part), otherwise) : Trial{EIO, counted.error().message()};
  };
  const Result<CgroupCounters> eaten = memory.abuse(use_too_much_memory);
  const CgroupCounters ate = eaten ? eaten.value() : CgroupCounters{};
  judge(CgroupPart::memory, eaten, ate.oom_kills > 0 && ate.memory_peak <= kLimits.memory_bytes, "nobody was killed");
  if (host.can(CgroupPart::memory) && trials[CgroupPart::memory].works()) {
    GroupTrial kernel{host, quotas.without(CgroupPart::cpu), "kernel"};
    const Result<CgroupCounters> filled =
        kernel.made() ? kernel.abuse(fill_pipes) : Error{Errc::internal, kernel.why()};
    if (!filled || filled.value().memory_peak < kPipes * kPipeBytes) {
      trials[CgroupPart::memory] = {EOPNOTSUPP,
                                    host.how(CgroupPart::memory) + ": what the kernel holds is not counted"};
    }
  }
  judge(CgroupPart::swap, eaten, ate.oom_kills > 0 && ate.swap_current == 0, "memory went to swap");
  const Result<CgroupCounters> forked = forks.abuse(fork_too_often_and_spin);
  const CgroupCounters did = forked ? forked.value() : CgroupCounters{};
  judge(CgroupPart::processes, forked, did.pids_refused > 0, "every fork was allowed");
  judge(CgroupPart::cpu, forked, did.throttled_ns > 0, "nobody was throttled");
  judge(CgroupPart::cpu_accounting, forked, did.cpu_usage_ns > 0, "no time was counted");
  if (host.can(CgroupPart::freeze)) trials[CgroupPart::freeze] = try_freeze(host, memory.group());
  // A killed v1 group takes no more forks, but one attached process it does take.
  if (host.can(CgroupPart::kill)) trials[CgroupPart::kill] = try_kill(host, memory.group());
  return trials;
}

}  // namespace belljar::os
