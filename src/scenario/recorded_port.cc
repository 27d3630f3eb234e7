#include "scenario/recorded_port.h"

#include <deque>
#include <unordered_map>

#include "base/text.h"
#include "scenario/flow.h"

namespace belljar::scenario {

namespace {

using codec::Json;

constexpr std::size_t kShownMax = 400;

Arrival arrival_of(const RecordedReply& reply, std::uint64_t number, std::string_view id) {
  Arrival arrival;
  arrival.number = number;
  if (reply.kind == RecordedReply::Kind::lost) {
    arrival.kind = Arrival::Kind::lost;
    arrival.end = reply.end;
    arrival.text = reply.why;
    arrival.final = reply.final;
    return arrival;
  }
  arrival.kind = reply.kind == RecordedReply::Kind::answer ? Arrival::Kind::answer : Arrival::Kind::failure;
  auto body = codec::parse_json(reply.text);
  if (body) arrival.body = std::move(body).value();
  if (arrival.body.find("id") != nullptr) arrival.body.set("id", id);
  arrival.text = reply.text;
  arrival.usage = {reply.tokens - reply.said, reply.said, true};
  return arrival;
}

std::string said(const Json& body) { return codec::canonical_json(without_id(body)); }

class RecordedPort final : public Port {
 public:
  RecordedPort(std::string model, RecordedUse use, Recording& recording, std::unique_ptr<Port> live,
               std::optional<Difference>& difference)
      : model_{std::move(model)}, use_{use}, recording_{recording}, live_{std::move(live)}, difference_{difference} {}

  Result<void> open() override { return live_ ? live_->open() : Result<void>{}; }
  void ask(const Question& question) override;
  void give_up(std::uint64_t number) override {
    pending_.erase(number);
    if (live_) live_->give_up(number);
  }
  void close_input() override {
    if (live_) live_->close_input();
  }
  void watch(os::PollSet& set) const override {
    if (live_) live_->watch(set);
  }
  std::optional<Nanoseconds> wake_at() const override {
    if (!arrived_.empty() || failed_) return Nanoseconds{0};
    return live_ ? live_->wake_at() : std::nullopt;
  }
  Result<void> move(const os::PollSet& set) override {
    if (failed_) return *failed_;
    return live_ ? live_->move(set) : Result<void>{};
  }
  std::optional<Arrival> next() override;
  Result<void> drain() override { return live_ ? live_->drain() : Result<void>{}; }
  bool drained() const override { return live_ == nullptr || live_->drained(); }
  Result<void> finish() override { return live_ ? live_->finish() : Result<void>{}; }
  bool mute() const override { return live_ != nullptr && live_->mute(); }
  std::string mute_reason() const override { return live_ ? live_->mute_reason() : std::string{}; }
  std::string log_tail() const override { return live_ ? live_->log_tail() : std::string{}; }

 private:
  struct Pending {
    const RecordedReply* reply = nullptr;
    std::string id;
    std::string request;
  };
  void compare(const Pending& pending, const Arrival& live);

  std::string model_;
  RecordedUse use_;
  Recording& recording_;
  std::unique_ptr<Port> live_;
  std::optional<Difference>& difference_;
  std::unordered_map<std::uint64_t, Pending> pending_;
  std::deque<Arrival> arrived_;
  std::optional<Error> failed_;
};

void RecordedPort::ask(const Question& question) {
  const RecordedReply* reply = recording_.take(model_, question.body);
  if (live_) {
    pending_[question.number] = {reply, std::string{question.id}, std::string{question.text}};
    live_->ask(question);
    // What never came cannot be waited for.
    if (use_ == RecordedUse::resume && reply != nullptr && reply->kind == RecordedReply::Kind::lost) {
      live_->give_up(question.number);
      pending_.erase(question.number);
      arrived_.push_back(arrival_of(*reply, question.number, question.id));
    }
    return;
  }
  if (reply == nullptr) {
    failed_ = Error{Errc::not_found, "replay: the recording has no answer of " + model_ + " to " +
                                         printable(question.text, kShownMax) + ": " +
                                         recording_.nearest(model_, question.body)};
    return;
  }
  arrived_.push_back(arrival_of(*reply, question.number, question.id));
}

void RecordedPort::compare(const Pending& pending, const Arrival& live) {
  if (difference_ || use_ != RecordedUse::compare) return;
  const bool recorded = pending.reply != nullptr && pending.reply->kind != RecordedReply::Kind::lost;
  const auto body = recorded ? codec::parse_json(pending.reply->text) : Result<Json>{Json{}};
  if (recorded && body && said(body.value()) == said(live.body)) return;
  Difference difference;
  difference.model = model_;
  difference.request = pending.request;
  difference.live = live.text;
  if (pending.reply != nullptr) {
    difference.case_id = pending.reply->case_id;
    difference.seq = pending.reply->seq;
    difference.recorded = recorded ? pending.reply->text : pending.reply->why;
  }
  difference_ = std::move(difference);
  failed_ = Error{Errc::invalid_argument, "replay: " + model_ + " answers otherwise than it did"};
}

std::optional<Arrival> RecordedPort::next() {
  if (!arrived_.empty()) {
    std::optional<Arrival> first{std::move(arrived_.front())};
    arrived_.pop_front();
    return first;
  }
  auto arrival = live_ ? live_->next() : std::nullopt;
  if (!arrival || arrival->kind == Arrival::Kind::stray) return arrival;
  const auto found = pending_.find(arrival->number);
  if (found == pending_.end()) return arrival;
  const Pending pending = std::move(found->second);
  pending_.erase(found);
  compare(pending, *arrival);
  if (use_ == RecordedUse::resume && pending.reply != nullptr) {
    return arrival_of(*pending.reply, arrival->number, pending.id);
  }
  return arrival;
}

}  // namespace

std::unique_ptr<Port> make_recorded_port(const std::string& model, RecordedUse use, Recording& recording,
                                         std::unique_ptr<Port> live, std::optional<Difference>& difference) {
  return std::make_unique<RecordedPort>(model, use, recording, std::move(live), difference);
}

}  // namespace belljar::scenario
