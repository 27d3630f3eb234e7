// Engine: makes sandboxes. One Engine owns one launcher process (belljar-init), the cgroups and uid ranges of its
// sandboxes, and removes whatever an earlier Belljar that was killed left behind.
//
//   auto engine = TRY(Engine::start({}, clock));
//   auto sandbox = TRY(engine->create(spec));          // sealed and posture-checked; nothing of the model has run
//   TRY(sandbox->start({.argv = {"/bin/true"}, .environment = default_environment()}));
//   while (!sandbox->ended()) TRY(engine->wait(std::chrono::milliseconds{100}));
//   SandboxReport report = TRY(sandbox->destroy());    // dead, proved, counted
//
// Single-threaded: an Engine, its sandboxes and its pools belong to one thread, because processes are cloned and
// notifications answered in one place. To wait for other things too, put poll_fd() into your own poll set and call
// pump() when it is readable; pump() never blocks.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"
#include "spec/sandbox_report.h"
#include "spec/sandbox_spec.h"

namespace belljar::sandbox {

class Sandbox;

struct EngineOptions {
  std::string init_program;       // path of belljar-init; empty: beside our own executable
  std::string profile_directory;  // empty: the installed or source `profiles/`
};

inline constexpr std::size_t kServeLines = 8;  // connections at once into a sandbox that serves

class Engine {
 public:
  static Result<std::unique_ptr<Engine>> start(const EngineOptions& options, const Clock& clock);
  virtual ~Engine() = default;

  // Seals a sandbox and checks its posture from outside. On error nothing is left of it.
  virtual Result<std::unique_ptr<Sandbox>> create(const spec::SandboxSpec& spec) = 0;

  // Keeps `depth` sandboxes of this spec ready; claim() takes one (or builds one when none is ready).
  // With `loaded` each has that program up already, stopped before its first instruction: start() then takes that
  // command and no other.
  virtual Result<void> keep_ready(const spec::SandboxSpec& spec, std::size_t depth,
                                  const std::optional<spec::Command>& loaded = {}) = 0;
  virtual Result<std::unique_ptr<Sandbox>> claim(const spec::SandboxSpec& spec) = 0;
  virtual std::size_t ready(const spec::SandboxSpec& spec) const = 0;  // how many claim() could hand out at once

  virtual int poll_fd() const = 0;  // readable when pump() has work
  virtual Result<void> pump() = 0;  // answers notifications, exits, samples; non-blocking
  virtual Result<void> wait(std::chrono::milliseconds at_most) = 0;  // poll, then pump
};

enum class Stream { out, error };

struct OutputChunk {
  std::size_t bytes = 0;  // written into the caller's buffer
  bool end = false;       // no more will come
};

// Sockets of the sandbox's own network, made while it was built, for a gateway outside to serve; see GatewaySpec for
// what they listen on. Non-blocking, close-on-exec. They hold the namespace, not the sandbox.
struct GatewayDoors {
  os::Fd http;         // TCP, listening: a proxy
  os::Fd socks;        // TCP, listening: SOCKS5
  os::Fd transparent;  // TCP, listening: every connection to an address that is not loopback; SO_ORIGINAL_DST tells it
  os::Fd dns;          // UDP, bound
};

class Sandbox {
 public:
  virtual ~Sandbox() = default;  // kills and removes what destroy() has not

  virtual Result<void> start(const spec::Command& command) = 0;  // once

  // Host ends of the pipes, non-blocking, close-on-exec; -1 once closed. The caller polls them; bytes are taken with
  // read_output(), which keeps the exact seen and kept counts and drops what is beyond the quota.
  virtual int input_fd() const = 0;
  virtual void close_input() = 0;
  virtual int output_fd(Stream stream) const = 0;
  virtual Result<OutputChunk> read_output(Stream stream, std::span<char> buffer) = 0;

  // For a spec with a `serve_port`: connects line `line` (below kServeLines) to that port of the sandbox's own
  // 127.0.0.1, hanging up whatever was open on it. The descriptor belongs to the sandbox and is non-blocking; it may
  // still be connecting, and then its first write waits. Errc::unavailable: nothing listens yet.
  virtual Result<int> connect(std::size_t line) {
    return Error{Errc::unavailable, "connect line " + std::to_string(line) + ": this sandbox serves nothing"};
  }

  // For a spec with a `gateway`: once, before or after start(). Until somebody serves them, programs inside wait.
  virtual Result<GatewayDoors> gateway_doors() {
    return Error{Errc::unavailable, "take the doors of a sandbox: its spec has no gateway"};
  }
  // Reads the network of a sandbox with a gateway back from the kernel: redirection rules, interfaces, routes. Empty:
  // as they were made; otherwise what is missing or unexpected, "; " between.
  virtual Result<std::string> network_differences() {
    return Error{Errc::unavailable, "read the network of a sandbox: its spec has no gateway"};
  }

  // Reads the walls of a sandbox that has not ended back from the kernel and compares them with what was asked for:
  // ids, capabilities, no_new_privs, seccomp, namespaces, mounts, cgroup limits and, with a gateway, the network.
  // Empty: all as it should be; otherwise "memory.max is ..., expected ...; ...".
  virtual Result<std::string> drift() {
    return Error{Errc::unavailable, "read the walls of a sandbox back: this one has none"};
  }

  // Stops every task of it where it stands, and lets them go on; what is outside keeps its time, quotas and deadlines
  // among it. A sandbox that stands still can be killed. Errc::unavailable: this host cannot.
  virtual Result<void> freeze() { return Error{Errc::unavailable, "freeze a sandbox: this one has no cgroup"}; }
  virtual Result<void> thaw() { return Error{Errc::unavailable, "thaw a sandbox: this one has no cgroup"}; }

  virtual bool ended() const = 0;
  virtual void signal(int number) = 0;  // forwarded to every process inside
  // Ends the whole tree; `why` becomes the reason of the report and `status` its status.
  virtual void kill(spec::EndStatus status, const std::string& why) = 0;

  // Adds to its record what somebody else refused it, such as a gateway; equal ones share a record with a count.
  virtual void note(spec::Violation violation) = 0;
  // Violations not yet taken, in order of first appearance; counts of records taken before arrive as new records.
  virtual std::vector<spec::Violation> take_violations() = 0;

  // A regular file the program left under /out, read through descriptors, never following links; at most `bytes_max`.
  // Valid after ended() and before destroy().
  virtual Result<std::string> collect(const std::string& name, std::size_t bytes_max) = 0;

  // Waits until nothing of it lives. The report so far: it lacks the proof, which is destroy()'s.
  virtual Result<spec::SandboxReport> await_end() {
    return Error{Errc::unavailable, "await the end of a sandbox: this one ends with destroy()"};
  }
  // Waits until nothing of it lives, proves it, frees it.
  virtual Result<spec::SandboxReport> destroy() = 0;
};

}  // namespace belljar::sandbox
