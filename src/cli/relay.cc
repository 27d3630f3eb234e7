#include "cli/relay.h"

#include <unistd.h>

#include <algorithm>

#include "os/file.h"

namespace belljar::cli {

Result<void> Relay::run() {
  while (!sandbox_.ended()) TRY(turn());
  // What the program wrote before its end is in the pipes.
  for (const sandbox::Stream stream : {sandbox::Stream::out, sandbox::Stream::error}) {
    while (sandbox_.output_fd(stream) >= 0 && TRY(copy_output(stream))) {
    }
  }
  return {};
}

Result<void> Relay::turn() {
  poll_.clear();
  for (const Source& source : sources_) poll_.add(source.fd, os::Interest::read);
  poll_.add(signals_.fd(), os::Interest::read);
  poll_.add(sandbox_.output_fd(sandbox::Stream::out), os::Interest::read);
  poll_.add(sandbox_.output_fd(sandbox::Stream::error), os::Interest::read);
  if (sandbox_.input_fd() >= 0 && waiting_.empty()) poll_.add(STDIN_FILENO, os::Interest::read);
  if (sandbox_.input_fd() >= 0 && !waiting_.empty()) poll_.add(sandbox_.input_fd(), os::Interest::write);
  TRY(poll_.wait(TRY(pause_left())));
  for (const Source& source : sources_) {
    if (poll_.ready(source.fd)) TRY(source.act());
  }
  if (poll_.ready(signals_.fd())) {
    // What stands still hears nothing.
    TRY(sandbox_.thaw());
    if (const std::optional<int> number = signals_.take()) sandbox_.signal(*number);
  }
  for (const sandbox::Stream stream : {sandbox::Stream::out, sandbox::Stream::error}) {
    if (poll_.ready(sandbox_.output_fd(stream))) (void)TRY(copy_output(stream));
  }
  return copy_input();
}

Result<void> Relay::pause(Nanoseconds how_long) {
  TRY(sandbox_.freeze());
  resume_at_ = std::max(resume_at_.value_or(Nanoseconds{0}), clock_.monotonic() + how_long);
  return {};
}

// How long to wait at most; lets the program go on when its pause is over.
Result<std::chrono::milliseconds> Relay::pause_left() {
  constexpr std::chrono::milliseconds kNap{10'000};
  if (!resume_at_) return kNap;
  const Nanoseconds now = clock_.monotonic();
  if (now < *resume_at_) return std::min(kNap, std::chrono::ceil<std::chrono::milliseconds>(*resume_at_ - now));
  resume_at_.reset();
  TRY(sandbox_.thaw());
  return kNap;
}

Result<void> Relay::copy_input() {
  if (sandbox_.input_fd() < 0) return {};
  if (waiting_.empty() && poll_.ready(STDIN_FILENO)) {
    const os::Taken taken = os::read_ready(STDIN_FILENO, {buffer_.get(), kBufferBytes});
    waiting_.assign(buffer_.get(), taken.bytes);
    if (taken.closed) sandbox_.close_input();
  }
  if (waiting_.empty() || sandbox_.input_fd() < 0) return {};
  const os::Written written = TRY(os::write_some(sandbox_.input_fd(), waiting_));
  waiting_.erase(0, written.bytes);
  if (written.closed) {
    waiting_.clear();
    sandbox_.close_input();
  }
  return {};
}

// False when there is nothing more to take now.
Result<bool> Relay::copy_output(sandbox::Stream stream) {
  const sandbox::OutputChunk chunk = TRY(sandbox_.read_output(stream, {buffer_.get(), kBufferBytes}));
  const int to = stream == sandbox::Stream::out ? STDOUT_FILENO : STDERR_FILENO;
  if (chunk.bytes > 0) {
    // A reader that went away ends us as it would have ended the program.
    TRY(os::write_all(to, {buffer_.get(), chunk.bytes}, "our output"));
  }
  return chunk.bytes > 0 && !chunk.end;
}

}  // namespace belljar::cli
