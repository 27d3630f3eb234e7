// Detectors: each turns one piece of telemetry into a finding, or into nothing. Pure.
//
//   if (auto finding = detect(violation)) ...            // a refused system call, an opened canary, a reached quota
//   if (auto finding = detect(stray, object)) ...        // a message that belonged to no case
//   for (Finding& finding : detect(report)) ...          // what the kernel counted, at the end
//
// A finding leaves here without id, model and time: the monitor adds them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/json.h"
#include "spec/measurements.h"
#include "spec/sandbox_report.h"
#include "spec/verdict.h"

namespace belljar::monitor {

std::optional<spec::Finding> detect(const spec::Violation& violation);

// `object` is the message where it parsed as one, null otherwise. An object that speaks as a harness would ("verdict",
// "exit") is a forged verdict: nothing on a model's output is ever taken for one.
spec::Finding detect(const spec::StrayMessage& stray, const codec::Json* object);

std::vector<spec::Finding> detect(const spec::SandboxReport& report);

}  // namespace belljar::monitor
