// FrameReader: cuts the hostile bytes of a model's stdout into frames, one JSON object per line.
//
//   FrameReader reader{{.bytes_max = 1 << 20, .depth_max = 32}};
//   reader.feed(bytes, [&](const Frame& frame) { ... });     // as bytes come, in any pieces
//   reader.finish(sink);                                      // the stream ended: what is left is the last line
//
// Memory is bounded by bytes_max whatever comes: a longer line is one `too_large` frame, told the moment it is too
// long, and everything up to its newline is dropped. Blank lines are nothing. How the bytes are cut into pieces never
// changes the frames. Pure; one thread at a time. The sink must not call the reader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "codec/json.h"

namespace belljar::scenario {

enum class FrameKind { object, not_json, not_utf8, too_large, too_deep };

std::string_view frame_kind_name(FrameKind kind);  // "not-json"

struct Frame {
  FrameKind kind = FrameKind::object;
  codec::Json object;     // kind object
  std::string_view text;  // the line; of `too_large` only its beginning. Valid during the call.
};

struct FrameLimits {
  std::size_t bytes_max = 1U << 20;
  std::size_t depth_max = 32;
};

class FrameReader {
 public:
  using Sink = std::function<void(Frame)>;

  explicit FrameReader(FrameLimits limits) : limits_{limits} {}

  void feed(std::string_view bytes, const Sink& sink);
  void finish(const Sink& sink);

  std::size_t buffered() const { return line_.size(); }

 private:
  void take(std::string_view part, const Sink& sink);
  void end_line(const Sink& sink);

  FrameLimits limits_;
  std::string line_;
  bool skipping_ = false;  // inside a line that was told as too large
};

// One line, already whole. Pure.
Frame read_frame(std::string_view line, FrameLimits limits);

}  // namespace belljar::scenario
