// Control groups: the layout, and each quota tried on a group of our own.
#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

#include "os/host_facts.h"
#include "sandbox/doctor/checks.h"

namespace belljar::sandbox {

namespace {

using os::CgroupPart;

constexpr const char* kGroup = "quotas";

struct Row {
  CgroupPart part;
  std::string_view id;
  std::string_view name;
  Need need;
  std::string_view cost;
  std::string_view accept = {};
};

constexpr std::array<Row, 7> kRows{{
    {CgroupPart::memory, "quota.memory", "memory", Need::required,
     "a sandbox can use up the host's memory; its peak is not known", "cgroup-memory"},
    {CgroupPart::swap, "quota.swap", "swap", Need::required, "memory beyond the quota flees to the host's swap",
     "cgroup-memory"},
    {CgroupPart::processes, "quota.processes", "processes", Need::required,
     "a fork bomb is held by a per-user limit alone", "cgroup-processes"},
    {CgroupPart::cpu, "quota.cpu", "processor share", Need::required, "a sandbox can take every processor",
     "cgroup-cpu"},
    {CgroupPart::cpu_accounting, "quota.cpu-accounting", "processor time", Need::optional,
     "processor time is known only once processes have ended"},
    {CgroupPart::freeze, "quota.freeze", "freeze", Need::optional, "containment cannot pause a sandbox, only kill it"},
    {CgroupPart::kill, "quota.kill", "kill as a group", Need::optional, "a sandbox ends with its pid namespace alone"},
}};

HostCheck layout_check(const os::CgroupHost& host) {
  const bool none = host.layout() == os::CgroupLayout::none;
  return {
      .id = "quota.layout",
      .name = "control groups",
      .group = kGroup,
      .status = none ? CheckStatus::missing : CheckStatus::works,
      .need = Need::optional,  // its parts are what is required
      .detail = none ? host.missing().front().reason : "layout " + std::string{os::cgroup_layout_name(host.layout())},
      .cost = "no quota on memory, processes and processors",
      .remedy = none ? host.missing().front().remedy : "",
      .accept = ""};
}

HostCheck part_check(const os::CgroupHost& host, const Row& row, const std::map<CgroupPart, os::Trial>& trials) {
  HostCheck check{.id = std::string{row.id},
                  .name = std::string{row.name},
                  .group = kGroup,
                  .status = CheckStatus::missing,
                  .need = row.need,
                  .detail = "",
                  .cost = std::string{row.cost},
                  .remedy = "",
                  .accept = std::string{row.accept}};
  const auto missing = std::find_if(host.missing().begin(), host.missing().end(),
                                    [&row](const os::CgroupMissing& entry) { return entry.part == row.part; });
  if (missing != host.missing().end()) {
    check.detail = missing->reason;
    check.remedy = missing->remedy;
    return check;
  }
  const auto tried = trials.find(row.part);
  if (tried == trials.end()) {
    check.detail = "not tried";
    return check;
  }
  const os::Trial& trial = tried->second;
  const bool partly = trial.error == EOPNOTSUPP;
  check.status = trial.works() ? CheckStatus::works : partly ? CheckStatus::degraded : CheckStatus::missing;
  check.detail = trial.detail;
  if (partly) check.remedy = "boot without cgroup.memory=nokmem";
  if (partly) check.cost = "sockets, pipes and page tables of a sandbox are not held by its quota";
  return check;
}

}  // namespace

void check_quotas(const Result<os::CgroupHost>& host, std::vector<HostCheck>& checks) {
  if (!host) {
    checks.push_back({.id = "quota.layout",
                      .name = "control groups",
                      .group = kGroup,
                      .status = CheckStatus::missing,
                      .need = Need::required,
                      .detail = host.error().message(),
                      .cost = "no quota on memory, processes and processors",
                      .remedy = "mount -t proc proc /proc",
                      .accept = ""});
    return;
  }
  checks.push_back(layout_check(host.value()));
  const std::map<CgroupPart, os::Trial> trials = os::try_cgroups(host.value());
  for (const Row& row : kRows) checks.push_back(part_check(host.value(), row, trials));
  const bool none = host.value().layout() == os::CgroupLayout::none;
  const os::Trial clone = os::try_clone_into_cgroup(host.value());
  checks.push_back({.id = "quota.clone-into",
                    .name = "born in its group",
                    .group = kGroup,
                    .status = clone.works() ? CheckStatus::works : CheckStatus::missing,
                    .need = Need::optional,
                    .detail = none ? host.value().missing().front().reason : clone.detail,
                    .cost = "a sandbox's first process is moved into its groups right after it is made",
                    .remedy = none ? host.value().missing().front().remedy
                                   : "mount -t cgroup2 none /sys/fs/cgroup/unified   (Linux 5.7)",
                    .accept = ""});
}

}  // namespace belljar::sandbox
