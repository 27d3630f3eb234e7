// What makes a sandbox deterministic, seen from the engine: the calls of its program that pid 1 answers or mends, and
// the names of what cannot be made repeatable. docs/determinism.md is the whole list.
//
// Pid 1 traces every task of such a sandbox (init/steward.h). traced_filter() puts a prelude before the compiled
// profile: the calls below stop for pid 1 (SECCOMP_RET_TRACE), all others meet the profile at once. Only calls that the
// profile allows whatever their arguments are traced, so the prelude opens nothing: a call that pid 1 lets go on is
// one the profile lets go on. Pure; any thread.
#pragma once

#include <linux/filter.h>

#include <string_view>
#include <vector>

#include "sandbox/filter/compile.h"
#include "sandbox/native/unfixed.h"

namespace belljar::sandbox::native {

std::string_view unfixed_name(Unfixed what);
// For people: "the kernel decides in which order threads run".
std::string_view unfixed_reason(Unfixed what);

std::vector<sock_filter> traced_filter(const CompiledFilter& filter);

}  // namespace belljar::sandbox::native
