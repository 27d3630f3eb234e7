// The checks by group, for doctor.cc.
#pragma once

#include <vector>

#include "os/cgroup.h"
#include "sandbox/doctor/doctor.h"

namespace belljar::sandbox {

void check_walls(std::vector<HostCheck>& checks);                                       // namespaces, mounts, calls
void check_quotas(const Result<os::CgroupHost>& host, std::vector<HostCheck>& checks);  // control groups
void check_other_tiers(std::vector<HostCheck>& checks);                                 // networks, machines, tools
void check_settings(std::vector<HostCheck>& checks);                                    // sysctls

}  // namespace belljar::sandbox
