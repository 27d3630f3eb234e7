#include "boundary/call_queue.h"

#include <utility>

namespace belljar::boundary {

Result<std::shared_ptr<CallQueue>> CallQueue::make() {
  return std::shared_ptr<CallQueue>{new CallQueue{TRY(os::Signal::make())}};
}

std::uint64_t CallQueue::add(std::string subject, std::string to, codec::Json request, Done done) {
  const std::lock_guard lock{mutex_};
  if (waiting_.size() >= kCallsMax) return 0;
  const std::uint64_t number = ++last_;
  calls_.push_back({number, std::move(subject), std::move(to), std::move(request)});
  waiting_.emplace(number, std::move(done));
  signal_.raise();
  return number;
}

std::vector<Call> CallQueue::take() {
  const std::lock_guard lock{mutex_};
  signal_.clear();
  return std::exchange(calls_, {});
}

CallQueue::Done CallQueue::take_done(std::uint64_t number) {
  const std::lock_guard lock{mutex_};
  auto node = waiting_.extract(number);
  return node.empty() ? Done{} : std::move(node.mapped());
}

std::optional<std::string> CallQueue::answer(std::uint64_t number, const codec::Json& body) {
  const Done done = take_done(number);
  if (!done) return std::nullopt;
  CallEnd end;
  end.number = number;
  end.answer = &body;
  return done(end);
}

void CallQueue::fail(std::uint64_t number, int status, std::string_view code, std::string_view message) {
  if (const Done done = take_done(number)) done({number, nullptr, status, code, message});
}

}  // namespace belljar::boundary
