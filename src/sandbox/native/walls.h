// Walls: the names and numbers of what binds a program, shared by the plan and by messages about it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/native/plan.h"

namespace belljar::sandbox::native {

// What a Landlock of that ABI can handle, and the accesses each kind of place keeps. Later ABIs add: 2 renaming across
// folders, 3 truncation, 4 TCP bind and connect, 5 ioctl on devices, 6 abstract sockets and signals, 7 audit.
struct LandlockRights {
  std::uint64_t handled_fs = 0;
  std::uint64_t handled_net = 0;
  std::uint64_t scopes = 0;
  std::uint64_t read = 0;      // read, list, execute
  std::uint64_t write = 0;     // all but making devices and ioctl on them
  std::uint64_t device = 0;    // read and write an existing file
  std::uint64_t terminal = 0;  // the same and ioctl
};
LandlockRights landlock_rights(std::uint32_t abi);

// "put up Landlock"; for messages about a step that failed.
std::string_view step_name(Step step);
// What a person can do about that step failing with that errno; empty when nothing general helps.
std::string_view step_remedy(Step step, int error);

}  // namespace belljar::sandbox::native
