// For tests: a real child under a real filter, and the supervisor that answers it to its end.
//
//   const Lived lived = run("agent", {"/bin/sh", "-c", "id | wc -l"});
//   const Lived lived = live("compute", [] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1; });
//
// Single-threaded; every child is reaped.
#pragma once

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "os/system.h"
#include "sandbox/filter/load.h"
#include "sandbox/filter/notify.h"

namespace belljar::sandbox {

inline constexpr std::chrono::seconds kPatience{60};

inline const CompiledFilter& shipped(const std::string& name) {
  static std::map<std::string, CompiledFilter> loaded;
  const auto known = loaded.find(name);
  if (known != loaded.end()) return known->second;
  Result<CompiledFilter> filter = load_filter(name, std::string{BELLJAR_SOURCE_DIR} + "/profiles", "");
  EXPECT_TRUE(filter) << filter.error().message();
  return loaded.emplace(name, std::move(filter).value()).first->second;
}

// A child that puts itself under a filter and then does `act`; its listener is taken from it as the engine takes it.
class Child {
 public:
  Child(const CompiledFilter& filter, const std::function<int()>& act) {
    int told[2];
    int go[2];
    int out[2];
    EXPECT_EQ(::pipe2(told, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(go, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(out, O_CLOEXEC), 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], 1);
      ::dup2(out[1], 2);
      Result<os::Fd> listener = os::install_filter(filter.program);
      const int number = listener ? listener.value().get() : -1;
      char byte = 0;
      if (::write(told[1], &number, sizeof number) != sizeof number || ::read(go[0], &byte, 1) != 1) ::_exit(99);
      ::close(number);
      ::_exit(act());
    }
    int number = -1;
    EXPECT_EQ(::read(told[0], &number, sizeof number), static_cast<ssize_t>(sizeof number));
    const os::Fd process{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
    listener_ = os::Fd{static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), number, 0))};
    EXPECT_TRUE(listener_) << "pidfd_getfd";
    EXPECT_EQ(::write(go[1], "g", 1), 1);
    output_ = os::Fd{out[0]};
    for (const int fd : {told[0], told[1], go[0], go[1], out[1]}) ::close(fd);
  }
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  os::Fd take_listener() { return std::move(listener_); }
  int wait() {
    int status = -1;
    EXPECT_EQ(::waitpid(pid_, &status, 0), pid_);
    pid_ = -1;
    return status;
  }
  std::string output() const {
    std::string text;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(output_.get(), buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }

 private:
  pid_t pid_ = -1;
  os::Fd listener_;
  os::Fd output_;
};

struct Lived {
  int status = 0;
  std::string output;
  std::vector<spec::Violation> violations;
  std::uint64_t refused = 0;
};

// Answers until nobody is left to answer.
inline void serve(Notifications& notifications, std::vector<spec::Violation>& violations) {
  const os::SystemClock clock;
  const Nanoseconds begin = clock.monotonic();
  for (;;) {
    ASSERT_LT(clock.monotonic() - begin, kPatience) << "the child hangs";
    pollfd ready{notifications.poll_fd(), POLLIN, 0};
    (void)::poll(&ready, 1, 100);
    const Result<PumpOutcome> pumped = notifications.pump(clock.monotonic());
    ASSERT_TRUE(pumped) << pumped.error().message();
    for (spec::Violation& one : notifications.take()) violations.push_back(std::move(one));
    if (pumped.value().state == PumpOutcome::State::gone) return;
    if (pumped.value().state == PumpOutcome::State::paced) {
      std::this_thread::sleep_for(pumped.value().not_before - clock.monotonic());
    }
  }
}

inline Lived live(const std::string& profile, const std::function<int()>& act, NotificationOptions options = {}) {
  Lived lived;
  const CompiledFilter& filter = shipped(profile);
  const os::SystemClock clock;
  Child child{filter, act};
  Result<Notifications> notifications = Notifications::open(child.take_listener(), filter, clock.monotonic(), options);
  EXPECT_TRUE(notifications) << notifications.error().message();
  serve(notifications.value(), lived.violations);
  lived.refused = notifications.value().refused();
  lived.output = child.output();
  lived.status = child.wait();
  return lived;
}

inline Lived run(const std::string& profile, std::vector<const char*> command) {
  command.push_back(nullptr);
  return live(profile, [&] {
    ::execvp(command[0], const_cast<char* const*>(command.data()));
    return 127;
  });
}

inline auto violation(const std::string& call, const std::string& arguments, const std::string& rule) {
  return testing::AllOf(
      testing::Field(&spec::Violation::call, call), testing::Field(&spec::Violation::arguments, arguments),
      testing::Field(&spec::Violation::rule, rule), testing::Field(&spec::Violation::layer, "seccomp"));
}

}  // namespace belljar::sandbox
