// From a sandbox that is sealed to a program that runs in it.

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/check.h"
#include "os/error.h"
#include "os/file.h"
#include "sandbox/native/box.h"
#include "sandbox/native/native_engine.h"

namespace belljar::sandbox::native {

namespace {

std::string command_bytes(const spec::Command& command) {
  std::string words = command.directory;
  words.push_back('\0');
  for (const std::string& word : command.argv) words.append(word).push_back('\0');
  for (const std::string& variable : command.environment) words.append(variable).push_back('\0');
  const CommandHeader header{static_cast<std::uint32_t>(words.size()), static_cast<std::uint32_t>(command.argv.size()),
                             static_cast<std::uint32_t>(command.environment.size())};
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  return bytes + words;
}

bool has_nul(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(),
                     [](const std::string& word) { return word.find('\0') != std::string::npos; });
}

// While it lives, a waking process starts on our processor and not on an idle one, which would have to be woken first:
// some 50 us on a virtual machine. It gets all its processors back at once; where this is refused nothing is lost.
class WokenHere {
 public:
  explicit WokenHere(pid_t process) : process_{process} {
    cpu_set_t here;
    CPU_ZERO(&here);
    const int processor = ::sched_getcpu();
    if (processor < 0 || ::sched_getaffinity(process_, sizeof before_, &before_) != 0) return;
    CPU_SET(static_cast<std::size_t>(processor), &here);
    moved_ = CPU_ISSET(static_cast<std::size_t>(processor), &before_) &&
             ::sched_setaffinity(process_, sizeof here, &here) == 0;
  }
  WokenHere(const WokenHere&) = delete;
  WokenHere& operator=(const WokenHere&) = delete;
  ~WokenHere() {
    if (moved_) (void)::sched_setaffinity(process_, sizeof before_, &before_);
  }

 private:
  pid_t process_;
  cpu_set_t before_{};
  bool moved_ = false;
};

Result<std::string> checked_bytes(const spec::Command& command) {
  if (command.argv.empty() || has_nul(command.argv) || has_nul(command.environment)) {
    return Error{Errc::invalid_argument, "start a program: an empty command, or a NUL in it"};
  }
  std::string bytes = command_bytes(command);
  if (bytes.size() <= kCommandBytesMax) return bytes;
  return Error{Errc::invalid_argument, "start " + command.argv[0] + ": the command is longer than 256 KiB"};
}

// Of one of ours that is traced: its next stop or its end.
int await_stop(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, __WALL) < 0) {
    if (errno != EINTR) return 0;
  }
  return status;
}

bool is_exec_stop(int status) { return WIFSTOPPED(status) && status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8); }

}  // namespace

// Sealed, checked, closed to the program: where a template names a command its program comes up now.
void Box::on_approved() {
  if (traced_) return;  // on its way: the word of pid 1 that it is approved may come later
  if (!home_.loaded) {
    state_ = BoxState::ready;
    return;
  }
  const Result<void> loading = load(*home_.loaded);
  if (!loading) fail("seal sandbox " + home_.spec.name + ": " + loading.error().message());
}

// Traced by us, it stops between its exec and its first instruction. Should we die, so does it.
Result<void> Box::load(const spec::Command& command) {
  const std::string bytes = TRY(checked_bytes(command));
  if (::ptrace(PTRACE_SEIZE, program_, nullptr, PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL) != 0) {
    return os::os_error("stop " + command.argv[0] + " before its first instruction");
  }
  traced_ = true;
  TRY_CTX(os::write_all(pipes_.command.get(), bytes, "the command pipe"), "load " + command.argv[0]);
  return {};
}

// Its end of the command pipe is closed: by exec, which it cannot take back, or by its end.
void Box::on_loaded() {
  pipes_.command.reset();
  if (!traced_) return;
  int status = await_stop(program_);
  while (WIFSTOPPED(status) && !is_exec_stop(status)) {
    (void)::ptrace(PTRACE_CONT, program_, nullptr, nullptr);
    status = await_stop(program_);
  }
  if (is_exec_stop(status)) {
    mark("load");
    state_ = BoxState::ready;
    return;
  }
  traced_ = false;
  on_control();  // says why
  fail("seal sandbox " + home_.spec.name + ": load " + home_.loaded->argv[0] + ": " +
       (report_.reason.empty() ? "it ended before its first instruction" : report_.reason));
}

// A traced process that is killed stays until we look: pid 1 could not end.
void Box::let_go() {
  if (!std::exchange(traced_, false)) return;
  if (::ptrace(PTRACE_DETACH, program_, nullptr, SIGKILL) != 0) (void)await_stop(program_);
}

Result<void> Box::start(const spec::Command& command) {
  CHECK(state_ == BoxState::ready, "a sandbox is started once, when it is ready");
  std::string bytes;
  if (!home_.loaded) {
    bytes = TRY(checked_bytes(command));
  } else if (command != *home_.loaded) {
    return Error{Errc::invalid_argument, "start a program: this sandbox was loaded with another command"};
  }
  started_ = clock_.monotonic();
  last_mark_ = started_;
  next_sample_ = started_ + std::chrono::milliseconds{20};
  state_ = BoxState::running;
  if (home_.loaded) {
    // Where it fails somebody killed it, and pid 1 says so as of any end.
    if (::ptrace(PTRACE_DETACH, program_, nullptr, nullptr) != 0) (void)await_stop(program_);
    traced_ = false;
  } else {
    const WokenHere woken{program_};
    // Blocking: the other side does nothing but read this.
    TRY_CTX(os::write_all(pipes_.command.get(), bytes, "the command pipe"), "start " + command.argv[0]);
  }
  pipes_.command.reset();
  mark("command");
  return {};
}

}  // namespace belljar::sandbox::native
