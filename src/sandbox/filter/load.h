// load_filter(): the compiled filter of profiles/NAME.yaml, from the cache when the profile's text has not changed.
//
//   CompiledFilter filter = TRY(load_filter("agent", profile_directory));
//
// A cache entry is used when it is a regular file of ours that nobody else can write, its own digest holds, its program
// is well formed and it was made from these very texts by this version; otherwise it is made again and replaced. A
// cache that cannot be written costs time, not correctness. Safe from any thread and beside other processes.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "sandbox/filter/compile.h"

namespace belljar::sandbox {

Result<CompiledFilter> load_filter(const std::string& name, const std::string& profile_directory);
// As above, with the cache kept in `cache_directory`.
Result<CompiledFilter> load_filter(const std::string& name, const std::string& profile_directory,
                                   const std::string& cache_directory);

// The name under which load_filter() gives the profile `name` with the rules of profiles/gateway.yaml before its own:
// what a sandbox with a gateway may call.
std::string with_gateway(const std::string& name);

// The form of a cache entry: magic line, SHA-256 of the rest, then the fields, little endian, lengths before content.
std::string encode_filter(const CompiledFilter& filter);
Result<CompiledFilter> decode_filter(std::string_view bytes);

}  // namespace belljar::sandbox
