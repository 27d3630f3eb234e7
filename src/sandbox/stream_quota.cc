#include "sandbox/stream_quota.h"

#include <algorithm>

#include "os/poll.h"

namespace belljar::sandbox {

StreamRead read_within(os::Fd& pipe, std::span<char> buffer, std::uint64_t quota, spec::StreamBytes& bytes) {
  if (!pipe) return StreamRead{{0, true}};
  const os::Taken taken = os::read_ready(pipe.get(), buffer);
  if (taken.closed) {
    pipe.reset();
    return StreamRead{{0, true}};
  }
  const auto seen = static_cast<std::uint64_t>(taken.bytes);
  const std::uint64_t kept = std::min(seen, quota - std::min(quota, bytes.kept));
  const bool cut_begins = kept < seen && bytes.kept == bytes.seen;
  bytes.seen += seen;
  bytes.kept += kept;
  return StreamRead{{static_cast<std::size_t>(kept), false}, cut_begins};
}

spec::Violation output_cut(Stream stream) {
  spec::Violation cut;
  cut.layer = "quota";
  cut.rule = "output";
  cut.call = "write";
  cut.arguments = stream == Stream::out ? "stdout" : "stderr";
  cut.answer = "cut";
  return cut;
}

}  // namespace belljar::sandbox
