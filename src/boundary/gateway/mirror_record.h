// Recording a mirror: fetches pages of the real world through a gateway of its own, which resolves, pins, checks and
// dials them as it does for a sandbox, and keeps what came.
//
//   MirrorRecording recording = TRY(record_mirror({"https://docs.example.com/guide"}, {}));
//   TRY(write_mirror("mirrors/docs", recording.entries));
//   for (const std::string& line : recording.missed) ...        // what was not recorded, and why
//
// The hosts of the URLs, ports 80 and 443, methods GET alone; a redirect is followed kRedirectsMax times, each hop
// checked anew, and one that leads to a host nobody named is recorded as the redirect it is and not followed. A host
// whose address is private, loopback or the like is not dialled. Bodies of more than kBodyMax are missed. Blocking; one
// request after the other; the gateway's deadlines end what hangs. The error: the gateway cannot be started, or a URL
// is none (Errc::invalid_argument).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "boundary/gateway.h"
#include "boundary/mirror.h"

namespace belljar::boundary {

constexpr int kRedirectsMax = 5;
constexpr std::size_t kRecordUrlsMax = 10'000;
constexpr std::uint64_t kRecordBodyMax = 64ULL << 20;

struct MirrorRecording {
  std::vector<MirrorEntry> entries;
  std::vector<std::string> missed;  // printable lines "URL: why"
};

Result<MirrorRecording> record_mirror(const std::vector<std::string>& urls, const GatewaySetup& setup);

}  // namespace belljar::boundary
