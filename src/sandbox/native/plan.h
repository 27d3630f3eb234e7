// Plan: what belljar-init must do, as flat bytes; and the few messages that pass between it and the engine.
//
// The engine (which may allocate, parse and fail at leisure) turns a SandboxSpec into one Plan; belljar-init (static,
// no dynamic memory) maps it read-only and carries it out. Both are built together, so the layout is the machine's own;
// `magic` and `size` guard against a stale belljar-init.
//
// Three programs speak here, on SOCK_SEQPACKET sockets, one struct a message:
//   engine  -> launcher : CreateRequest + descriptors      launcher -> engine : LauncherReply
//   engine  -> pid 1    : InitOrder                         pid 1, program -> engine : BoxReport
// Everything from pid 1 and the program comes before the first byte of the model's code runs, except BoxReport::exited
// and unfixed, which pid 1 alone can send: the program's copy of the socket is close-on-exec.
#pragma once

#include <linux/filter.h>

#include <cstdint>

namespace belljar::sandbox::native {

inline constexpr std::uint32_t kPlanMagic = 0x426a6c05;
inline constexpr std::uint32_t kSlotsMax = 1024;
inline constexpr std::uint32_t kIdsPerSlot = 1024;
inline constexpr std::uint32_t kInitId = 0;        // pid 1, as numbered inside
inline constexpr std::uint32_t kProgramId = 1000;  // the program, as numbered inside
inline constexpr std::uint32_t kCommandBytesMax = 256U << 10;
inline constexpr std::uint32_t kLinesMax = 8;  // TCP sockets of the sandbox's network that pid 1 hands to the engine

// Text in the plan's tail: offset from its first byte, length without the closing NUL.
struct Text {
  std::uint32_t at = 0;
  std::uint32_t length = 0;
};

enum class StepKind : std::uint32_t {
  directory,  // target, mode
  symlink,    // target, source = where it points
  file,       // target, source = content, mode; owned by the program when `own`
  folder,     // target, source = host folder: a read-only layer of its own, nosuid, nodev; `cover` lies on top
  bind,       // target, source = host file: read-only, nosuid, nodev
  device,     // target, source = host device node: nosuid, noexec
  tmpfs,      // target, source = mount options; owned by the program when `own`
  proc,       // target, source = mount options
  devpts,     // target, source = mount options
  overlay,    // target = a folder of the root that becomes writable; source = its folder below the scratch tmpfs
};

struct PlanStep {
  StepKind kind{};
  Text target;
  Text source;
  Text cover;  // of a folder: a folder of the root whose files take the place of the source's; empty: none
  std::uint32_t mode = 0;
  std::uint32_t own = 0;
  std::uint64_t mount_flags = 0;  // MS_*
};

struct PlanLimit {
  std::uint32_t resource = 0;  // RLIMIT_*
  std::uint64_t value = 0;
};

struct PlanLandlockRule {
  Text path;
  std::uint64_t access = 0;
};

struct Slice {  // elements of one kind in the plan's tail
  std::uint32_t at = 0;
  std::uint32_t count = 0;
};

struct Plan {
  std::uint32_t magic = kPlanMagic;
  std::uint32_t size = 0;
  std::uint32_t rootless = 0;      // the launcher enters a user namespace of its own first
  std::uint32_t separate_ids = 0;  // pid 1 and the program have different ids
  std::uint32_t own_time = 0;      // monotonic and boot clocks begin at zero
  std::uint32_t landlock_abi = 0;  // 0: no Landlock (an accepted degradation)
  std::uint64_t landlock_fs = 0;   // handled accesses for that ABI
  std::uint64_t landlock_net = 0;
  std::uint64_t landlock_scopes = 0;
  std::uint32_t notify = 0;      // the filter answers through a listener
  std::uint32_t serve_port = 0;  // not 0: loopback is up, the program may listen there, the engine gets kLinesMax lines
  Text redirection;              // not empty: the sandbox has a gateway; the netlink batch of its nftables rules
  std::uint32_t deterministic = 0;  // pid 1 traces the program, see init/steward.h
  std::uint64_t seed = 0;           // of everything random in it
  Text host_name;
  Slice root_steps;      // PlanStep: once per launcher, the part of the root that all its sandboxes share
  Slice box_steps;       // PlanStep: once per sandbox, what is its own
  Slice limits;          // PlanLimit
  Slice landlock_rules;  // PlanLandlockRule
  Slice filter;          // sock_filter
};

// Descriptors of the launcher at its start.
inline constexpr int kLauncherSocket = 3;
inline constexpr int kLauncherPlan = 4;
inline constexpr int kLauncherHierarchies = 5;  // and up: folders that hold our cgroup parents, see LauncherStart

inline constexpr std::uint32_t kHierarchiesMax = 12;
inline constexpr std::uint32_t kCgroupNameMax = 96;

// First message to the launcher.
struct LauncherStart {
  std::uint32_t hierarchies = 0;            // how many descriptors follow kLauncherPlan
  char cgroup_prefix[kCgroupNameMax] = {};  // "b3-": a sandbox's cgroup is the prefix and its slot
};

// With the descriptors control, stdin, stdout, stderr, command (in that order), then `entries` cgroup files that the
// new pid 1 writes "0" to and, if into_cgroup, a cgroup2 folder to be cloned into.
inline constexpr std::uint32_t kEntriesMax = 10;
inline constexpr std::uint32_t kDescriptorsMax = 5 + kEntriesMax + 1;

struct CreateRequest {
  std::uint32_t slot = 0;
  std::uint32_t id_base = 0;   // first id of this sandbox's range, as the launcher's user namespace numbers it
  std::uint32_t id_count = 0;  // 1: only the launcher's own id 0 exists
  std::uint32_t entries = 0;
  std::uint32_t into_cgroup = 0;
};

enum class LauncherEvent : std::uint32_t {
  unshared,  // rootless: waiting for its own id maps
  ready,     // the shared root stands
  failed,    // step, error: nothing can be created
  created,   // slot, pid (and a pidfd as descriptor)
  refused,   // slot, step, error
  ended,     // slot, pid, status, usage: pid 1 is reaped, so its pid namespace is empty
};

// What pid 1 of a sandbox with a gateway hands to the engine, in this order: sockets of the sandbox's network
// namespace.
enum class Door : std::uint32_t {
  http,         // TCP, listening
  socks,        // TCP, listening
  transparent,  // TCP, listening: where redirected connections end
  dns,          // UDP
  netfilter,    // netlink: the rules can be read back through it
  route,        // netlink: and the interfaces and routes
  last
};

enum class Step : std::uint32_t {
  none,
  read_plan,
  private_mounts,
  user_namespace,
  build_root,
  enter_root,
  clone,
  map_ids,
  die_with_launcher,
  join_cgroup,
  host_name,
  mounts,
  own_files,
  time_namespace,
  loopback,
  socket_memory,
  route,
  redirection,
  doors,
  become_init,
  fork_program,
  lines,
  trace,
  drop_capabilities,
  limits,
  become_program,
  no_new_privileges,
  landlock,
  seccomp,
  change_directory,
  execute,
  last
};

struct Usage {
  std::int64_t user_ns = 0;
  std::int64_t system_ns = 0;
  std::uint64_t faults_minor = 0;
  std::uint64_t faults_major = 0;
};

struct LauncherReply {
  LauncherEvent event{};
  std::uint32_t slot = 0;
  std::int32_t pid = 0;
  Step step = Step::none;
  std::int32_t error = 0;   // errno
  std::int32_t status = 0;  // wait status
  std::uint32_t item = 0;   // which PlanStep, where `step` has several
  Usage usage;
};

enum class InitCommand : std::uint32_t { approved, signal };

struct InitOrder {
  InitCommand command{};
  std::int32_t signal = 0;
};

enum class BoxEvent : std::uint32_t {
  line,           // pid 1, before `sealed`: with a TCP socket of the sandbox's network; `item` counts them
  door,           // pid 1, before `sealed`: with a socket; `item` = Door
  sealed,         // pid 1: its own walls stand
  approved,       // pid 1: now it cannot be traced or read
  program_ready,  // the program's process: every wall stands, waits for its command; listener = its descriptor number
  failed,         // step, error
  exited,         // pid 1: the program ended; status
  unfixed,        // pid 1 of a deterministic sandbox: item = Unfixed, once each
};

struct BoxReport {
  BoxEvent event{};
  Step step = Step::none;
  std::int32_t error = 0;
  std::int32_t status = 0;
  std::int32_t listener = -1;
  std::uint32_t item = 0;
  std::int64_t mounts_ns = 0;  // sealed: time spent in mounts, in user namespace and capabilities
  std::int64_t ids_ns = 0;
  std::int64_t walls_ns = 0;  // program_ready: limits, Landlock, seccomp
};

// The command, written to the command pipe: header, then `bytes` of NUL-ended words: directory, argv, environment.
struct CommandHeader {
  std::uint32_t bytes = 0;
  std::uint32_t argc = 0;
  std::uint32_t envc = 0;
};

}  // namespace belljar::sandbox::native
