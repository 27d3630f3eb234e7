// LauncherProcess: the engine's end of one belljar-init launcher, which clones every sandbox of one plan.
//
//   auto launcher = TRY(LauncherProcess::spawn(init_program));   // comes up while its plan is made
//   TRY(launcher->instruct(options));
//   TRY(launcher->create(request, descriptors));
//   while (auto message = TRY(launcher->receive())) ...    // non-blocking; poll socket()
//
// Closing it (the destructor) makes the launcher kill and remove all its sandboxes and exit. The destructor waits for
// that while sandboxes live; an idle launcher ends by itself a moment later. Single-threaded.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "sandbox/native/plan.h"

namespace belljar::sandbox::native {

struct LauncherOptions {
  std::string plan;                  // bytes of build_plan()
  std::string cgroup_prefix;         // "b3-"
  std::vector<os::Fd> cgroup_roots;  // see CgroupHost::open_roots()
  int engine_number = -1;  // descriptor of EngineNumber: the launcher keeps the number ours while it clears up
  bool rootless = false;
};

// "build the root file system: ENOENT (item 3 of the plan); ..."
std::string failure_text(const LauncherReply& reply);

struct LauncherMessage {
  LauncherReply reply;
  os::Fd pidfd;  // with `created`
};

class LauncherProcess {
 public:
  static Result<std::unique_ptr<LauncherProcess>> spawn(const std::string& init_program);
  // Once. Returns at once; requests may be sent while the shared root is still being built, and are served after it. A
  // root that cannot be built arrives as LauncherEvent::failed.
  Result<void> instruct(const LauncherOptions& options);
  ~LauncherProcess();
  LauncherProcess(const LauncherProcess&) = delete;
  LauncherProcess& operator=(const LauncherProcess&) = delete;

  int socket() const { return socket_.get(); }
  pid_t pid() const { return pid_; }
  // How many ids sandboxes can be given: kSlotsMax ranges as root, 63 with subordinate ids, or only the caller's own.
  std::uint32_t subordinate_ranges() const { return subordinate_ranges_; }

  Result<void> create(const CreateRequest& request, std::span<const int> descriptors);
  // Nothing: no message waits. An Error: the launcher is gone.
  Result<std::optional<LauncherMessage>> receive();

 private:
  LauncherProcess() = default;
  Result<void> map_own_ids();
  Result<void> send(const void* message, std::size_t bytes, std::span<const int> descriptors);

  os::Fd socket_;
  pid_t pid_ = -1;
  std::size_t alive_ = 0;  // sandboxes created and not yet reported as ended
  std::uint32_t subordinate_ranges_ = 0;
};

}  // namespace belljar::sandbox::native
