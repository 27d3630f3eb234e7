// Box: one sandbox as the engine sees it, from the request to the proof that nothing of it is left.
//
// Each on_...() takes one event and moves the state on; none blocks. The engine owns every box until it is `gone`; a
// Sandbox handed to the user is a view of one (native_engine.cc). Single-threaded, like the engine.
#pragma once

#include <sys/types.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "os/cgroup.h"
#include "os/fd.h"
#include "sandbox/engine.h"
#include "sandbox/filter/compile.h"
#include "sandbox/filter/notify.h"
#include "sandbox/native/plan.h"
#include "spec/sandbox_report.h"
#include "spec/sandbox_spec.h"

namespace belljar::sandbox::native {

struct Posture;
struct Template;  // native_engine.h: the launcher and what all boxes of one plan share

enum class BoxState {
  building,  // requested; its walls go up, and its program comes up where it is known beforehand
  ready,     // sealed and checked, waits for its command
  running,
  exited,  // the program ended and nothing it left runs on; pid 1 waits to be killed
  ended,   // the launcher reaped pid 1: no process of it exists
  gone,    // cgroups removed, report complete
};

struct BoxPipes {
  os::Fd control;
  os::Fd command;
  os::Fd input;
  os::Fd output;
  os::Fd error;
};

class Box {
 public:
  Box(Template& home, std::uint32_t slot, os::Cgroup group, BoxPipes pipes, const Clock& clock);

  std::uint32_t slot() const { return slot_; }
  Template& home() const { return home_; }
  BoxState state() const { return state_; }
  const std::string& failure() const { return failure_; }  // why it will never be ready
  int control_fd() const { return pipes_.control.get(); }
  // Hangs up when a program that is being loaded is there.
  int loading_fd() const { return state_ == BoxState::building && traced_ ? pipes_.command.get() : -1; }
  int listener_fd() const { return notifications_ ? notifications_->poll_fd() : -1; }

  void on_created(pid_t pid, os::Fd pidfd);
  void on_refused(const LauncherReply& reply);
  void on_ended(const LauncherReply& reply);
  void on_control();
  void on_listener(Nanoseconds now);
  void on_loaded();
  void on_canary(int watch);
  // Samples counters, enforces wall and CPU time. Returns when it wants to be called again.
  Nanoseconds on_time(Nanoseconds now);
  // After `ended`: removes the cgroups and completes the report.
  Result<void> remove();

  Result<void> start(const spec::Command& command);
  void signal(int number);
  void kill(spec::EndStatus status, const std::string& why);
  void fail(const std::string& why);
  // Something of it can no longer be watched: recorded, and the sandbox is killed.
  void lose_sight(const std::string& of, const Error& why);
  void note(spec::Violation violation);
  std::vector<spec::Violation> take_violations();
  Result<std::string> collect(const std::string& name, std::size_t bytes_max) const;
  Result<OutputChunk> read_output(Stream stream, std::span<char> buffer);
  void close_input() { pipes_.input.reset(); }
  Result<int> connect(std::size_t line);
  Result<GatewayDoors> gateway_doors();
  Result<std::string> network_differences() const;
  Result<std::string> drift() const;
  Result<void> freeze();
  Result<void> thaw();
  int input_fd() const { return pipes_.input.get(); }
  int output_fd(Stream stream) const { return stream == Stream::out ? pipes_.output.get() : pipes_.error.get(); }
  const spec::SandboxReport& report() const { return report_; }

  // Inotify watches of this box's canaries, for the engine to route events by.
  std::vector<int> watches;
  int polled_listener = -1;  // what the engine has in its poll set
  bool polled_loading = false;
  bool pooled = false;           // on its way into the pool
  bool abandoned = false;        // nobody will ask for its report
  bool discarded = false;        // abandoned and ended: waits to be removed
  bool listener_paused = false;  // the flood is paced: not polled until listener_after_
  Nanoseconds listener_after() const { return listener_after_; }

 private:
  Nanoseconds age() const { return clock_.monotonic() - requested_; }
  void mark(const std::string& step);
  void on_line(os::Fd line);
  void on_door(std::uint32_t door, os::Fd socket);
  void on_sealed(const BoxReport& report);
  void on_unfixed(std::uint32_t what);
  void on_program_ready(const BoxReport& report, pid_t program);
  Posture expected_posture() const;
  void check_and_approve();
  Result<void> look_inside();
  void on_approved();
  Result<void> load(const spec::Command& command);
  void let_go();
  void sample(Nanoseconds now);
  void sample_disks();
  void conclude(int wait_status);
  void drain_refusals();

  Template& home_;
  std::uint32_t slot_;
  os::Cgroup group_;
  BoxPipes pipes_;
  const Clock& clock_;
  BoxState state_ = BoxState::building;
  std::string failure_;

  pid_t init_ = 0;
  pid_t program_ = 0;
  os::Fd pidfd_;
  bool init_sealed_ = false;
  bool program_sealed_ = false;
  std::optional<Notifications> notifications_;
  Nanoseconds listener_after_{0};
  std::vector<os::Fd> lines_;  // TCP sockets of its network namespace, when it serves
  std::array<os::Fd, static_cast<std::size_t>(Door::last)> doors_;  // sockets of it, when it has a gateway
  std::array<os::Fd, 4> folders_;                                   // /tmp, /work, /out, /dev/shm of the box, O_PATH
  std::string pid_namespace_;

  Nanoseconds requested_;
  Nanoseconds last_mark_;
  Nanoseconds started_{0};
  Nanoseconds exited_{0};
  Nanoseconds next_sample_{0};
  std::uint64_t forks_refused_ = 0;
  std::uint64_t samples_ = 0;
  bool sight_lost_ = false;
  std::array<bool, 4> full_{};  // folders_ whose fullness is on record
  bool killed_by_us_ = false;
  bool traced_ = false;  // by us, until it is started
  bool frozen_ = false;
  std::optional<int> exit_status_;
  std::vector<spec::Violation> pending_;                   // not taken yet
  std::map<std::string, std::size_t, std::less<>> known_;  // key of an event -> its record in report_
  spec::SandboxReport report_;
};

}  // namespace belljar::sandbox::native
