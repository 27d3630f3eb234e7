#include "sandbox/native/native_engine.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/check.h"
#include "os/error.h"
#include "os/file.h"
#include "sandbox/filter/load.h"
#include "sandbox/native/deterministic.h"
#include "sandbox/native/event_source.h"
#include "sandbox/native/locations.h"

namespace belljar::sandbox::native {

namespace {

constexpr std::uint32_t kFirstHostId = 0x70000000;  // 2^28 ids up from here: 256 engines of 1024 slots of 1024 ids
constexpr auto kReadyPatience = std::chrono::seconds{20};
constexpr auto kClaimTime = std::chrono::milliseconds{3};  // a small program has come up by then
constexpr std::size_t kDiscardedMost = 256;

Result<std::array<os::Fd, 2>> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return os::os_error("make a pipe for the sandbox");
  return std::array<os::Fd, 2>{os::Fd{ends[0]}, os::Fd{ends[1]}};
}

struct BoxEnds {
  BoxPipes ours;
  std::array<os::Fd, 5> theirs;  // control, stdin, stdout, stderr, command
};

Result<BoxEnds> make_ends() {
  BoxEnds ends;
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    return os::os_error("make the sandbox's control socket");
  }
  ends.ours.control = os::Fd{sockets[0]};
  ends.theirs[0] = os::Fd{sockets[1]};
  const int on = 1;
  if (::setsockopt(sockets[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
    return os::os_error("ask for credentials");
  std::array<os::Fd, 2> input = TRY(make_pipe());
  std::array<os::Fd, 2> output = TRY(make_pipe());
  std::array<os::Fd, 2> error = TRY(make_pipe());
  std::array<os::Fd, 2> command = TRY(make_pipe());
  ends.ours.input = std::move(input[1]);
  ends.theirs[1] = std::move(input[0]);
  ends.ours.output = std::move(output[0]);
  ends.theirs[2] = std::move(output[1]);
  ends.ours.error = std::move(error[0]);
  ends.theirs[3] = std::move(error[1]);
  ends.theirs[4] = std::move(command[0]);
  ends.ours.command = std::move(command[1]);
  for (const int fd : {ends.ours.input.get(), ends.ours.output.get(), ends.ours.error.get()}) {
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return os::os_error("make a pipe non-blocking");
  }
  return ends;
}

}  // namespace

os::CgroupLimits limits_of(const spec::Quotas& quotas) {
  // One more task than the program may have: pid 1.
  return {quotas.memory_bytes, quotas.swap_bytes, quotas.cpu_cores, quotas.processes + 1};
}

NativeEngine::NativeEngine(EngineOptions options, const Clock& clock, os::CgroupHost cgroups, EngineNumber number)
    : options_{std::move(options)},
      clock_{clock},
      cgroups_{std::move(cgroups)},
      number_{std::move(number)},
      powers_{host_powers()} {}

Result<std::unique_ptr<Engine>> NativeEngine::make(const EngineOptions& options, const Clock& clock) {
  EngineOptions found = options;
  if (found.init_program.empty()) found.init_program = TRY(find_own_program("belljar-init"));
  if (found.profile_directory.empty()) found.profile_directory = TRY(find_profiles());
  // First of all: it takes as long to come up as we take to know what it is for.
  std::unique_ptr<LauncherProcess> launcher = TRY(LauncherProcess::spawn(found.init_program));
  os::CgroupHost cgroups = TRY(os::CgroupHost::detect());
  EngineNumber number = TRY(EngineNumber::take());
  std::unique_ptr<NativeEngine> engine{
      new NativeEngine{std::move(found), clock, std::move(cgroups), std::move(number)}};
  engine->spare_launcher_ = std::move(launcher);
  TRY(engine->open());
  return std::unique_ptr<Engine>{std::move(engine)};
}

Result<void> NativeEngine::open() {
  epoll_ = os::Fd{::epoll_create1(EPOLL_CLOEXEC)};
  timer_ = os::Fd{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  inotify_ = os::Fd{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
  if (!epoll_ || !timer_ || !inotify_) return os::os_error("start the engine");
  TRY(poll_for(epoll_.get(), timer_.get(), Source::timer, 0));
  TRY(poll_for(epoll_.get(), inotify_.get(), Source::inotify, 0));
  return {};
}

// Groups named "b<number>-<slot>" whose engine no longer lives are what a SIGKILL left behind.
Result<void> NativeEngine::remove_residue() {
  for (const std::string& name : TRY_CTX(cgroups_.list(), "look for what a killed Belljar left behind")) {
    const std::size_t dash = name.find('-');
    if (!name.starts_with('b') || dash == std::string::npos) continue;
    const std::uint32_t number = static_cast<std::uint32_t>(std::strtoul(name.c_str() + 1, nullptr, 10));
    if (number != number_.value() && number_.is_held_by_another(number)) continue;
    const Result<std::vector<std::string>> removed = cgroups_.remove_residue(name);
    if (removed) continue;
    // Another engine that starts now may have removed it first.
    const std::vector<std::string> left = TRY(cgroups_.list());
    if (std::find(left.begin(), left.end(), name) == left.end()) continue;
    return Error{removed.error().code(), "remove cgroup " + name + ", left by a Belljar that was killed: " +
                                             removed.error().message() + "; end the processes in it and start again"};
  }
  return {};
}

NativeEngine::~NativeEngine() {
  for (auto& home : templates_) home->depth = 0;
  for (std::unique_ptr<Box>& box : boxes_) {
    if (box) box->kill(spec::EndStatus::denied, "the engine stops");
  }
  // Launchers end with their sockets: each has killed and reaped its sandboxes by the time it is gone.
  for (auto& home : templates_) home->launcher.reset();
  for (std::unique_ptr<Box>& box : boxes_) box.reset();
}

std::string NativeEngine::cgroup_name(std::uint32_t slot) const {
  return "b" + std::to_string(number_.value()) + "-" + std::to_string(slot);
}

Result<Template*> NativeEngine::template_for(const spec::SandboxSpec& spec,
                                             const std::optional<spec::Command>& loaded) {
  std::unique_ptr<Template> made = TRY(make_template(spec));
  made->loaded = loaded;
  for (const auto& home : templates_) {
    if (home->plan == made->plan && home->loaded == loaded && home->launcher && home->spec.name == spec.name &&
        home->spec.quotas == spec.quotas) {
      return home.get();
    }
  }
  LauncherOptions options;
  options.plan = made->plan;
  options.cgroup_prefix = "b" + std::to_string(number_.value()) + "-";
  options.cgroup_roots = TRY(cgroups_.open_roots());
  options.engine_number = number_.fd();
  options.rootless = powers_.rootless;
  made->launcher = std::move(spare_launcher_);
  if (!made->launcher) made->launcher = TRY(LauncherProcess::spawn(options_.init_program));
  TRY_CTX(made->launcher->instruct(options), "seal sandbox " + spec.name);
  if (!residue_removed_) {
    // While the launcher builds the shared root.
    TRY(remove_residue());
    residue_removed_ = true;
  }
  const auto index = static_cast<std::uint32_t>(templates_.size());
  TRY(poll_for(epoll_.get(), made->launcher->socket(), Source::launcher, index));
  templates_.push_back(std::move(made));
  return templates_.back().get();
}

Result<std::unique_ptr<Template>> NativeEngine::make_template(const spec::SandboxSpec& spec) {
  if (spec.gateway && spec.deterministic) {
    return Error{Errc::invalid_argument,
                 "seal sandbox " + spec.name +
                     ": a deterministic sandbox has no gateway, for what comes through it comes by the host's clock; "
                     "leave out one of the two"};
  }
  auto made = std::make_unique<Template>();
  made->spec = spec;
  made->powers = powers_;
  made->inotify = inotify_.get();
  made->id_base = kFirstHostId + number_.value() * kSlotsMax * kIdsPerSlot;
  const auto accepted = [&](std::string_view name) {
    return std::find(spec.allow_degraded.begin(), spec.allow_degraded.end(), name) != spec.allow_degraded.end();
  };
  struct Part {
    os::CgroupPart part;
    std::string_view name;
  };
  constexpr std::array<Part, 4> kParts{
      Part{os::CgroupPart::memory, "cgroup-memory"}, Part{os::CgroupPart::swap, "cgroup-memory"},
      Part{os::CgroupPart::processes, "cgroup-processes"}, Part{os::CgroupPart::cpu, "cgroup-cpu"}};
  os::CgroupParts missing;
  for (const Part& part : kParts) {
    if (cgroups_.can(part.part)) {
      made->parts.set(part.part);
    } else if (accepted(part.name)) {
      const std::string name{part.name};
      if (made->degraded.empty() || made->degraded.back() != name) made->degraded.push_back(name);
    } else {
      missing.set(part.part);
    }
  }
  if (missing != os::CgroupParts{}) {
    const Error refusal = cgroups_.refusal(missing);
    return Error{refusal.code(), "seal sandbox " + spec.name + ": " + refusal.message() +
                                     "; or accept it by name: --allow-degraded cgroup-memory (or -processes, -cpu)"};
  }
  if (powers_.landlock_abi == 0) {
    if (!accepted("landlock")) {
      return Error{
          Errc::unavailable,
          "seal sandbox " + spec.name +
              ": this kernel has no Landlock (boot with lsm=...,landlock), or accept it: --allow-degraded landlock"};
    }
    made->degraded.emplace_back("landlock");
  }
  const std::string profile = spec.gateway ? with_gateway(spec.profile) : spec.profile;
  made->filter = TRY_CTX(load_filter(profile, options_.profile_directory), "seal sandbox " + spec.name);
  const std::vector<sock_filter> program = spec.deterministic ? traced_filter(made->filter) : made->filter.program;
  made->plan = TRY_CTX(build_plan(spec, powers_, program), "seal sandbox " + spec.name);
  return made;
}

Result<std::uint32_t> NativeEngine::free_slot(const Template& home) {
  std::uint32_t slots = kSlotsMax;
  if (powers_.rootless && powers_.id_range) slots = std::min(slots, home.launcher->subordinate_ranges());
  for (std::uint32_t tried = 0; tried < slots; ++tried) {
    const std::uint32_t slot = next_slot_++ % slots;
    if (!boxes_[slot]) return slot;
  }
  return Error{Errc::exhausted, "make a sandbox: " + std::to_string(slots) + " live already in this engine"};
}

Result<Box*> NativeEngine::request_box(Template& home) {
  const std::uint32_t slot = TRY(free_slot(home));
  CreateRequest request;
  request.slot = slot;
  request.id_count = powers_.id_range ? kIdsPerSlot : 1;
  request.id_base =
      powers_.rootless ? (powers_.id_range ? 1 + slot * kIdsPerSlot : 0) : home.id_base + slot * kIdsPerSlot;

  os::Cgroup group;
  std::vector<os::Fd> entries;
  if (home.parts != os::CgroupParts{}) {
    group = TRY_CTX(cgroups_.create(cgroup_name(slot), limits_of(home.spec.quotas), home.parts),
                    "set the quotas of sandbox " + home.spec.name);
    entries = TRY(group.open_entries());
  }
  BoxEnds ends = TRY(make_ends());
  std::vector<int> descriptors;
  for (const os::Fd& fd : ends.theirs) descriptors.push_back(fd.get());
  for (const os::Fd& fd : entries) descriptors.push_back(fd.get());
  request.entries = static_cast<std::uint32_t>(entries.size());
  if (group && group.v2_fd() >= 0) {
    request.into_cgroup = 1;
    descriptors.push_back(group.v2_fd());
  }
  auto box = std::make_unique<Box>(home, slot, std::move(group), std::move(ends.ours), clock_);
  TRY(poll_for(epoll_.get(), box->control_fd(), Source::control, slot));
  TRY(home.launcher->create(request, descriptors));
  boxes_[slot] = std::move(box);
  active_.push_back(slot);
  return boxes_[slot].get();
}

Result<void> NativeEngine::await_ready(Box& box) {
  const Nanoseconds deadline = clock_.monotonic() + kReadyPatience;
  while (box.state() == BoxState::building && box.failure().empty()) {
    if (clock_.monotonic() > deadline)
      box.fail("seal sandbox " + box.home().spec.name + ": not ready within 20 s; the host is overloaded");
    TRY(wait(std::chrono::milliseconds{100}));
  }
  if (box.failure().empty()) return {};
  Error error{Errc::unavailable, box.failure()};
  abandon(box);
  return error;
}

Result<std::unique_ptr<Sandbox>> NativeEngine::create(const spec::SandboxSpec& spec) {
  Template* home = TRY(template_for(spec));
  Box* box = TRY(request_box(*home));
  TRY(await_ready(*box));
  return make_handle(*this, *box);
}

Result<void> NativeEngine::keep_ready(const spec::SandboxSpec& spec, std::size_t depth,
                                      const std::optional<spec::Command>& loaded) {
  if (loaded && spec.deterministic) {
    return Error{Errc::invalid_argument, "load a program into sandbox " + spec.name +
                                             ": a deterministic one is traced by its own pid 1 from its first "
                                             "instruction; keep it ready without its command"};
  }
  Template* home = TRY(template_for(spec, loaded));
  // One spec is kept in one way.
  for (const auto& other : templates_) {
    if (other->spec == spec) other->depth = 0;
  }
  home->depth = depth;
  return tidy();
}

Result<std::unique_ptr<Sandbox>> NativeEngine::claim(const spec::SandboxSpec& spec) {
  Template* home = kept_ready(spec);
  if (home == nullptr) return create(spec);
  if (home->ready.empty()) TRY(await_one(*home));
  if (home->ready.empty()) return create(spec);
  Box* box = home->ready.front();
  home->ready.pop_front();
  quiet_after_ = clock_.monotonic() + kClaimTime;
  return make_handle(*this, *box);
}

// Nothing came: it cannot be made, and create() gets the reason.
Result<void> NativeEngine::await_one(Template& home) {
  awaited_ = &home;
  Result<void> waited = tidy();
  while (waited && home.ready.empty() && home.building > 0) waited = wait(std::chrono::milliseconds{100});
  awaited_ = nullptr;
  return waited;
}

std::size_t NativeEngine::ready(const spec::SandboxSpec& spec) const {
  const Template* home = kept_ready(spec);
  return home == nullptr ? 0 : home->ready.size();
}

Template* NativeEngine::kept_ready(const spec::SandboxSpec& spec) const {
  for (const auto& known : templates_) {
    if (known->launcher && known->depth > 0 && known->spec == spec) return known.get();
  }
  return nullptr;
}

// What a claim need not wait for: ending and removing what is done with, one at a time, and making what comes next.
// Both keep off the processors while a claimed program starts; what would pile up does not wait.
Result<void> NativeEngine::tidy() {
  const Nanoseconds now = clock_.monotonic();
  const bool quiet = now >= quiet_after_;
  if (!leaving_.empty() && (quiet || leaving_.size() > kDiscardedMost)) {
    boxes_[leaving_.back()]->kill(spec::EndStatus::denied, "no longer wanted");
    leaving_.pop_back();
  }
  if (!discarded_.empty() && (quiet || discarded_.size() > kDiscardedMost)) {
    const std::uint32_t slot = discarded_.back();
    discarded_.pop_back();
    if (boxes_[slot]->remove()) forget(slot);
  }
  const bool more = refill(now);
  if (leaving_.empty() && discarded_.empty() && !more) return {};
  return arm_timer(quiet ? now : quiet_after_);
}

// Boxes are asked for here and become ready in later pumps: one at a time, so that the next claim finds the processors
// free; only where one waits all are asked for at once. True: more are to be asked for later.
bool NativeEngine::refill(Nanoseconds now) {
  bool more = false;
  for (const auto& home : templates_) {
    while (home->launcher && home->ready.size() + home->building < home->depth) {
      if (home.get() != awaited_ && (home->building > 0 || now < quiet_after_)) {
        more = more || home->building == 0;
        break;
      }
      const Result<Box*> box = request_box(*home);
      if (!box) {
        home->depth = 0;  // claim() builds one itself and gets the reason
        break;
      }
      box.value()->pooled = true;
      ++home->building;
    }
  }
  return more;
}

Result<void> NativeEngine::wait(std::chrono::milliseconds at_most) {
  pollfd polled{epoll_.get(), POLLIN, 0};
  const int count = ::poll(&polled, 1, static_cast<int>(at_most.count()));
  if (count < 0 && errno != EINTR) return os::os_error("wait for sandboxes");
  return pump();
}

void NativeEngine::forget(std::uint32_t slot) {
  for (const int one : boxes_[slot]->watches) (void)::inotify_rm_watch(inotify_.get(), one);
  boxes_[slot].reset();
  // Its pid 1 may have ended before we came to end it, and the slot is another's next.
  std::erase(leaving_, slot);
  active_.erase(std::find(active_.begin(), active_.end(), slot));
}

Result<void> NativeEngine::start_box(Box& box, const spec::Command& command) {
  TRY(box.start(command));
  return arm_timer(box.on_time(clock_.monotonic()));
}

void NativeEngine::abandon(Box& box) {
  box.abandoned = true;
  if (box.state() == BoxState::exited) {
    leaving_.push_back(box.slot());
    (void)arm_timer(quiet_after_);
    return;
  }
  box.kill(spec::EndStatus::denied, "no longer wanted");
  settle(box);
}

Result<void> NativeEngine::await_end(Box& box) {
  box.kill(spec::EndStatus::denied, "ended by its owner");
  const Nanoseconds deadline = clock_.monotonic() + kReadyPatience;
  while (box.state() != BoxState::ended) {
    if (clock_.monotonic() > deadline) {
      return Error{Errc::internal,
                   "destroy sandbox " + box.home().spec.name + ": its processes did not end within 20 s"};
    }
    TRY(wait(std::chrono::milliseconds{100}));
  }
  return {};
}

Result<spec::SandboxReport> NativeEngine::destroy(Box& box) {
  TRY(await_end(box));
  TRY(box.remove());
  spec::SandboxReport report = box.report();
  forget(box.slot());
  return report;
}

}  // namespace belljar::sandbox::native

namespace belljar::sandbox {

Result<std::unique_ptr<Engine>> Engine::start(const EngineOptions& options, const Clock& clock) {
  return native::NativeEngine::make(options, clock);
}

}  // namespace belljar::sandbox
