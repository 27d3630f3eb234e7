// Bootstrap: a root file system from packages, made by mmdebstrap out of the host's own apt sources.
//
//   TRY(bootstrap(list, apt, scratch + "/root", scratch));   // about a minute; `scratch` is ours and stays ours
//
// The packages' own scripts run while they are installed: as root in a chroot and private mount and process
// namespaces when we are root, else in a user namespace with the subordinate ids of /etc/subuid. They are as trusted as
// the host's apt sources, for they are the same. Single-threaded callers only.
#pragma once

#include <string>

#include "base/result.h"
#include "sandbox/image/apt_sources.h"
#include "sandbox/image/package_list.h"

namespace belljar::sandbox {

enum class Builder { root, user };

Builder builder_for_this_user();

// The command line, for tests and for people.
std::vector<std::string> bootstrap_command(const PackageList& list, const AptConfiguration& apt, Builder builder,
                                           const std::string& destination);

// Errc::unavailable, with what to do about it, when mmdebstrap or the subordinate ids are missing.
Result<void> bootstrap(const PackageList& list, const AptConfiguration& apt, const std::string& destination,
                       const std::string& scratch);

}  // namespace belljar::sandbox
