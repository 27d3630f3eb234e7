// NativeEngine: sandboxes of the `native` tier; see sandbox/engine.h for the contract. Templates share a launcher and a
// root; boxes are single use.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "os/cgroup.h"
#include "os/fd.h"
#include "sandbox/engine.h"
#include "sandbox/filter/compile.h"
#include "sandbox/native/box.h"
#include "sandbox/native/engine_number.h"
#include "sandbox/native/launcher_process.h"
#include "sandbox/native/plan_builder.h"

namespace belljar::sandbox::native {

// What the boxes of one plan share.
struct Template {
  spec::SandboxSpec spec;
  CompiledFilter filter;
  std::optional<spec::Command> loaded;  // a ready box has this program up already, before its first instruction
  std::string plan;
  HostPowers powers;
  os::CgroupParts parts;
  std::vector<std::string> degraded;
  std::unique_ptr<LauncherProcess> launcher;
  int inotify = -1;           // the engine's
  std::uint32_t id_base = 0;  // host id of slot 0
  bool posture_known = false;
  std::size_t depth = 0;  // how many to keep ready
  std::deque<Box*> ready;
  std::size_t building = 0;  // for the pool
};

class NativeEngine final : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> make(const EngineOptions& options, const Clock& clock);
  ~NativeEngine() override;

  Result<std::unique_ptr<Sandbox>> create(const spec::SandboxSpec& spec) override;
  Result<void> keep_ready(const spec::SandboxSpec& spec, std::size_t depth,
                          const std::optional<spec::Command>& loaded) override;
  Result<std::unique_ptr<Sandbox>> claim(const spec::SandboxSpec& spec) override;
  std::size_t ready(const spec::SandboxSpec& spec) const override;
  int poll_fd() const override { return epoll_.get(); }
  Result<void> pump() override;
  Result<void> wait(std::chrono::milliseconds at_most) override;

  // For the sandboxes handed out.
  Result<void> await_end(Box& box);
  Result<spec::SandboxReport> destroy(Box& box);
  void abandon(Box& box);
  Result<void> start_box(Box& box, const spec::Command& command);

 private:
  NativeEngine(EngineOptions options, const Clock& clock, os::CgroupHost cgroups, EngineNumber number);
  Result<void> open();
  Result<void> remove_residue();
  Result<Template*> template_for(const spec::SandboxSpec& spec, const std::optional<spec::Command>& loaded = {});
  Result<std::unique_ptr<Template>> make_template(const spec::SandboxSpec& spec);
  Result<Box*> request_box(Template& home);
  Result<std::uint32_t> free_slot(const Template& home);
  Result<void> await_ready(Box& box);
  std::string cgroup_name(std::uint32_t slot) const;
  Result<void> on_launcher(Template& home);
  void fail_all(Template& home, const std::string& why);
  void on_inotify();
  Result<void> on_timer();
  Result<void> watch(Box& box);
  void settle(Box& box);
  Template* kept_ready(const spec::SandboxSpec& spec) const;
  Result<void> await_one(Template& home);
  Result<void> tidy();
  bool refill(Nanoseconds now);
  void forget(std::uint32_t slot);
  Result<void> arm_timer(Nanoseconds at);

  EngineOptions options_;
  const Clock& clock_;
  os::CgroupHost cgroups_;
  EngineNumber number_;
  HostPowers powers_;
  os::Fd epoll_;
  os::Fd timer_;
  os::Fd inotify_;
  std::unique_ptr<LauncherProcess> spare_launcher_;  // up, without a plan yet
  bool residue_removed_ = false;
  std::vector<std::unique_ptr<Template>> templates_;
  std::array<std::unique_ptr<Box>, kSlotsMax> boxes_;
  std::vector<std::uint32_t> active_;  // slots with a box
  std::uint32_t next_slot_ = 0;
  Nanoseconds timer_at_{0};
  const Template* awaited_ = nullptr;     // somebody waits for a box of this one
  Nanoseconds quiet_after_{0};            // a claim is on its way until then
  std::vector<std::uint32_t> leaving_;    // slots whose program has ended, to kill
  std::vector<std::uint32_t> discarded_;  // slots to remove
};

os::CgroupLimits limits_of(const spec::Quotas& quotas);

// The user's view of a box.
std::unique_ptr<Sandbox> make_handle(NativeEngine& engine, Box& box);

}  // namespace belljar::sandbox::native
