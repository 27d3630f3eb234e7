// build_plan(): a SandboxSpec as the bytes belljar-init carries out.
//
//   HostPowers powers = host_powers();
//   std::string plan = TRY(build_plan(spec, powers, filter.program));
//
// The same spec on the same host gives the same bytes, so the bytes also identify which launcher can serve a spec.
// Reads the image's top folder; otherwise pure. Any thread.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "spec/sandbox_spec.h"

namespace belljar::sandbox::native {

// What this process may do on this host, found once.
struct HostPowers {
  bool rootless = true;            // no CAP_SYS_ADMIN here: a user namespace has to give it
  bool id_range = false;           // every sandbox can have ids of its own (root, or subordinate ids)
  std::uint32_t landlock_abi = 0;  // 0: none; capped at the newest this build knows
};

HostPowers host_powers();

Result<std::string> build_plan(const spec::SandboxSpec& spec, const HostPowers& powers,
                               std::span<const sock_filter> filter);

}  // namespace belljar::sandbox::native
