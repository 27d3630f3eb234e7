// What a pool and its guests say to each other over a local stream: frames of a kind and some words, any bytes each.
//
//   std::string bytes = encode_frame({FrameKind::signal, {"15"}});
//   FrameReader reader;
//   reader.feed(bytes);
//   while (std::optional<Frame> frame = TRY(reader.next())) ...
//
// Both ends are the same build (likeness.h), so numbers are the machine's own. A frame past kFrameBytesMax, or whose
// words do not add up, is Errc::corrupt, and the stream with it. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belljar::sandbox {

enum class FrameKind : std::uint32_t {
  start = 1,  // guest: likeness, spec, "1" for proof, directory, how many words argv has, argv, environment
  signal,     // guest: its number
  kill,       // guest: why
  started,    // pool: with the descriptors of stdin, stdout, stderr
  refused,    // pool: why; nothing was started
  ended,      // pool: the report as JSON
  failed,     // pool: started, but how it ended could not be told, and why
  last = failed
};

struct Frame {
  FrameKind kind{};
  std::vector<std::string> words;
};

inline constexpr std::size_t kFrameBytesMax = 8U << 20;  // a report of a sandbox with thousands of refusals

std::string encode_frame(const Frame& frame);

class FrameReader {
 public:
  void feed(std::string_view bytes) { held_.append(bytes); }
  // Nothing: the next frame is not whole yet.
  Result<std::optional<Frame>> next();

 private:
  std::string held_;
};

}  // namespace belljar::sandbox
