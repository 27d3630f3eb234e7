// Monitor: telemetry in, findings out, and an alarm the moment one asks for containment.
//
//   Monitor monitor{scenario.on_breach};
//   if (auto alarm = monitor.watch("classifier", violation, at_ns)) contain(*alarm);
//   measurements.findings = monitor.findings();
//
// Equal findings (model, kind, rule) share one entry with a count, so that a model that repeats itself a million times
// costs one line; beyond kFindingsMax different ones the rest share "others" per kind. At most one alarm per model. It
// reads what the boundary and the kernel saw, never a model's word. Pure of clock and I/O; one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codec/json.h"
#include "spec/measurements.h"
#include "spec/sandbox_report.h"
#include "spec/scenario.h"
#include "spec/verdict.h"

namespace belljar::monitor {

constexpr std::size_t kFindingsMax = 256;

// A trigger's word: end this model now.
struct Alarm {
  std::string model;
  std::string finding;  // id
  std::string why;      // "canary /work/.aws/credentials: opened: openat(...)"
};

class Monitor {
 public:
  explicit Monitor(spec::BreachSpec breach) : breach_{std::move(breach)} {}

  // `at_ns`: since the start of `drive`.
  std::optional<Alarm> watch(const std::string& model, const spec::Violation& violation, std::int64_t at_ns);
  std::optional<Alarm> watch(const spec::StrayMessage& stray, const codec::Json* object, std::int64_t at_ns);
  // An answer that the exchange refused: the rule it broke and how.
  std::optional<Alarm> watch_refusal(const std::string& model, const std::string& rule, const std::string& reason,
                                     std::int64_t at_ns);
  // What a detector elsewhere made of several messages: loop gain, a spent budget.
  std::optional<Alarm> watch(spec::Finding finding, std::int64_t at_ns);
  // The same for what a rule of the policy answers with containment itself, whatever `on_breach` says.
  std::optional<Alarm> demand(spec::Finding finding, std::int64_t at_ns);
  // The last word on a sandbox: what was not seen live is added, and counts become the report's.
  std::optional<Alarm> watch(const std::string& model, const spec::SandboxReport& report, std::int64_t at_ns);

  // In order of first appearance, "f-1" onwards.
  const std::vector<spec::Finding>& findings() const { return findings_; }
  // Findings that appeared since the last call: each is news once.
  std::vector<spec::Finding> take_new();

 private:
  enum class Trigger { as_told, always };
  std::optional<Alarm> note(spec::Finding finding, Trigger trigger = Trigger::as_told);
  spec::Finding* find(const spec::Finding& like);
  bool triggers(const spec::Finding& finding) const;

  spec::BreachSpec breach_;
  std::vector<spec::Finding> findings_;
  std::size_t told_ = 0;
  std::set<std::string> alarmed_;
};

}  // namespace belljar::monitor
