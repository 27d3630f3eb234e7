#include "scenario/openai_lanes.h"

#include <algorithm>

namespace belljar::scenario {

namespace {

using codec::Json;

// JSON on the wire says more than the answer that is kept of it: names, times, probabilities, each token in an event.
constexpr std::size_t kWireFactor = 8;
constexpr std::size_t kStreamFactor = 512;
constexpr std::size_t kWireRoom = 64U << 10;
constexpr std::size_t kWireDepth = 8;
// The longest that a busy server is waited for; past it the question is answered with its failure.
constexpr Nanoseconds kAgainMax = std::chrono::seconds{60};

}  // namespace

OpenaiLanes::OpenaiLanes(OpenaiPlace place, FrameLimits limits, const Digest& id_secret, const Clock& clock)
    : place_{std::move(place)}, limits_{limits}, ids_{id_secret}, clock_{clock} {
  for (std::size_t lane = 0; lane < place_.count; ++lane) lanes_.emplace_back(HttpLine{place_.connect, lane});
}

void OpenaiLanes::ask(const Question& question) {
  Result<OpenaiCall> call = openai_call(question.body, place_.seed, place_.model);
  if (!call) {
    deliver(question.number, openai_failure("bad-request", call.error().message()));
    return;
  }
  waiting_.push_back({question.number, std::move(call).value(), 0});
}

void OpenaiLanes::give_up(std::uint64_t number) {
  std::erase_if(waiting_, [&](const Waiting& one) { return one.number == number; });
  for (Lane& lane : lanes_) {
    if (lane.asked.number != number) continue;
    // A server that hears nobody stops working on it, and what it would still have said is said to nobody.
    lane.line.hang_up();
    lane.asked = {};
  }
}

void OpenaiLanes::watch(os::PollSet& set) const {
  for (const Lane& lane : lanes_) lane.line.watch(set);
}

std::optional<Nanoseconds> OpenaiLanes::wake_at() const {
  return waiting_.empty() || hold_until_ <= clock_.monotonic() ? std::nullopt : std::optional{hold_until_};
}

void OpenaiLanes::move(const os::PollSet& set) {
  for (Lane& lane : lanes_) {
    lane.line.move(set);
    listen(lane);
  }
}

void OpenaiLanes::dispatch() {
  if (clock_.monotonic() < hold_until_) return;
  for (Lane& lane : lanes_) {
    if (waiting_.empty()) return;
    if (lane.asked.number != 0 || lane.line.state() != HttpLine::State::idle) continue;
    lane.asked = std::move(waiting_.front());
    waiting_.pop_front();
    const OpenaiCall& call = lane.asked.call;
    lane.streams = call.streams;
    lane.body.clear();
    lane.streamed = {};
    lane.events.emplace(limits_.bytes_max + kWireRoom);
    lane.stream.emplace(limits_.bytes_max);
    const std::size_t factor = call.streams ? kStreamFactor : kWireFactor;
    const std::string target = place_.before_target + call.target;
    lane.line.send(codec::http_request({.method = "POST",
                                        .target = target,
                                        .host = place_.host,
                                        .body = call.body,
                                        .authorization = place_.authorization}),
                   {.head_bytes_max = 16U << 10, .body_bytes_max = limits_.bytes_max * factor + kWireRoom});
    listen(lane);
  }
}

void OpenaiLanes::listen(Lane& lane) {
  if (lane.asked.number == 0) return;
  const HttpLine::State state = lane.line.state();
  if (state == HttpLine::State::refused || state == HttpLine::State::broken) {
    const bool refused = state == HttpLine::State::refused;
    deliver(lane.asked.number, openai_failure(refused ? "connection-refused" : "bad-response", lane.line.failure()));
    lane.line.settle();
    lane.asked = {};
    return;
  }
  if (state == HttpLine::State::idle || !lane.line.reader().head_done()) return;
  const std::string piece = lane.line.reader().take_body();
  const bool is_stream = lane.streams && lane.line.reader().content_type() == "text/event-stream";
  if (!is_stream) {
    lane.body += piece;
  } else if (lane.streamed) {
    const Result<void> fed = lane.events->feed(piece, [&](std::string_view data) {
      if (lane.streamed) lane.streamed = lane.stream->take(data);
    });
    if (lane.streamed && !fed) lane.streamed = fed.error();
  }
  lane.streams = is_stream;
  if (state == HttpLine::State::done) conclude(lane);
}

Result<OpenaiAnswer> OpenaiLanes::read(Lane& lane) {
  const int status = lane.line.reader().status();
  if (status != 200) return read_openai_error(status, lane.body);
  if (lane.streams) {
    TRY(std::exchange(lane.streamed, {}));
    return lane.stream->finish();
  }
  return read_openai_answer(
      TRY(codec::parse_json(lane.body, {.bytes_max = lane.body.size(), .depth_max = limits_.depth_max + kWireDepth})));
}

// A server that is busy and says for how long.
bool OpenaiLanes::ask_again(Lane& lane) {
  const int status = lane.line.reader().status();
  const std::optional<std::chrono::seconds> after = lane.line.reader().retry_after();
  if ((status != 429 && status != 503) || !after || *after > kAgainMax) return false;
  if (lane.asked.tries >= place_.tries_again_max) return false;
  hold_until_ = std::max(hold_until_, clock_.monotonic() + Nanoseconds{*after});
  ++lane.asked.tries;
  waiting_.push_front(std::exchange(lane.asked, {}));
  lane.line.settle();
  return true;
}

void OpenaiLanes::conclude(Lane& lane) {
  if (ask_again(lane)) return;
  const std::uint64_t number = std::exchange(lane.asked, {}).number;
  Result<OpenaiAnswer> answer = read(lane);
  lane.line.settle();
  if (answer) {
    deliver(number, std::move(answer).value());
  } else if (answer.error().code() == Errc::exhausted) {
    spoil(number, frame_kind_name(FrameKind::too_large), std::move(lane.body));
  } else {
    deliver(number, openai_failure("bad-response", answer.error().message()));
  }
}

void OpenaiLanes::deliver(std::uint64_t number, OpenaiAnswer answer) {
  Arrival arrival;
  arrival.kind = answer.failure ? Arrival::Kind::failure : Arrival::Kind::answer;
  arrival.number = number;
  arrival.usage = answer.usage;
  arrival.body.set("id", ids_.id(number));
  for (Json::Member& member : answer.body.as_object()) arrival.body.set(member.first, std::move(member.second));
  arrival.text = codec::to_json(arrival.body);
  if (arrival.text.size() > limits_.bytes_max) {
    spoil(number, frame_kind_name(FrameKind::too_large), std::move(arrival.text));
    return;
  }
  const Frame frame = read_frame(arrival.text, limits_);
  if (frame.kind != FrameKind::object) {
    spoil(number, frame_kind_name(frame.kind), std::move(arrival.text));
    return;
  }
  arrived_.push_back(std::move(arrival));
}

void OpenaiLanes::spoil(std::uint64_t number, std::string_view kind, std::string text) {
  constexpr std::size_t kShown = 4096;
  text.resize(std::min(text.size(), kShown));
  Arrival arrival;
  arrival.number = number;
  arrival.stray = kind;
  arrival.spoils = true;
  arrival.text = std::move(text);
  arrived_.push_back(std::move(arrival));
}

std::optional<Arrival> OpenaiLanes::next() {
  if (arrived_.empty()) return std::nullopt;
  std::optional<Arrival> first{std::move(arrived_.front())};
  arrived_.pop_front();
  return first;
}

}  // namespace belljar::scenario
