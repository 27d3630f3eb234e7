// Box: one sandbox from inside, from the clone to the program's first instruction.
#pragma once

#include <atomic>

#include "sandbox/native/init/raw.h"

namespace belljar::sandbox::native {

// How a sandbox learns that the launcher has written its id maps: one word per slot in shared memory.
struct MapSignal {
  std::atomic<std::uint32_t> mapped{0};  // 1: the maps are written; kTraced, from pid 1 to the program: go on
};

inline constexpr std::uint32_t kTraced = 2;

struct BoxStart {
  CreateRequest request;
  MapSignal* maps = nullptr;
};

// In pid 1: seals the sandbox, forks the program, and tends it to the end. Never returns.
[[noreturn]] void live_as_init(const PlanView& view, const BoxStart& start);

// In the program's process: puts up the last walls, waits for the command, becomes the program. Never returns.
[[noreturn]] void become_program(const PlanView& view);

// In pid 1, with every wall up: reaps, forwards the host's signals (read from the signalfd `signals`), reports the end
// of `program`.
[[noreturn]] void tend(int control, int signals, pid_t program);

// Descriptors of pid 1, arranged by the launcher's child; everything else is closed.
inline constexpr int kBoxControl = 3;
inline constexpr int kBoxStdio = 4;  // 4, 5, 6
inline constexpr int kBoxCommand = 7;
inline constexpr int kBoxAsk = 8;      // pipe to the launcher: our slot number, when we want our id maps
inline constexpr int kBoxEntries = 9;  // and up: cgroup files to join by

// Loopback of the sandbox's own network namespace, which takes the rights pid 1 still has at that time.
Outcome raise_loopback();
// Sends the engine kLinesMax TCP sockets of this network namespace and keeps none; see Sandbox::connect().
Outcome hand_over_lines(int control);

// The network of a sandbox with a gateway: loopback, a route that leads there, redirection, bounded sockets.
Outcome build_network(const PlanView& view);
// Makes the sockets that Door names, sends them to the engine and keeps none.
Outcome hand_over_doors(int control);

// No capability can come back: bounding and ambient sets emptied, securebits locked. Leaves the other sets alone.
Outcome forget_capabilities();
// Effective and permitted become `kept` (a bit mask), inheritable empty.
Outcome set_capabilities(std::uint64_t kept);
// pid 1's own filter: read, write, wait, kill, poll, exit.
// With `traced`, also what the steward does.
Outcome install_init_filter(bool traced);

}  // namespace belljar::sandbox::native
