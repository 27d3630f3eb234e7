// Subordinate ids: the ranges /etc/subuid and /etc/subgid give an unprivileged user, for sandboxes with ids of their
// own.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "base/result.h"

namespace belljar::sandbox::native {

// Writes the id maps of `pid`, which has just entered a new user namespace: 0 is our own user, 1 and up the subordinate
// range. Returns how many subordinate ids there are; 0 where there are none or newuidmap is missing, and then only 0 is
// mapped. Single-threaded callers (it may run newuidmap).
Result<std::uint32_t> map_user_namespace(pid_t pid);

// Whether map_user_namespace() would find a range, without trying.
bool has_subordinate_ids();

}  // namespace belljar::sandbox::native
