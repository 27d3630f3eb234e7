// RecordedCalls: the desk of a replay. What a model asked others while it worked on a question is asked again, in the
// order of the record, each after the reply to the one before; the model itself is absent.
//
//   RecordedCalls desk{recording, [&](const std::string& model) { return !is_alive(model); }};
//
// Calls of a model that is alive are its own: none are made up for it. One thread; the recording is borrowed.
#pragma once

#include <functional>
#include <utility>

#include "scenario/call_desk.h"
#include "scenario/recording.h"

namespace belljar::scenario {

class RecordedCalls final : public CallDesk {
 public:
  RecordedCalls(Recording& recording, std::function<bool(const std::string&)> absent)
      : recording_{recording}, absent_{std::move(absent)} {}

  int fd() const override { return -1; }
  bool by_question() const override { return true; }
  std::optional<Call> take(const std::string& from, const std::string& question) override {
    if (!absent_(from)) return std::nullopt;
    std::deque<Call>& calls = recording_.calls(from, question);
    if (calls.empty()) return std::nullopt;
    Call call = std::move(calls.front());
    calls.pop_front();
    return call;
  }
  std::optional<Call> take() override { return std::nullopt; }
  void reply(std::uint64_t, CallReply) override {}

 private:
  Recording& recording_;
  std::function<bool(const std::string&)> absent_;
};

}  // namespace belljar::scenario
