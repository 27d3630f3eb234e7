// compile_filter(): a profile as the classic-BPF program the kernel runs before each system call.
//
//   CompiledFilter filter = TRY(compile_filter(profile));
//   sock_fprog program{filter.length(), filter.program.data()};     // for seccomp(2), with a new listener
//
// The program is a binary tree over ranges of call numbers, with the argument tests behind its leaves; at most
// kInstructionsMax instructions, or it is an error. Nothing in it depends on the host. libseccomp's own trees spend an
// instruction or more per call and pass 300 for the profile `agent`, so the tree is ours and libseccomp is the source
// of numbers and the oracle of the tests. Pure; safe from any thread.
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <vector>

#include "base/result.h"
#include "sandbox/filter/profile.h"

namespace belljar::sandbox {

constexpr std::size_t kInstructionsMax = 250;

struct CompiledFilter {
  std::vector<sock_filter> program;
  Profile profile;  // explains every refusal

  unsigned short length() const { return static_cast<unsigned short>(program.size()); }
  bool operator==(const CompiledFilter& other) const;
};

Result<CompiledFilter> compile_filter(Profile profile);

}  // namespace belljar::sandbox
