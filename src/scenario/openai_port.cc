#include "scenario/openai_port.h"

#include <algorithm>
#include <csignal>
#include <deque>

#include "base/check.h"
#include "codec/server_events.h"
#include "scenario/conversation.h"
#include "scenario/http_line.h"
#include "scenario/openai_wire.h"
#include "scenario/stdio_pipes.h"

namespace belljar::scenario {

namespace {

using codec::Json;

constexpr std::chrono::milliseconds kReadyPause{20};
// JSON on the wire says more than the answer that is kept of it: names, times, probabilities, each token in an event.
constexpr std::size_t kWireFactor = 8;
constexpr std::size_t kStreamFactor = 512;
constexpr std::size_t kWireRoom = 64U << 10;
constexpr std::size_t kWireDepth = 8;
constexpr codec::HttpLimits kHealthLimits{.head_bytes_max = 16U << 10, .body_bytes_max = 64U << 10};

// One connection and the question on it.
struct Lane {
  explicit Lane(HttpLine made) : line{std::move(made)} {}

  HttpLine line;
  std::uint64_t number = 0;  // 0: free
  bool streams = false;
  std::string body;                           // of an answer that comes whole
  std::optional<codec::ServerEvents> events;  // of one that is streamed
  std::optional<OpenaiStream> stream;
  Result<void> streamed;  // the first thing wrong with the stream
};

struct Waiting {
  std::uint64_t number = 0;
  OpenaiCall call;
};

class OpenaiPort final : public Port {
 public:
  explicit OpenaiPort(PortParts parts)
      : sandbox_{*parts.sandbox},
        clock_{parts.clock},
        pipes_{*parts.sandbox, std::move(parts.log), parts.model.quotas.output_bytes},
        ids_{parts.id_secret},
        limits_{parts.limits},
        host_{"127.0.0.1:" + std::to_string(parts.model.port)} {
    if (parts.model.deterministic) seed_ = parts.seed;
    const std::size_t lanes = std::min<std::size_t>(std::max(parts.model.in_flight, 1U), sandbox::kServeLines);
    for (std::size_t line = 0; line < lanes; ++line) lanes_.emplace_back(HttpLine{sandbox_, line});
  }

  void ask(const Question& question) override;
  void give_up(std::uint64_t number) override;
  void close_input() override;

  void watch(os::PollSet& set) const override;
  std::optional<Nanoseconds> wake_at() const override { return ready_ ? std::nullopt : std::optional{look_at_}; }
  Result<void> move(const os::PollSet& set) override;
  std::optional<Arrival> next() override;

  Result<void> drain() override;
  bool drained() const override { return pipes_.drained(); }
  Result<void> finish() override { return pipes_.finish_log(); }
  std::string log_tail() const override { return pipes_.log_tail(); }

 private:
  void look();  // whether the server is ready
  void dispatch();
  void listen(Lane& lane);
  void conclude(Lane& lane);
  void deliver(std::uint64_t number, OpenaiAnswer answer);
  void spoil(std::uint64_t number, std::string_view kind, std::string text);
  Result<OpenaiAnswer> read(Lane& lane);

  sandbox::Sandbox& sandbox_;
  const Clock& clock_;
  StdioPipes pipes_;
  CaseIds ids_;
  FrameLimits limits_;
  std::string host_;
  std::optional<std::uint64_t> seed_;
  bool ready_ = false;
  Nanoseconds look_at_{0};
  std::deque<Lane> lanes_;
  std::deque<Waiting> waiting_;
  std::deque<Arrival> arrived_;
};

void OpenaiPort::ask(const Question& question) {
  Result<OpenaiCall> call = openai_call(question.body, seed_);
  if (!call) {
    deliver(question.number, openai_failure("bad-request", call.error().message()));
    return;
  }
  waiting_.push_back({question.number, std::move(call).value()});
  dispatch();
}

void OpenaiPort::give_up(std::uint64_t number) {
  std::erase_if(waiting_, [&](const Waiting& one) { return one.number == number; });
  for (Lane& lane : lanes_) {
    if (lane.number != number) continue;
    // A server that hears nobody stops working on it, and what it would still have said is said to nobody.
    lane.line.hang_up();
    lane.number = 0;
  }
  dispatch();
}

// A server does not wait for the end of its input: it is asked to stop as servers are.
void OpenaiPort::close_input() {
  pipes_.close_input();
  if (!sandbox_.ended()) sandbox_.signal(SIGTERM);
}

void OpenaiPort::watch(os::PollSet& set) const {
  pipes_.watch(set);
  for (const Lane& lane : lanes_) lane.line.watch(set);
}

Result<void> OpenaiPort::move(const os::PollSet& set) {
  TRY(pipes_.move(set));
  TRY(pipes_.log_heard());
  for (Lane& lane : lanes_) {
    lane.line.move(set);
    listen(lane);
  }
  look();
  dispatch();
  return {};
}

Result<void> OpenaiPort::drain() {
  TRY(pipes_.drain());
  return pipes_.log_heard();
}

// llama.cpp and vLLM answer /health with 503 while they load; a server without that page is ready when it listens.
void OpenaiPort::look() {
  if (ready_) return;
  HttpLine& line = lanes_.front().line;
  if (line.state() == HttpLine::State::busy) return;
  if (line.state() != HttpLine::State::idle) {
    ready_ = line.state() == HttpLine::State::done && line.reader().status() != 503;
    line.settle();
    look_at_ = clock_.monotonic() + kReadyPause;
    return;
  }
  if (clock_.monotonic() < look_at_ || sandbox_.ended()) return;
  line.send(codec::http_request({.method = "GET", .target = "/health", .host = host_, .body = {}}), kHealthLimits);
}

void OpenaiPort::dispatch() {
  if (!ready_) return;
  for (Lane& lane : lanes_) {
    if (waiting_.empty()) return;
    if (lane.number != 0 || lane.line.state() != HttpLine::State::idle) continue;
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    lane.number = next.number;
    lane.streams = next.call.streams;
    lane.body.clear();
    lane.streamed = {};
    lane.events.emplace(limits_.bytes_max + kWireRoom);
    lane.stream.emplace(limits_.bytes_max);
    const std::size_t factor = next.call.streams ? kStreamFactor : kWireFactor;
    lane.line.send(
        codec::http_request({.method = "POST", .target = next.call.target, .host = host_, .body = next.call.body}),
        {.head_bytes_max = 16U << 10, .body_bytes_max = limits_.bytes_max * factor + kWireRoom});
    listen(lane);
  }
}

void OpenaiPort::listen(Lane& lane) {
  if (lane.number == 0) return;
  const HttpLine::State state = lane.line.state();
  if (state == HttpLine::State::refused || state == HttpLine::State::broken) {
    const bool refused = state == HttpLine::State::refused;
    deliver(lane.number, openai_failure(refused ? "connection-refused" : "bad-response", lane.line.failure()));
    lane.line.settle();
    lane.number = 0;
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

Result<OpenaiAnswer> OpenaiPort::read(Lane& lane) {
  const int status = lane.line.reader().status();
  if (status != 200) return read_openai_error(status, lane.body);
  if (lane.streams) {
    TRY(std::exchange(lane.streamed, {}));
    return lane.stream->finish();
  }
  return read_openai_answer(
      TRY(codec::parse_json(lane.body, {.bytes_max = lane.body.size(), .depth_max = limits_.depth_max + kWireDepth})));
}

void OpenaiPort::conclude(Lane& lane) {
  const std::uint64_t number = std::exchange(lane.number, 0);
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

void OpenaiPort::deliver(std::uint64_t number, OpenaiAnswer answer) {
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

void OpenaiPort::spoil(std::uint64_t number, std::string_view kind, std::string text) {
  constexpr std::size_t kShown = 4096;
  text.resize(std::min(text.size(), kShown));
  Arrival arrival;
  arrival.number = number;
  arrival.stray = kind;
  arrival.spoils = true;
  arrival.text = std::move(text);
  arrived_.push_back(std::move(arrival));
}

std::optional<Arrival> OpenaiPort::next() {
  if (arrived_.empty()) return std::nullopt;
  std::optional<Arrival> first{std::move(arrived_.front())};
  arrived_.pop_front();
  return first;
}

}  // namespace

Result<std::unique_ptr<Port>> make_openai_port(PortParts parts) {
  CHECK(parts.sandbox != nullptr, "an openai model has a sandbox");
  return std::unique_ptr<Port>{std::make_unique<OpenaiPort>(std::move(parts))};
}

}  // namespace belljar::scenario
