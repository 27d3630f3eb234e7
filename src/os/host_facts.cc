#include "os/host_facts.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>

#include "os/error.h"
#include "os/file.h"
#include "os/host_facts_trial.h"
#include "os/run_program.h"

namespace belljar::os {

namespace {

// What the child writes into the pipe: one write, so whole or not at all.
struct Answer {
  int error = 0;
  std::uint32_t bytes = 0;
  std::array<char, 400> detail{};
};

[[noreturn]] void answer_and_exit(int pipe, const Trial& trial) {
  Answer answer;
  answer.error = trial.error;
  answer.bytes = static_cast<std::uint32_t>(std::min(trial.detail.size(), answer.detail.size()));
  std::memcpy(answer.detail.data(), trial.detail.data(), answer.bytes);
  ::_exit(::write(pipe, &answer, sizeof answer) == static_cast<ssize_t>(sizeof answer) ? 0 : 1);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

Trial trial_failed(std::string_view step, int error) {
  return {error == 0 ? EIO : error, std::string{step} + ": " + errno_name(error)};
}

Trial try_in_child(const std::function<Trial()>& work, std::chrono::milliseconds timeout) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return trial_failed("make a pipe");
  const Fd read_end{ends[0]};
  Fd write_end{ends[1]};
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return trial_failed("fork");
  if (pid == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    answer_and_exit(write_end.get(), work());
  }
  write_end.reset();
  pollfd ready{read_end.get(), POLLIN, 0};
  const int woken = ::poll(&ready, 1, static_cast<int>(timeout.count()));
  Answer answer;
  const bool answered =
      woken == 1 && ::read(read_end.get(), &answer, sizeof answer) == static_cast<ssize_t>(sizeof answer);
  if (!answered) (void)::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (answered) return {answer.error, std::string{answer.detail.data(), answer.bytes}};
  if (woken == 0) return {ETIMEDOUT, "the trial did not end in " + std::to_string(timeout.count()) + " ms"};
  return {EIO, WIFSIGNALED(status) ? "the trial was killed by signal " + std::to_string(WTERMSIG(status))
                                   : std::string{"the trial died"}};
}

int in_grandchild(const std::function<int()>& work) {
  const pid_t pid = ::fork();
  if (pid < 0) return errno;
  if (pid == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(work());
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return errno;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

std::string kernel_release() {
  utsname names{};
  return ::uname(&names) == 0 ? names.release : "unknown";
}

std::optional<std::string> kernel_setting(std::string_view path) {
  const Result<std::string> text = read_small(AT_FDCWD, "/proc/sys/" + std::string{path});
  if (!text) return std::nullopt;
  return std::string{trimmed(text.value())};
}

Result<SwapFact> read_swap() {
  const std::string text = TRY(read_small(AT_FDCWD, "/proc/meminfo"));
  constexpr std::string_view kKey = "SwapTotal:";
  const std::size_t at = text.find(kKey);
  if (at == std::string::npos) return SwapFact{};
  std::string_view rest = std::string_view{text}.substr(at + kKey.size());
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(' ')));
  std::uint64_t kibibytes = 0;
  (void)std::from_chars(rest.data(), rest.data() + rest.size(), kibibytes);
  return SwapFact{kibibytes * 1024};
}

bool has_pressure_stall_information() { return static_cast<bool>(read_small(AT_FDCWD, "/proc/pressure/memory")); }

Result<std::string> program_version(const std::string& program) {
  ProgramOptions options;
  options.timeout = std::chrono::seconds{5};
  Result<ProgramOutput> ran = run_program({program, "--version"}, options);
  // A folder of PATH that we may not look into reads as "denied": not installed for us, either way.
  if (!ran && ran.error().code() == Errc::denied) {
    return Error{Errc::unavailable, "run " + program + ": not installed on this host, or not for this user"};
  }
  const ProgramOutput output = TRY(std::move(ran));
  const std::string_view text = output.output.empty() ? output.error : output.output;
  return std::string{trimmed(text.substr(0, text.find('\n')))};
}

}  // namespace belljar::os
