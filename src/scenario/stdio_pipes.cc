#include "scenario/stdio_pipes.h"

#include <array>

#include "base/text.h"

namespace belljar::scenario {

void StdioPipes::queue(std::string_view line) {
  if (!input_open_) return;
  to_write_ += line;
  to_write_ += '\n';
}

void StdioPipes::close_input() {
  if (!input_open_) return;
  input_open_ = false;
  to_write_.clear();
  sandbox_.close_input();
}

void StdioPipes::watch(os::PollSet& set) const {
  if (output_open_ && heard_.size() < kHeardMax) set.add(sandbox_.output_fd(sandbox::Stream::out), os::Interest::read);
  if (error_open_) set.add(sandbox_.output_fd(sandbox::Stream::error), os::Interest::read);
  if (input_open_ && !to_write_.empty()) set.add(sandbox_.input_fd(), os::Interest::write);
}

Result<void> StdioPipes::read_output() {
  if (heard_.size() >= kHeardMax) return {};
  std::array<char, kHeardMax> buffer{};
  const std::size_t room = kHeardMax - heard_.size();
  const auto chunk = TRY(sandbox_.read_output(sandbox::Stream::out, std::span{buffer}.first(room)));
  heard_.append(buffer.data(), chunk.bytes);
  output_kept_ += chunk.bytes;
  if (chunk.end) output_open_ = false;
  return {};
}

Result<void> StdioPipes::read_error() {
  std::array<char, kHeardMax> buffer{};
  const auto chunk = TRY(sandbox_.read_output(sandbox::Stream::error, buffer));
  if (chunk.bytes > 0) TRY(log_.take({buffer.data(), chunk.bytes}));
  if (chunk.end) error_open_ = false;
  return {};
}

Result<void> StdioPipes::flush() {
  if (!input_open_ || to_write_.empty()) return {};
  const os::Written written = TRY(os::write_some(sandbox_.input_fd(), to_write_));
  to_write_.erase(0, written.bytes);
  // A model that closed its stdin is told nothing more; its deadlines say the rest.
  if (written.closed) close_input();
  return {};
}

Result<void> StdioPipes::move(const os::PollSet& set) {
  if (output_open_ && set.ready(sandbox_.output_fd(sandbox::Stream::out))) TRY(read_output());
  if (error_open_ && set.ready(sandbox_.output_fd(sandbox::Stream::error))) TRY(read_error());
  return flush();
}

Result<void> StdioPipes::drain() {
  if (output_open_) TRY(read_output());
  if (error_open_) TRY(read_error());
  return {};
}

std::string StdioPipes::mute_reason() const {
  if (!output_open_) return "it closed its output";
  return "its output quota of " + human_bytes(output_bytes_max_) + " is used up";
}

}  // namespace belljar::scenario
