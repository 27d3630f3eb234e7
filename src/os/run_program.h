// run_program(): a trusted host tool (mmdebstrap, apt-config), run to its end with its output captured.
//
//   ProgramOutput got = TRY(run_program({"apt-config", "dump"}, {}));
//
// argv[0] is looked up in PATH; a missing tool is Errc::unavailable. Single-threaded callers only.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"

namespace belljar::os {

struct ProgramOptions {
  std::string input = {};
  std::chrono::milliseconds timeout{60'000};
  std::size_t output_bytes_max = 16U << 20;
  bool inherit_error = false;  // stderr to ours, for long work a person watches
};

struct ProgramOutput {
  int exit_code = 0;  // 128+n when ended by a signal
  std::string output;
  std::string error;
};

Result<ProgramOutput> run_program(const std::vector<std::string>& argv, const ProgramOptions& options);

}  // namespace belljar::os
