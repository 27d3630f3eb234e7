// ReplyQueue: a Reply that a service fills from any thread and a coroutine of the gateway's thread empties.
//
//   auto queue = std::make_shared<ReplyQueue>(mailbox->context());
//   service.answer(ask, std::make_shared<ReplyHandle>(mailbox, queue));
//   while (true) { ReplyPart part = co_await queue->next(deadline); ... }
//
// The Mailbox outlives the gateway for whoever answers late: then nothing happens. Whoever answers owns neither the
// queue nor the context: a service that never answers belongs to what waits for it, and would keep the whole gateway
// for good.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "boundary/gateway/wire.h"
#include "boundary/service.h"

namespace belljar::boundary {

// The way to the gateway's thread, shared with every reply under way.
class Mailbox {
 public:
  explicit Mailbox(std::shared_ptr<asio::io_context> context) : context_{std::move(context)} {}
  void post(std::function<void()> work);
  void close();                                      // once the gateway's thread is over; lets go of the context
  asio::io_context& context() { return *context_; }  // the gateway's thread

 private:
  std::mutex lock_;
  std::shared_ptr<asio::io_context> context_;  // null once closed
};

struct ReplyPart {
  enum class Kind : std::uint8_t { wait, head, body, end, reset, ring, overdue };
  Kind kind = Kind::reset;
  std::int64_t wait_ns = 0;
  int status = 0;
  Headers headers;
  std::string bytes;
};

class ReplyQueue {
 public:
  explicit ReplyQueue(asio::io_context& context) : ready_{context} {}
  void put(ReplyPart part);  // the gateway's thread
  awaitable<ReplyPart> next(Milliseconds at_most);

 private:
  std::deque<ReplyPart> parts_;
  asio::steady_timer ready_;
};

class ReplyHandle final : public Reply {
 public:
  ReplyHandle(std::shared_ptr<Mailbox> mailbox, std::weak_ptr<ReplyQueue> queue)
      : mailbox_{std::move(mailbox)}, queue_{std::move(queue)} {}
  ~ReplyHandle() override;
  ReplyHandle(const ReplyHandle&) = delete;
  ReplyHandle& operator=(const ReplyHandle&) = delete;

  void wait(std::int64_t ns) override;
  void head(int status, Headers headers) override;
  void body(std::string_view bytes) override;
  void end() override;
  void reset() override;
  void ring(std::string_view decoy) override;

 private:
  void put(ReplyPart part);

  std::mutex lock_;
  bool over_ = false;
  std::shared_ptr<Mailbox> mailbox_;
  std::weak_ptr<ReplyQueue> queue_;  // of the coroutine that waits; locked on the gateway's thread alone
};

}  // namespace belljar::boundary
