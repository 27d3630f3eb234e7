// The options that say what a sandbox is made of, for every command that makes one.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "spec/sandbox_spec.h"

namespace belljar::cli {

inline constexpr Option kProfileOption{"profile", Argument::required, "NAME",
                                       "system calls it may make: compute, interpreter (default), agent"};
inline constexpr Option kLimitOption{"limit", Argument::required, "KEY=VALUE",
                                     "a quota, such as memory=512MiB, wall=10s, processes=8", true};
inline constexpr Option kImageOption{"image", Argument::required, "IMAGE",
                                     "host (default), a folder, or a package list ending in .yaml"};
inline constexpr Option kWritableRootOption{"writable-root", Argument::none, "",
                                            "a writable view of the image's folders, thrown away afterwards"};
inline constexpr Option kOwnTimeOption{"own-time", Argument::none, "", "monotonic clocks that begin at zero"};
inline constexpr Option kAllowDegradedOption{"allow-degraded", Argument::required, "NAME",
                                             "accept a missing protection by name", true};

// "KEY=VALUE"; the error says which form was expected.
Result<std::pair<std::string, std::string>> split_pair(const std::string& text, char between, std::string_view form);

// All of the above but the profile, which a policy may choose, and the image, whose resolving has a part of its own.
// Quotas that nobody names stay as they are.
Result<void> read_sandbox_options(const Arguments& arguments, spec::SandboxSpec& spec);

}  // namespace belljar::cli
