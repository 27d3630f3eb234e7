// Two runs as they come out of `drive`, for tests and for looking at reports: an honest classifier and one with a
// Trojan. Only tests use it; equal calls give equal values.
#pragma once

#include <string>

#include "govern/record.h"

namespace belljar::govern::fixtures {

// 190 cases, 6 of them wrong; every gate holds.
RunRecord passing_run();
// The same model with a Trojan: refused calls, a forged verdict, a canary read, containment after case 120.
RunRecord trojan_run();
// The passing run with hostile text wherever a sandbox can put any.
RunRecord hostile_run();

// The passing run as a composition: models in a growing loop, a vote, a fault; `second` names one of them.
RunRecord composed_run(const std::string& second = "b");

// The texts of hostile_run(): markup, comment and CDATA ends, controls, escapes, direction overrides, ill-formed UTF-8.
std::string hostile_text();

}  // namespace belljar::govern::fixtures
