// SandboxReport: how a sandbox lived and ended; the object `exec --result` writes and `run` records per model.
// Everything here was read by the host from kernel counters or seen at the boundary, never from the program's words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "codec/json.h"

namespace belljar::spec {

// One thing a sandbox tried and was refused, coalesced: equal (layer, rule, call, arguments) share a record.
struct Violation {
  std::string layer;      // "seccomp", "landlock", "canary", "quota", "gateway", "engine"
  std::string rule;       // the profile's rule, the quota's key, the canary's path
  std::string call;       // "socket"; empty where no system call was involved
  std::string arguments;  // decoded, printable, bounded: "AF_INET, SOCK_STREAM, 0"
  std::string process;    // name of the process, printable
  std::int32_t pid = 0;   // as the host numbers it
  std::string answer;     // "EPERM", "killed", "recorded", "refused", "contained"
  std::uint64_t count = 1;
  std::int64_t first_ns = 0;  // monotonic, since the start of the sandbox
};

struct StepTime {
  std::string step;
  std::int64_t ns = 0;
};

struct StreamBytes {
  std::uint64_t seen = 0;
  std::uint64_t kept = 0;
};

struct MemoryUse {
  std::uint64_t peak_bytes = 0;
  std::uint64_t current_bytes = 0;  // at the last sample
  std::uint64_t swap_bytes = 0;
  std::uint64_t page_faults_minor = 0;
  std::uint64_t page_faults_major = 0;
  std::uint64_t oom_events = 0;
  double fragmentation = 0;  // 1 - resident/mapped of the anonymous mappings at the last sample (smaps); 0..1
};

enum class EndStatus { exited, signaled, timeout, memory, limit, denied };

// Of a deterministic sandbox: its seed, and by name what happened in it that the seed does not decide.
struct DeterministicReport {
  std::uint64_t seed = 0;
  std::vector<std::string> unfixed;  // "threads", "timers"; docs/determinism.md
};

struct SandboxReport {
  EndStatus status = EndStatus::exited;
  int exit_code = 0;
  int signal = 0;
  std::string reason;  // for people: "memory: 3 OOM kills at 512 MiB (memory.oom_control)"
  std::int64_t wall_ns = 0;
  std::int64_t cpu_ns = 0;
  MemoryUse memory;
  StreamBytes stdout_bytes;
  StreamBytes stderr_bytes;
  std::vector<StepTime> start;
  std::vector<Violation> violations;
  std::string posture = "ok";
  bool destroyed = false;
  std::vector<std::string> destruction_proof;  // "pid namespace 4026532301 gone", "cgroup /x removed, 0 tasks"
  std::vector<std::string> degraded;
  std::optional<DeterministicReport> deterministic;
};

std::string_view status_name(EndStatus status);
codec::Json violation_json(const Violation& violation);
codec::Json report_json(const SandboxReport& report);
// What report_json() wrote. Errc::corrupt names the member that is missing or of another kind.
Result<SandboxReport> read_report(const codec::Json& json);

}  // namespace belljar::spec
