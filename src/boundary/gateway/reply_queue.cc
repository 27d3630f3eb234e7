#include "boundary/gateway/reply_queue.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace belljar::boundary {

void Mailbox::post(std::function<void()> work) {
  const std::lock_guard held{lock_};
  if (context_) asio::post(*context_, std::move(work));
}

void Mailbox::close() {
  const std::lock_guard held{lock_};
  context_.reset();
}

void ReplyQueue::put(ReplyPart part) {
  parts_.push_back(std::move(part));
  ready_.cancel();
}

awaitable<ReplyPart> ReplyQueue::next(Milliseconds at_most) {
  const SteadyTime until = std::chrono::steady_clock::now() + at_most;
  while (parts_.empty()) {
    if (std::chrono::steady_clock::now() >= until) {
      ReplyPart late;
      late.kind = ReplyPart::Kind::overdue;
      co_return late;
    }
    ready_.expires_at(until);
    (void)co_await ready_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  ReplyPart part = std::move(parts_.front());
  parts_.pop_front();
  co_return part;
}

ReplyHandle::~ReplyHandle() { reset(); }

void ReplyHandle::put(ReplyPart part) {
  const std::lock_guard held{lock_};
  if (over_) return;
  over_ = part.kind == ReplyPart::Kind::end || part.kind == ReplyPart::Kind::reset;
  mailbox_->post([to = queue_, moved = std::make_shared<ReplyPart>(std::move(part))] {
    if (const std::shared_ptr<ReplyQueue> queue = to.lock()) queue->put(std::move(*moved));
  });
}

void ReplyHandle::wait(std::int64_t ns) {
  ReplyPart part;
  part.kind = ReplyPart::Kind::wait;
  part.wait_ns = ns;
  put(std::move(part));
}

void ReplyHandle::head(int status, Headers headers) {
  ReplyPart part;
  part.kind = ReplyPart::Kind::head;
  part.status = status;
  part.headers = std::move(headers);
  put(std::move(part));
}

void ReplyHandle::body(std::string_view bytes) {
  ReplyPart part;
  part.kind = ReplyPart::Kind::body;
  part.bytes = bytes;
  put(std::move(part));
}

void ReplyHandle::end() {
  ReplyPart part;
  part.kind = ReplyPart::Kind::end;
  put(std::move(part));
}

void ReplyHandle::ring(std::string_view decoy) {
  ReplyPart part;
  part.kind = ReplyPart::Kind::ring;
  part.bytes = decoy;
  put(std::move(part));
}

void ReplyHandle::reset() {
  ReplyPart part;
  part.kind = ReplyPart::Kind::reset;
  put(std::move(part));
}

}  // namespace belljar::boundary
