// CallDesk: where questions lie that a model asks others while it works on one of its own: an agent's calls of a
// language model or a tool. The driver takes each as a message from that model, caused by the question it works on, and
// puts the reply back.
//
//   LiveCalls desk;                                                // the gateway's side, any thread
//   desk.put("agent", "lm", body, [](CallReply reply) { ... });    // later, once, from the driver's thread
//   while (auto call = desk.take("agent")) ... desk.reply(call->id, ...);   // the driver's side, its thread alone
//
// At most kCallsMax calls wait or are under way; further ones are answered at once as failed. What is still open when
// the desk closes is answered as failed. Bodies are untrusted and bounded by whoever puts them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "codec/json.h"
#include "os/bell.h"

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
  virtual void reply(std::uint64_t id, CallReply reply) = 0;
};

class LiveCalls final : public CallDesk {
 public:
  static constexpr std::size_t kCallsMax = 256;
  using Done = std::function<void(CallReply)>;

  static Result<std::unique_ptr<LiveCalls>> make();
  ~LiveCalls() override { close(); }

  void put(std::string from, std::string to, codec::Json body, Done done);
  void close();  // the run is over: nothing is taken any more

  int fd() const override { return bell_.fd(); }
  std::optional<Call> take(const std::string& from, const std::string& question) override;
  std::optional<Call> take() override;
  void reply(std::uint64_t id, CallReply reply) override;

 private:
  explicit LiveCalls(os::Bell bell) : bell_{std::move(bell)} {}
  std::optional<Call> take_if(const std::function<bool(const Call&)>& wanted);

  os::Bell bell_;
  std::mutex mutex_;
  std::deque<Call> waiting_;
  std::map<std::uint64_t, Done> open_;
  std::uint64_t next_ = 1;
  bool closed_ = false;
};

}  // namespace belljar::scenario
