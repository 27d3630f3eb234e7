#include "os/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "os/error.h"
#include "os/fd.h"

extern char** environ;  // NOLINT: POSIX names it

namespace belljar::os {

namespace {

struct Pipe {
  Fd read;
  Fd write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os_error("make a pipe");
  return Pipe{Fd{ends[0]}, Fd{ends[1]}};
}

Result<pid_t> spawn(const std::vector<std::string>& argv, int in, int out, int err) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  (void)::posix_spawn_file_actions_init(&actions);
  (void)::posix_spawn_file_actions_adddup2(&actions, in, 0);
  (void)::posix_spawn_file_actions_adddup2(&actions, out, 1);
  if (err >= 0) (void)::posix_spawn_file_actions_adddup2(&actions, err, 2);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, words[0], &actions, nullptr, words.data(), environ);
  (void)::posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) return Error{Errc::unavailable, "run " + argv[0] + ": not installed on this host"};
  if (error != 0) return os_error("run " + argv[0], error);
  return pid;
}

bool drain(Fd& fd, std::string& into, std::size_t bytes_max) {
  std::array<char, 65536> buffer{};
  const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
  if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
  if (got <= 0) {
    fd.reset();
    return true;
  }
  into.append(buffer.data(), static_cast<std::size_t>(got));
  return into.size() <= bytes_max;
}

int exit_code_of(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

Result<ProgramOutput> run_program(const std::vector<std::string>& argv, const ProgramOptions& options) {
  Pipe in = TRY(make_pipe());
  Pipe out = TRY(make_pipe());
  Pipe err = TRY(make_pipe());
  const pid_t pid = TRY(spawn(argv, in.read.get(), out.write.get(), options.inherit_error ? -1 : err.write.get()));
  in.read.reset();
  out.write.reset();
  err.write.reset();
  ProgramOutput result;
  std::string_view input = options.input;
  (void)::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
  const auto deadline = std::chrono::steady_clock::now() + options.timeout;
  const char* broken = nullptr;
  while ((out.read || err.read) && broken == nullptr) {
    if (input.empty()) in.write.reset();
    std::array<pollfd, 3> polled{pollfd{out.read.get(), POLLIN, 0}, pollfd{err.read.get(), POLLIN, 0},
                                 pollfd{in.write.get(), POLLOUT, 0}};
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) {
      broken = "took too long";
      break;
    }
    if (::poll(polled.data(), polled.size(), static_cast<int>(left)) < 0 && errno != EINTR) return os_error("poll");
    if (polled[0].revents != 0 && !drain(out.read, result.output, options.output_bytes_max))
      broken = "printed too much";
    if (polled[1].revents != 0 && !drain(err.read, result.error, options.output_bytes_max)) broken = "printed too much";
    if (polled[2].revents != 0) {
      const ssize_t put = ::write(in.write.get(), input.data(), input.size());
      input.remove_prefix(put > 0 ? static_cast<std::size_t>(put) : (errno == EAGAIN ? 0 : input.size()));
    }
  }
  if (broken != nullptr) (void)::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (broken != nullptr) return Error{Errc::timeout, "run " + argv[0] + ": " + broken};
  result.exit_code = exit_code_of(status);
  return result;
}

}  // namespace belljar::os
