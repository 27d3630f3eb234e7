#include "scenario/call_desk.h"

#include <algorithm>

namespace belljar::scenario {

Result<std::unique_ptr<LiveCalls>> LiveCalls::make() {
  return std::unique_ptr<LiveCalls>{new LiveCalls{TRY(os::Bell::make())}};
}

void LiveCalls::put(std::string from, std::string to, codec::Json body, Done done) {
  {
    const std::scoped_lock lock{mutex_};
    if (!closed_ && open_.size() < kCallsMax) {
      const std::uint64_t id = next_++;
      waiting_.push_back({id, std::move(from), std::move(to), std::move(body)});
      open_.emplace(id, std::move(done));
      bell_.ring();
      return;
    }
  }
  done({CallReply::Kind::failed, {}, "calls", "no call is taken now: too many are under way, or the run is over"});
}

std::optional<Call> LiveCalls::take_if(const std::function<bool(const Call&)>& wanted) {
  const std::scoped_lock lock{mutex_};
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), wanted);
  if (found == waiting_.end()) return std::nullopt;
  Call call = std::move(*found);
  waiting_.erase(found);
  if (waiting_.empty()) bell_.silence();
  return call;
}

std::optional<Call> LiveCalls::take(const std::string& from, const std::string& /*question*/) {
  return take_if([&](const Call& call) { return call.from == from; });
}

std::optional<Call> LiveCalls::take() {
  return take_if([](const Call&) { return true; });
}

// The reply runs outside the lock: it may put the next call.
void LiveCalls::reply(std::uint64_t id, CallReply reply) {
  Done done;
  {
    const std::scoped_lock lock{mutex_};
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    done = std::move(found->second);
    open_.erase(found);
  }
  done(std::move(reply));
}

void LiveCalls::close() {
  std::map<std::uint64_t, Done> open;
  {
    const std::scoped_lock lock{mutex_};
    closed_ = true;
    waiting_.clear();
    open.swap(open_);
  }
  for (auto& [id, done] : open) done({CallReply::Kind::failed, {}, "calls", "the run is over"});
}

}  // namespace belljar::scenario
