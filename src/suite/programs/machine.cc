#include "suite/programs/machine.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "suite/programs/machine_inside.h"
#include "suite/programs/observe.h"

namespace belljar::suite {

namespace {

constexpr int kDeadlineMs = 20'000;

long now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Outside the throw-away machine: what a host would see of it.
class Overseer {
 public:
  Overseer(std::string id, const Params& given, Pipes pipes)
      : id_{std::move(id)}, given_{given}, directory_{given.get("dir")}, pipes_{pipes} {}

  void watch() {
    const long deadline = now_ms() + kDeadlineMs;
    started_ = now_ms();
    while (!ended_ && now_ms() < deadline) {
      pollfd polled[3] = {{pipes_.output[0], POLLIN, 0}, {pipes_.error[0], POLLIN, 0}, {pipes_.status[0], POLLIN, 0}};
      (void)::poll(polled, 3, 100);
      take(pipes_.output[0], output_);
      take(pipes_.error[0], error_);
      if (take(pipes_.status[0], status_) == 0) ended_ = true;
      if (status_.find("finished\n") != std::string::npos) ended_ = true;
      react();
    }
    if (!looked_) look();
    take(pipes_.output[0], output_);
    if (!given_.get("marker").empty()) {
      (void)::usleep(100'000);
      for (const std::string& line : survivors(given_.get("marker"))) facts_.push_back(line);
    }
  }

  void report() const {
    std::string text = status_;
    constexpr std::size_t kOutputMax = 256U << 10;
    std::string line;
    for (const char c : output_.substr(0, kOutputMax)) {
      if (c != '\n') {
        line += c;
        continue;
      }
      text += "| " + line + "\n";
      line.clear();
    }
    for (const std::string& fact : facts_) text += fact + "\n";
    text += "fact captured_out " + std::to_string(output_.size()) + "\n";
    text += "fact captured_err " + std::to_string(error_.size()) + "\n";
    text += "fact wall_ms " + std::to_string(wall_ms_) + "\n";
    text += read_text(directory_ + "/trace.log");
    std::string log = read_text(directory_ + "/witness.log");
    while (!log.empty()) {
      const std::string event = log.substr(0, log.find('\n'));
      log.erase(0, event.size() + 1);
      text += "seen " + event + "\n";
    }
    tell(text);
  }

 private:
  static ssize_t take(int fd, std::string& into) {
    char buffer[65536];
    ssize_t got = 0;
    while ((got = ::read(fd, buffer, sizeof buffer)) > 0) into.append(buffer, static_cast<std::size_t>(got));
    return got;
  }

  void react() {
    if (!begun_ && !given_.get("gate").empty() && output_.starts_with("ready\n")) {
      begun_ = true;
      (void)trace(::getpid(), directory_ + "/trace.log");
      (void)!::write(pipes_.input[1], "go\n", 3);
    }
    const std::string mark = "\nprobe " + id_ + " ";
    std::size_t lines = 0;
    for (std::size_t at = output_.find(mark); at != std::string::npos; at = output_.find(mark, at + 1)) ++lines;
    const std::size_t rounds = given_.get("rounds").empty() ? 1 : 2;
    if (lines >= rounds && !looked_) look();
  }

  void look() {
    looked_ = true;
    wall_ms_ = now_ms() - started_;
    facts_ = inspect(::getpid());
    if (!ask_witness()) facts_.push_back("seen died");
    (void)::close(pipes_.input[1]);
  }

  bool ask_witness() const {
    (void)write_text(directory_ + "/ask", "");
    for (int tries = 0; tries < 300; ++tries) {
      if (read_text(directory_ + "/witness.log").find("checked\n") != std::string::npos) return true;
      (void)::usleep(5'000);
    }
    return false;
  }

  std::string id_;
  const Params& given_;
  std::string directory_;
  Pipes pipes_;
  std::string output_;
  std::string error_;
  std::string status_;
  std::vector<std::string> facts_;
  long started_ = 0;
  long wall_ms_ = 0;
  bool begun_ = false;
  bool looked_ = false;
  bool ended_ = false;
};

bool make_pipes(Pipes& pipes) {
  for (int* ends : {pipes.input, pipes.output, pipes.error, pipes.status, pipes.control}) {
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  }
  for (const int fd : {pipes.output[0], pipes.error[0], pipes.status[0]}) (void)::fcntl(fd, F_SETFL, O_NONBLOCK);
  return true;
}

}  // namespace

int machine(const std::string& id, const Params& given) {
  Pipes pipes;
  if (!make_pipes(pipes)) return 3;
  (void)::signal(SIGPIPE, SIG_IGN);
  (void)::setsid();
  const pid_t child = ::fork();
  if (child == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // What only the overseer holds must close when it does.
    for (const int fd : {pipes.input[1], pipes.output[0], pipes.error[0], pipes.status[0], pipes.control[1]}) {
      (void)::close(fd);
    }
    live_inside(id, given, pipes);
  }
  for (const int fd : {pipes.input[0], pipes.output[1], pipes.error[1], pipes.status[1], pipes.control[0]}) {
    (void)::close(fd);
  }
  Overseer overseer{id, given, pipes};
  overseer.watch();
  (void)::close(pipes.control[1]);
  (void)::kill(child, SIGKILL);
  (void)::waitpid(child, nullptr, 0);
  overseer.report();
  return 0;
}

}  // namespace belljar::suite
