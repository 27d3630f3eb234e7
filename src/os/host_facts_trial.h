// What trials share. Internal to host_facts*.cc; everything here runs in a trial's child.
#pragma once

#include <sys/types.h>

#include <cerrno>
#include <functional>
#include <string>
#include <string_view>

#include "os/host_facts.h"

namespace belljar::os {

// "mount overlay: EPERM"
Trial trial_failed(std::string_view step, int error = errno);

// Makes a user namespace in which we are root, and the namespaces of `flags` inside it.
Trial enter_namespaces(int flags);

// Runs `work` in a child of the trial and returns what it returns: 0 or an errno. For what needs a process to be born
// inside: pid and time namespaces.
int in_grandchild(const std::function<int()>& work);

// A tmpfs of our own on /tmp, hidden from everyone else. Needs CLONE_NEWNS.
Trial mount_scratch();
inline constexpr const char* kScratch = "/tmp";

}  // namespace belljar::os
