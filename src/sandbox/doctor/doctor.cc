#include "sandbox/doctor/doctor.h"

#include <unistd.h>

#include <algorithm>

#include "os/host_facts.h"
#include "sandbox/doctor/checks.h"

namespace belljar::sandbox {

namespace {

constexpr std::size_t kWidth = 100;

// Appends `text` at `column`, wrapped at spaces; the first line continues what is there.
void append_wrapped(std::string& out, std::string_view text, std::size_t column) {
  std::size_t used = column;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (used + word.size() > kWidth && used > column) {
      while (out.ends_with(' ')) out.pop_back();
      out += "\n" + std::string(column, ' ');
      used = column;
    }
    out += word;
    used += word.size();
    if (text.empty()) break;
    out += ' ';
    ++used;
  }
  out += '\n';
}

void append_label(std::string& out, std::string_view label, std::string_view text, std::size_t column) {
  if (text.empty()) return;
  out += std::string(column, ' ') + std::string{label};
  append_wrapped(out, text, column + label.size());
}

// `before` is the check above: what it said already is not said again.
void append_check(std::string& out, const HostCheck& check, const HostCheck* before, std::size_t name_width) {
  constexpr std::size_t kStatusWidth = 10;
  constexpr std::size_t kAdviceColumn = 2 + kStatusWidth;
  const std::string_view status = status_name(check.status);
  const bool works = check.status == CheckStatus::works;
  const bool same_cause = !works && before != nullptr && before->detail == check.detail;
  out += "  " + std::string{status} + std::string(kStatusWidth - status.size(), ' ');
  out += check.name + std::string(name_width + 2 - check.name.size(), ' ');
  append_wrapped(out, same_cause ? "for the same reason" : check.detail, kAdviceColumn + name_width + 2);
  if (works) return;
  append_label(out, "costs:   ", check.cost, kAdviceColumn);
  if (!same_cause || before->remedy != check.remedy) append_label(out, "enable:  ", check.remedy, kAdviceColumn);
  if (!check.accept.empty()) append_label(out, "or:      ", "--allow-degraded " + check.accept, kAdviceColumn);
}

const HostCheck* find(const HostReport& report, std::string_view id) {
  const auto found =
      std::find_if(report.checks.begin(), report.checks.end(), [id](const HostCheck& check) { return check.id == id; });
  return found == report.checks.end() ? nullptr : &*found;
}

bool works(const HostReport& report, std::string_view id) {
  const HostCheck* check = find(report, id);
  return check != nullptr && check->status == CheckStatus::works;
}

// Installed is not proved: these tiers are tried when they are used.
std::string gvisor_state(const HostReport& report) { return works(report, "tool.runsc") ? "installed" : "missing"; }
std::string microvm_state(const HostReport& report) {
  if (!works(report, "tool.qemu")) return "missing";
  return works(report, "tier.kvm") ? "installed, with KVM" : "installed, by emulation";
}

std::string native_text(const HostReport& report) {
  const std::vector<std::string> blockers = report.blockers();
  if (blockers.empty()) return "ready";
  std::string text = "NOT ready, missing:";
  bool all_acceptable = true;
  for (const std::string& id : blockers) {
    text += " " + id;
    all_acceptable = all_acceptable && !find(report, id)->accept.empty();
  }
  if (all_acceptable) text += " (each can be given up by name, see --allow-degraded above)";
  return text;
}

}  // namespace

std::string_view status_name(CheckStatus status) {
  switch (status) {
    case CheckStatus::works:
      return "works";
    case CheckStatus::degraded:
      return "degraded";
    case CheckStatus::missing:
      break;
  }
  return "missing";
}

std::vector<std::string> HostReport::blockers() const {
  std::vector<std::string> ids;
  for (const HostCheck& check : checks) {
    if (check.need == Need::required && check.status == CheckStatus::missing) ids.push_back(check.id);
  }
  return ids;
}

HostReport examine_host() {
  HostReport report{.kernel = os::kernel_release(), .uid = ::geteuid(), .cgroup_layout = "none", .checks = {}};
  const Result<os::CgroupHost> groups = os::CgroupHost::detect();
  if (groups) report.cgroup_layout = os::cgroup_layout_name(groups.value().layout());
  check_walls(report.checks);
  check_quotas(groups, report.checks);
  check_other_tiers(report.checks);
  check_settings(report.checks);
  return report;
}

std::string host_table(const HostReport& report) {
  std::size_t name_width = 0;
  for (const HostCheck& check : report.checks) name_width = std::max(name_width, check.name.size());
  std::string out = "Linux " + report.kernel + ", " +
                    (report.uid == 0 ? std::string{"as root"} : "as user " + std::to_string(report.uid)) + '\n';
  const HostCheck* before = nullptr;
  for (const HostCheck& check : report.checks) {
    if (before == nullptr || check.group != before->group) out += "\n" + check.group + "\n";
    append_check(out, check, before, name_width);
    before = &check;
  }
  out += "\ntiers\n";
  append_label(out, "native   ", native_text(report), 2);
  append_label(out, "gvisor   ", gvisor_state(report), 2);
  append_label(out, "microvm  ", microvm_state(report), 2);
  return out;
}

codec::Json host_json(const HostReport& report) {
  codec::Json::Array checks;
  for (const HostCheck& check : report.checks) {
    codec::Json entry;
    entry.set("id", check.id);
    entry.set("name", check.name);
    entry.set("group", check.group);
    entry.set("status", status_name(check.status));
    entry.set("required", check.need == Need::required);
    entry.set("detail", check.detail);
    entry.set("cost", check.cost);
    entry.set("remedy", check.remedy);
    entry.set("accept", check.accept.empty() ? codec::Json{} : codec::Json{check.accept});
    checks.push_back(std::move(entry));
  }
  codec::Json::Array missing;
  for (std::string& id : report.blockers()) missing.emplace_back(std::move(id));
  codec::Json native;
  native.set("ready", report.native_ready());
  native.set("missing", std::move(missing));
  codec::Json tiers;
  tiers.set("native", std::move(native));
  tiers.set("gvisor", gvisor_state(report));
  tiers.set("microvm", microvm_state(report));
  codec::Json json;
  json.set("kernel", report.kernel);
  json.set("uid", std::int64_t{report.uid});
  json.set("cgroup_layout", report.cgroup_layout);
  json.set("tiers", std::move(tiers));
  json.set("checks", std::move(checks));
  return json;
}

}  // namespace belljar::sandbox
