// CallDesk: where questions lie that a model asks others while it works on one of its own: an agent's calls of a
// language model. The driver takes each as a message from that model, caused by the question it works on, and puts the
// reply back.
//
//   QueuedCalls desk{queue};                                       // what comes through the gateway
//   while (auto call = desk.take("agent", question)) ... desk.reply(call->id, ...);
//
// Bodies are untrusted and bounded by whoever makes them. The driver's thread alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "boundary/call_queue.h"
#include "codec/json.h"

namespace belljar::scenario {

struct Call {
  std::uint64_t id = 0;
  std::string from;
  std::string to;
  codec::Json body;  // an object; without "id"
};

struct CallReply {
  enum class Kind {
    answer,  // body: what the model answered, with its "id"
    failed,  // refused by the exchange, or the model failed: why
  };
  Kind kind = Kind::failed;
  codec::Json body;
  std::string rule;  // failed: which rule refused it; empty: none did
  std::string why;   // failed: for people
};

class CallDesk {
 public:
  virtual ~CallDesk() = default;
  virtual int fd() const = 0;  // readable when take() has something new; -1: there is nothing to wait for
  // The next call of that model, while it works on the question of that id; or of any model.
  virtual std::optional<Call> take(const std::string& from, const std::string& question) = 0;
  virtual std::optional<Call> take() = 0;
  // Calls come when they are asked for by question, as under the logical clock, whatever the run's clock is.
  virtual bool by_question() const { return false; }
  // What the answering model may not say, where it said that; nothing when all is well.
  virtual std::optional<std::string> reply(std::uint64_t id, const CallReply& reply) = 0;
};

class QueuedCalls final : public CallDesk {
 public:
  explicit QueuedCalls(std::shared_ptr<boundary::CallQueue> queue) : queue_{std::move(queue)} {}

  int fd() const override { return queue_->poll_fd(); }
  std::optional<Call> take(const std::string& from, const std::string& /*question*/) override {
    fetch();
    return take_at(std::find_if(waiting_.begin(), waiting_.end(), [&](const Call& call) { return call.from == from; }));
  }
  std::optional<Call> take() override {
    fetch();
    return take_at(waiting_.begin());
  }
  std::optional<std::string> reply(std::uint64_t id, const CallReply& reply) override {
    if (reply.kind == CallReply::Kind::answer) return queue_->answer(id, reply.body);
    constexpr int kRefused = 403;
    constexpr int kFailed = 502;
    queue_->fail(id, reply.rule.empty() ? kFailed : kRefused, reply.rule.empty() ? "model_failed" : reply.rule,
                 reply.why);
    return std::nullopt;
  }

 private:
  void fetch() {
    for (boundary::Call& call : queue_->take()) {
      waiting_.push_back({call.number, std::move(call.subject), std::move(call.to), std::move(call.request)});
    }
  }
  std::optional<Call> take_at(std::deque<Call>::iterator at) {
    if (at == waiting_.end()) return std::nullopt;
    std::optional<Call> call{std::move(*at)};
    waiting_.erase(at);
    return call;
  }

  std::shared_ptr<boundary::CallQueue> queue_;
  std::deque<Call> waiting_;
};

}  // namespace belljar::scenario
