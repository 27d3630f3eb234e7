// Posture: what a sealed sandbox looks like from outside, compared with what it must look like. Anything unexpected is
// a difference, also what nobody thought of: the lists are exhaustive, not samples.
//
//   std::string differences = TRY(check_posture(box, Depth::every_start));
//   if (!differences.empty()) kill ...
//
// Read from /proc by the engine; nothing inside is asked. Any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar::sandbox::native {

struct Posture {
  pid_t init = 0;
  pid_t program = 0;
  std::uint32_t init_id = 0;  // as the host numbers it
  std::uint32_t program_id = 0;
  bool separate_ids = true;    // pid 1 keeps CAP_KILL alone
  bool deterministic = false;  // pid 1 keeps CAP_SYS_PTRACE too, and traces the program
  bool init_readable = true;   // rootless engines may read only the status of pid 1
  bool descriptors_readable =
      true;  // not for a rootless engine whose sandboxes have subordinate ids: /proc/PID/fd is theirs
  std::uint64_t open_files = 0;  // RLIMIT_NOFILE expected
  std::string_view plan;         // bytes of build_plan(): the mounts that may exist
};

enum class Depth {
  every_start,      // ids, capabilities, seccomp, no_new_privs, tracer, groups, namespaces, descriptors
  first_of_a_plan,  // the same, and every mount with its flags, and the limits
  running           // of a program under way: what it cannot rightly have changed itself
};

// Empty: as expected. Otherwise "CapEff of the program is 0000000000000400, expected 0; ...".
Result<std::string> check_posture(const Posture& expected, Depth depth);

}  // namespace belljar::sandbox::native
