// evaluate(): what the kernel's classic-BPF machine answers for one system call, for programs of the kind that seccomp
// accepts. Ours judges the filters we make: every filter is compared with the profile it came from.
//
//   std::uint32_t action = TRY(evaluate(filter.program, data));     // SECCOMP_RET_ALLOW ...
//
// Pure; a malformed program is an error, never a wrong read. Safe from any thread.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <span>

#include "base/result.h"

namespace belljar::sandbox {

// Loads of seccomp_data words, and, jumps, returns: what our compiler and libseccomp emit. Every path must end in a
// return; jumps go forward alone, so evaluation ends after at most program.size() steps.
Result<void> check_program(std::span<const sock_filter> program);
Result<std::uint32_t> evaluate(std::span<const sock_filter> program, const seccomp_data& data);

}  // namespace belljar::sandbox
