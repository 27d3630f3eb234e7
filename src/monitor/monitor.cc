#include "monitor/monitor.h"

#include <algorithm>
#include <map>
#include <utility>

#include "monitor/detectors.h"

namespace belljar::monitor {

bool Monitor::triggers(const spec::Finding& finding) const {
  return std::find(breach_.contain.begin(), breach_.contain.end(), finding.kind) != breach_.contain.end();
}

spec::Finding* Monitor::find(const spec::Finding& like) {
  const auto found = std::find_if(findings_.begin(), findings_.end(), [&](const spec::Finding& known) {
    return known.model == like.model && known.kind == like.kind && known.rule == like.rule;
  });
  return found == findings_.end() ? nullptr : &*found;
}

std::optional<Alarm> Monitor::note(spec::Finding finding, Trigger trigger) {
  spec::Finding* known = find(finding);
  if (known == nullptr && findings_.size() >= kFindingsMax) {
    finding.rule = "others";
    finding.detail = "more different findings than are listed";
    known = find(finding);
  }
  if (known != nullptr) {
    known->count += finding.count;
  } else {
    finding.id = "f-" + std::to_string(findings_.size() + 1);
    findings_.push_back(std::move(finding));
    known = &findings_.back();
  }
  const bool asked = trigger == Trigger::always || triggers(*known);
  if (!asked || !alarmed_.insert(known->model).second) return std::nullopt;
  known->contained = true;
  return Alarm{known->model, known->id, known->kind + " " + known->rule + ": " + known->detail};
}

std::optional<Alarm> Monitor::watch(const std::string& model, const spec::Violation& violation, std::int64_t at_ns) {
  auto finding = detect(violation);
  if (!finding) return std::nullopt;
  finding->model = model;
  finding->first_ns = at_ns;
  finding->count = violation.count;
  // The policy's own rule asks for it, whatever `on_breach` says.
  const bool demanded = violation.layer == "gateway" && violation.answer == "contained";
  return note(std::move(*finding), demanded ? Trigger::always : Trigger::as_told);
}

std::optional<Alarm> Monitor::watch(const spec::StrayMessage& stray, const codec::Json* object, std::int64_t at_ns) {
  spec::Finding finding = detect(stray, object);
  finding.model = stray.model;
  finding.first_ns = at_ns;
  finding.count = stray.count;
  return note(std::move(finding));
}

std::optional<Alarm> Monitor::watch_refusal(const std::string& model, const std::string& rule,
                                            const std::string& reason, std::int64_t at_ns) {
  spec::Finding finding;
  finding.severity = "medium";
  finding.kind = "contract";
  finding.model = model;
  finding.rule = rule;
  finding.detail = reason;
  finding.first_ns = at_ns;
  return note(std::move(finding));
}

std::optional<Alarm> Monitor::watch(spec::Finding finding, std::int64_t at_ns) {
  finding.first_ns = at_ns;
  return note(std::move(finding));
}

std::optional<Alarm> Monitor::demand(spec::Finding finding, std::int64_t at_ns) {
  finding.first_ns = at_ns;
  return note(std::move(finding), Trigger::always);
}

std::optional<Alarm> Monitor::watch(const std::string& model, const spec::SandboxReport& report, std::int64_t at_ns) {
  std::vector<spec::Finding> last_words = detect(report);
  std::map<std::pair<std::string, std::string>, std::uint64_t> totals;
  for (const spec::Violation& violation : report.violations) {
    auto finding = detect(violation);
    if (!finding) continue;
    totals[{finding->kind, finding->rule}] += violation.count;
    last_words.push_back(std::move(*finding));
  }
  std::optional<Alarm> alarm;
  for (spec::Finding& finding : last_words) {
    finding.model = model;
    finding.first_ns = at_ns;
    const auto total = totals.find({finding.kind, finding.rule});
    spec::Finding* known = find(finding);
    if (known == nullptr) {
      if (total != totals.end()) finding.count = total->second;
      if (auto raised = note(std::move(finding))) alarm = std::move(raised);
    } else if (total != totals.end()) {
      known->count = std::max(known->count, total->second);
    }
  }
  return alarm;
}

std::vector<spec::Finding> Monitor::take_new() {
  std::vector<spec::Finding> news{findings_.begin() + static_cast<std::ptrdiff_t>(told_), findings_.end()};
  told_ = findings_.size();
  return news;
}

}  // namespace belljar::monitor
