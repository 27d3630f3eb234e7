#include "scenario/http_line.h"

#include <array>

#include "base/check.h"

namespace belljar::scenario {

namespace {

constexpr std::size_t kReadMax = 64U << 10;

// Whether nothing has come and the other side is there. What came before a request was sent is no answer to it.
bool is_quiet(int fd) {
  std::array<char, 1> byte{};
  const os::Taken taken = os::read_ready(fd, byte);
  return taken.bytes == 0 && !taken.closed;
}

}  // namespace

void HttpLine::send(std::string request, codec::HttpLimits limits) {
  CHECK(state_ == State::idle, "one request at a time on a line");
  request_ = std::move(request);
  limits_ = limits;
  kept_ = fd_ >= 0;
  if (kept_ && !is_quiet(fd_)) {
    fd_ = -1;
    kept_ = false;
  }
  begin();
}

void HttpLine::begin() {
  written_ = 0;
  heard_ = false;
  failure_.clear();
  reader_.emplace(limits_);
  state_ = State::busy;
  if (fd_ < 0) {
    const Result<int> connected = connect_(line_);
    if (!connected) {
      state_ = State::refused;
      failure_ = connected.error().message();
      return;
    }
    fd_ = connected.value();
  }
  write();
}

void HttpLine::watch(os::PollSet& set) const {
  if (fd_ < 0 || state_ != State::busy) return;
  set.add(fd_, os::Interest::read);
  if (written_ < request_.size()) set.add(fd_, os::Interest::write);
}

void HttpLine::move(const os::PollSet& set) {
  if (state_ != State::busy || !set.ready(fd_)) return;
  if (written_ < request_.size()) write();
  if (state_ == State::busy) read();
}

void HttpLine::write() {
  const Result<os::Written> written = os::write_some(fd_, std::string_view{request_}.substr(written_));
  if (!written || written.value().closed) {
    lose("the server closed the connection before it had the request");
    return;
  }
  written_ += written.value().bytes;
}

void HttpLine::read() {
  std::array<char, kReadMax> buffer{};
  const os::Taken taken = os::read_ready(fd_, buffer);
  if (taken.bytes > 0) {
    heard_ = true;
    if (const Result<void> fed = reader_->feed({buffer.data(), taken.bytes}); !fed) {
      lose(fed.error().message());
      return;
    }
  }
  if (taken.closed) {
    fd_ = -1;
    if (!heard_) {
      lose("the server closed the connection without an answer");
      return;
    }
    if (const Result<void> ended = reader_->closed(); !ended) {
      lose(ended.error().message());
      return;
    }
  }
  if (reader_->done()) state_ = State::done;
}

void HttpLine::lose(std::string why) {
  fd_ = -1;
  if (std::exchange(kept_, false) && !heard_) {
    begin();
    return;
  }
  state_ = State::broken;
  failure_ = std::move(why);
}

void HttpLine::settle() {
  CHECK(state_ != State::busy, "a line settles when its request is over");
  const bool whole = state_ == State::done && reader_->keep_alive() && written_ == request_.size();
  if (!whole) fd_ = -1;  // the next send connects anew, which hangs up what is open
  request_.clear();
  state_ = State::idle;
}

void HttpLine::hang_up() {
  if (fd_ >= 0) {
    const Result<int> again = connect_(line_);
    fd_ = again ? again.value() : -1;
  }
  request_.clear();
  state_ = State::idle;
}

}  // namespace belljar::scenario
