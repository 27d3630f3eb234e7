// ServerEvents: the data of server-sent events (text/event-stream), out of bytes in pieces of any size.
//
//   ServerEvents events{1 << 20};
//   TRY(events.feed(bytes, [&](std::string_view data) { ... }));    // "{...}", "[DONE]"
//
// Names, ids and retry times of events are read over, comments too; an event without data is none. What is unfinished
// at the end of the stream is no event. Memory is bounded by bytes_max; a longer event is Errc::corrupt. HTML Living
// Standard, 9.2.6. Pure; one thread at a time; the sink must not call the reader.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar::codec {

class ServerEvents {
 public:
  using Sink = std::function<void(std::string_view data)>;

  explicit ServerEvents(std::size_t bytes_max) : bytes_max_{bytes_max} {}

  Result<void> feed(std::string_view bytes, const Sink& sink);

 private:
  void end_line(const Sink& sink);

  std::size_t bytes_max_;
  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_return_ = false;  // a CR ended the last line, so that a LF right now ends nothing
};

}  // namespace belljar::codec
