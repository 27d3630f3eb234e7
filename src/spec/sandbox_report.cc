#include "spec/sandbox_report.h"

#include <array>

namespace belljar::spec {

namespace {

using codec::Json;

Json stream_json(const StreamBytes& stream) { return Json::Object{{"seen", stream.seen}, {"kept", stream.kept}}; }

Json memory_json(const MemoryUse& memory) {
  return Json::Object{{"peak_bytes", memory.peak_bytes},
                      {"current_bytes", memory.current_bytes},
                      {"swap_bytes", memory.swap_bytes},
                      {"page_faults_minor", memory.page_faults_minor},
                      {"page_faults_major", memory.page_faults_major},
                      {"oom_events", memory.oom_events},
                      {"fragmentation", memory.fragmentation}};
}

Json start_json(const std::vector<StepTime>& steps) {
  Json::Object step_ns;
  step_ns.reserve(steps.size());
  for (const StepTime& step : steps) step_ns.emplace_back(step.step, step.ns);
  return Json::Object{{"step_ns", std::move(step_ns)}};
}

// As in the verdict: past 2^63 - 1 as text, so that no reader rounds or wraps it.
Json seed_json(std::uint64_t seed) {
  return seed > static_cast<std::uint64_t>(INT64_MAX) ? Json{std::to_string(seed)} : Json{seed};
}

Json names_json(const std::vector<std::string>& names) { return Json::Array(names.begin(), names.end()); }

}  // namespace

std::string_view status_name(EndStatus status) {
  constexpr std::array<std::string_view, 6> kNames{"exited", "signaled", "timeout", "memory", "limit", "denied"};
  return kNames.at(static_cast<std::size_t>(status));
}

Json violation_json(const Violation& violation) {
  return Json::Object{{"layer", violation.layer}, {"rule", violation.rule},           {"syscall", violation.call},
                      {"count", violation.count}, {"arguments", violation.arguments}, {"process", violation.process},
                      {"pid", violation.pid},     {"answer", violation.answer},       {"first_ns", violation.first_ns}};
}

Json report_json(const SandboxReport& report) {
  Json::Array violations;
  violations.reserve(report.violations.size());
  for (const Violation& violation : report.violations) violations.push_back(violation_json(violation));
  Json::Object object{{"status", status_name(report.status)},
                      {"exit_code", report.exit_code},
                      {"signal", report.signal},
                      {"reason", report.reason},
                      {"wall_ns", report.wall_ns},
                      {"cpu_ns", report.cpu_ns},
                      {"memory_peak_bytes", report.memory.peak_bytes},
                      {"memory", memory_json(report.memory)},
                      {"output_bytes", Json::Object{{"stdout", stream_json(report.stdout_bytes)},
                                                    {"stderr", stream_json(report.stderr_bytes)}}},
                      {"start", start_json(report.start)},
                      {"violations", std::move(violations)},
                      {"posture", report.posture},
                      {"destroyed", report.destroyed},
                      {"destruction_proof", names_json(report.destruction_proof)},
                      {"degraded", names_json(report.degraded)}};
  if (report.deterministic) {
    object.emplace_back("deterministic", Json::Object{{"seed", seed_json(report.deterministic->seed)},
                                                      {"unfixed", names_json(report.deterministic->unfixed)}});
  }
  return object;
}

}  // namespace belljar::spec
