// CallQueue: what sandboxes ask of other models and tools of the run, on its way from the gateway's thread to whoever
// drives the run, and back.
//
//   std::uint64_t number = queue->add("agent", "brain", request, [](const CallEnd& end) { ... });   // gateway's thread
//   poll(queue->poll_fd()); for (Call& call : queue->take()) ...                                   // the driver's
//   std::optional<std::string> refused = queue->answer(call.number, body);   // what the far end may not say, if so
//   queue->fail(call.number, 403, "policy", "...");
//
// At most kCallsMax calls wait for their ends; past it add() gives 0 and nothing is called. Each call ends at most
// once; one that has not when the queue goes is dropped, its connection reset. Any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "codec/json.h"
#include "os/sockets.h"

namespace belljar::boundary {

struct Call {
  std::uint64_t number = 0;  // from 1, in the order they came
  std::string subject;       // the sandbox that asks
  std::string to;            // the model or tool server
  codec::Json request;       // an object without "id"
};

struct CallEnd {
  std::uint64_t number = 0;
  const codec::Json* answer = nullptr;  // null: failed
  int status = 0;                       // of a failure, as HTTP has it
  std::string_view code;
  std::string_view message;
};

class CallQueue {
 public:
  static constexpr std::size_t kCallsMax = 256;
  // Says what it refused to hand on, which is the far end's fault; nothing when all is well.
  using Done = std::function<std::optional<std::string>(const CallEnd& end)>;

  static Result<std::shared_ptr<CallQueue>> make();

  std::uint64_t add(std::string subject, std::string to, codec::Json request, Done done);

  int poll_fd() const { return signal_.fd(); }  // readable while there are calls to take
  std::vector<Call> take();
  std::optional<std::string> answer(std::uint64_t number, const codec::Json& body);
  void fail(std::uint64_t number, int status, std::string_view code, std::string_view message);

 private:
  explicit CallQueue(os::Signal signal) : signal_{std::move(signal)} {}
  Done take_done(std::uint64_t number);

  os::Signal signal_;
  std::mutex mutex_;
  std::vector<Call> calls_;
  std::map<std::uint64_t, Done> waiting_;
  std::uint64_t last_ = 0;
};

}  // namespace belljar::boundary
