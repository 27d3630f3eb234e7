// OpenaiLanes: questions to an OpenAI-compatible server, several at once, each on a connection of its own; what ports
// whose model is such a server share, wherever it stands.
//
//   OpenaiLanes lanes{{.connect = [&](std::size_t lane) { return sandbox.connect(lane); }, .count = 2, ...}};
//   lanes.ask(question);   lanes.watch(set);  ... wait, at the longest until lanes.wake_at() ...  lanes.move(set);
//   lanes.dispatch();                                 // once the server is ready, and after every change
//   while (auto arrival = lanes.next()) ...
//
// Never blocks. What the server says is untrusted: bounded by the frame limits, told as an arrival whatever it is.
// Memory is bounded by what was asked and by one answer for each lane. One thread at a time.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "codec/server_events.h"
#include "scenario/conversation.h"
#include "scenario/http_line.h"
#include "scenario/openai_wire.h"
#include "scenario/port.h"

namespace belljar::scenario {

struct OpenaiPlace {
  HttpLine::Connect connect;  // of the lane of that number, hanging up whatever was open on it
  std::size_t count = 1;      // of lanes
  std::string host;           // of the Host header
  std::string before_target;  // put before "/chat/completions" and "/embeddings"
  std::string authorization;  // of that header; empty: none
  std::string model;          // the name that the server knows it by; empty: as the request says
  std::optional<std::uint64_t> seed;
  // A busy server (429, 503) that says when to ask again is obeyed so often, where that is not too long.
  int tries_again_max = 0;
};

class OpenaiLanes {
 public:
  OpenaiLanes(OpenaiPlace place, FrameLimits limits, const Digest& id_secret, const Clock& clock);

  void ask(const Question& question);
  void give_up(std::uint64_t number);
  void watch(os::PollSet& set) const;
  std::optional<Nanoseconds> wake_at() const;
  void move(const os::PollSet& set);
  void dispatch();
  std::optional<Arrival> next();

  // The connection that is used before the server is ready.
  HttpLine& first_line() { return lanes_.front().line; }

 private:
  struct Waiting {
    std::uint64_t number = 0;
    OpenaiCall call;
    int tries = 0;
  };
  // One connection and the question on it.
  struct Lane {
    explicit Lane(HttpLine made) : line{std::move(made)} {}

    HttpLine line;
    Waiting asked;  // number 0: free
    bool streams = false;
    std::string body;                           // of an answer that comes whole
    std::optional<codec::ServerEvents> events;  // of one that is streamed
    std::optional<OpenaiStream> stream;
    Result<void> streamed;  // the first thing wrong with the stream
  };

  void listen(Lane& lane);
  void conclude(Lane& lane);
  bool ask_again(Lane& lane);
  void deliver(std::uint64_t number, OpenaiAnswer answer);
  void spoil(std::uint64_t number, std::string_view kind, std::string text);
  Result<OpenaiAnswer> read(Lane& lane);

  OpenaiPlace place_;
  FrameLimits limits_;
  CaseIds ids_;
  const Clock& clock_;
  std::deque<Lane> lanes_;
  std::deque<Waiting> waiting_;
  std::deque<Arrival> arrived_;
  Nanoseconds hold_until_{0};  // the server has asked not to be asked before
};

}  // namespace belljar::scenario
