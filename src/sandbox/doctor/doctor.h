// What this host can enforce, mechanism by mechanism: tried where it can be tried, read where it is a setting.
//
//   HostReport report = examine_host();
//   (void)std::fputs(host_table(report).c_str(), stdout);
//   return report.native_ready() ? 0 : 4;
//
// Takes about a second, as root or not; leaves nothing behind. Single-threaded callers only: trials fork.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"

namespace belljar::sandbox {

enum class CheckStatus {
  works,
  degraded,  // there, but less than it should be
  missing,
};
std::string_view status_name(CheckStatus status);

enum class Need { required, optional };  // by the native tier, as it starts when nothing is given up

struct HostCheck {
  std::string id;  // "namespace.user": stable, for machines
  std::string name;
  std::string group;
  CheckStatus status = CheckStatus::missing;
  Need need = Need::optional;
  std::string detail;  // what was seen, or which step failed and how
  std::string cost;    // what lacking it gives up
  std::string remedy;  // the command that enables it, or what it takes
  std::string accept;  // the name under which --allow-degraded gives it up; empty: it cannot be
};

struct HostReport {
  std::string kernel;
  unsigned uid = 0;
  std::string cgroup_layout;
  std::vector<HostCheck> checks;

  // Ids of required mechanisms that are missing.
  std::vector<std::string> blockers() const;
  bool native_ready() const { return blockers().empty(); }
};

HostReport examine_host();

// For people: aligned, at most 100 columns; what works in a line, what does not with its cost and remedy.
std::string host_table(const HostReport& report);
codec::Json host_json(const HostReport& report);

}  // namespace belljar::sandbox
