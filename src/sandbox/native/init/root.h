// Root: the steps of a plan that make a file system, in the launcher (the shared, read-only part) and in each pid 1
// (what is the sandbox's own).
#pragma once

#include "sandbox/native/init/raw.h"

namespace belljar::sandbox::native {

// Builds the shared root in the launcher's private mount namespace and makes it the launcher's own root; afterwards
// nothing of the host's file system is mounted in this namespace any more.
Outcome build_shared_root(const PlanView& view);

// In pid 1, before it gives up its rights: proc, tmpfs, devpts, overlays, planted files. `owner` is the program's id as
// the present user namespace numbers it.
Outcome mount_own_parts(const PlanView& view, unsigned owner);

}  // namespace belljar::sandbox::native
