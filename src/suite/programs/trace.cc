// The oracle for system calls that leave nothing to see: the kernel's own answers, read by a tracer outside. Only the
// attacker's main thread is followed, from the moment it waits to begin.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <string>

#include "suite/programs/observe.h"

namespace belljar::suite {

namespace {

class Recorder {
 public:
  Recorder(int pid, int log) : pid_{pid}, log_{log} {}

  void stopped_at_call() {
    __ptrace_syscall_info info{};
    // The request's "address" is a size.
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid_, reinterpret_cast<void*>(sizeof info), &info) < 0) return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
      flush();
      arch_ = info.arch;
      number_ = static_cast<std::int64_t>(info.entry.nr);
      return;
    }
    constexpr int kLinesMax = 4000;
    if (info.op != PTRACE_SYSCALL_INFO_EXIT || ++lines_ > kLinesMax) return;
    pending_ =
        "call " + std::to_string(arch_) + " " + std::to_string(number_) + " " + std::to_string(info.exit.rval) + "\n";
  }

  // A call that a filter answers by killing also comes past its exit, with a number of no meaning: its line is dropped.
  void died(int signal) {
    if (signal != SIGSYS) flush();
  }

  void flush() {
    (void)!::write(log_, pending_.data(), pending_.size());
    pending_.clear();
  }

 private:
  int pid_;
  int log_;
  int lines_ = 0;
  std::string pending_;
  std::uint32_t arch_ = 0;
  std::int64_t number_ = 0;
};

void follow(int pid, int log) {
  Recorder recorder{pid, log};
  int status = 0;
  while (::waitpid(pid, &status, __WALL) == pid) {
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
      recorder.died(WIFSIGNALED(status) ? WTERMSIG(status) : 0);
      return;
    }
    const int signal = WSTOPSIG(status);
    const int event = status >> 16;
    long forwarded = 0;
    if (signal == (SIGTRAP | 0x80)) {
      recorder.stopped_at_call();
    } else if (event == 0) {
      forwarded = signal;
    }
    if (::ptrace(PTRACE_SYSCALL, pid, nullptr, reinterpret_cast<void*>(forwarded)) < 0) return;
  }
}

}  // namespace

int trace(int root, const std::string& log) {
  int pid = 0;
  for (int tries = 0; tries < 200 && pid == 0; ++tries) {
    const std::vector<int> waiting = attackers_below(root);
    if (!waiting.empty()) pid = waiting.front();
    if (pid == 0) (void)::usleep(5'000);
  }
  if (pid == 0) return 3;
  int ready[2] = {-1, -1};
  if (::pipe2(ready, O_CLOEXEC) != 0) return 3;
  const pid_t tracer = ::fork();
  if (tracer < 0) return 3;
  if (tracer > 0) {
    (void)::close(ready[1]);
    char byte = 0;
    return ::read(ready[0], &byte, 1) == 1 ? 0 : 3;
  }
  // Whoever starts us keeps the other ends of the attacker's pipes: none of them may live on in here.
  for (int fd = 3; fd < 256; ++fd) {
    if (fd != ready[1]) (void)::close(fd);
  }
  (void)::alarm(30);
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  // A PTRACE_O_EXITKILL-free seize: when this tracer dies, the attacker goes on.
  if (out < 0 || ::ptrace(PTRACE_SEIZE, pid, nullptr, reinterpret_cast<void*>(PTRACE_O_TRACESYSGOOD)) < 0) _exit(1);
  int status = 0;
  if (::ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) < 0 || ::waitpid(pid, &status, __WALL) != pid) _exit(1);
  if (::ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr) < 0) _exit(1);
  // The caller reads our output to its end: hold none of it.
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2; ++fd) (void)::dup2(nowhere, fd);
  (void)!::write(ready[1], "r", 1);
  (void)::close(ready[1]);
  follow(pid, out);
  _exit(0);
}

}  // namespace belljar::suite
