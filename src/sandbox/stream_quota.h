// What a program may write to one of its streams: read from the pipe, counted exactly, cut at the quota.
//
// Any thread, one pipe at a time.
#pragma once

#include <cstdint>
#include <span>

#include "os/fd.h"
#include "sandbox/engine.h"
#include "spec/sandbox_report.h"

namespace belljar::sandbox {

struct StreamRead {
  OutputChunk chunk;
  bool cut_begins = false;  // these are the first bytes beyond the quota
};

// Of a non-blocking pipe, which is closed at its end.
StreamRead read_within(os::Fd& pipe, std::span<char> buffer, std::uint64_t quota, spec::StreamBytes& bytes);

// What the record says of it.
spec::Violation output_cut(Stream stream);

}  // namespace belljar::sandbox
