// Port: one model as the driver reaches it. Each adapter is a Port: stdio pipes, HTTP inside the sandbox, rules of the
// host's own, the answers of an earlier run. The driver knows nothing else of adapters.
//
//   TRY(port->open());                                   // the program has started
//   port->ask({1, "c-1-5f0c2a91d3e8b764", body, text});   // queued; never blocks
//   port->watch(set);  ... wait, at the longest until port->wake_at() ...  TRY(port->move(set));
//   TRY(engine.pump());                                  // deeds before words: what the model did is known before
//   while (auto arrival = port->next()) ...              // what it said is looked at
//   port->close_input();                                 // nothing more will be asked
//
// What is said between questions and answers is the port's: it tells an arrival as an answer or failure of a number
// that was asked and is open, each number at most once, or as a stray. Bodies are untrusted; they are bounded by the
// FrameLimits that the port was made with, well-formed, and objects. A body asked has the member "id" first; an adapter
// whose wire has its own way to pair answers leaves it out there and puts it first into the answer's body.
// Memory is bounded by what was asked and one message. A Result's error is the harness's own, never the model's.
// One thread at a time; what a port is made of is borrowed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "codec/json.h"
#include "os/poll.h"
#include "sandbox/engine.h"
#include "scenario/log_keeper.h"
#include "scenario/stdio_frames.h"
#include "spec/measurements.h"
#include "spec/scenario.h"

namespace belljar::scenario {

struct Question {
  std::uint64_t number = 0;  // counts the model's questions from 1
  std::string_view id;       // CaseIds::id(number)
  const codec::Json& body;   // as it passed the exchange
  std::string_view text;     // to_json(body)
};

// What an answer cost, where the adapter knows.
struct Usage {
  std::uint64_t tokens_in = 0;
  std::uint64_t tokens_out = 0;
  bool known = false;  // false: the driver estimates from the bytes
};

struct Arrival {
  enum class Kind {
    answer,
    failure,  // the model, or what it runs on, says that it cannot: body has "error"
    stray,    // belongs to no open question
    lost,     // a recording says that this question got no answer: `end`, and why in `text`
  };
  Kind kind = Kind::stray;
  std::uint64_t number = 0;                        // answer, failure, lost
  spec::CaseEnd end = spec::CaseEnd::model_error;  // lost
  bool final = false;                              // lost: the model was gone from there on
  codec::Json body;        // answer, failure; of a stray where it parsed as an object, else null
  std::string text;        // as it came, the body's bytes; of a stray too large its beginning
  std::string_view stray;  // kind stray: as in spec::StrayMessage
  // A stray that was an attempt at an answer and can never become one: question `number` is lost to it, or the oldest
  // open one where that is 0.
  bool spoils = false;
  Usage usage;
  std::int64_t delay_ns = 0;  // on the logical clock, beyond the model's declared latency (scripted delays)
};

class Port {
 public:
  virtual ~Port() = default;

  // Once, after the sandbox (if any) has started its program. Questions may be asked before a server inside is ready.
  virtual Result<void> open() { return {}; }

  virtual void ask(const Question& question) = 0;
  virtual void give_up(std::uint64_t number) = 0;  // an answer to it that still comes is a stray "late"
  virtual void close_input() = 0;

  virtual void watch(os::PollSet& set) const { (void)set; }
  // When next() or move() has something to do though no descriptor is ready; on the clock the port was made with.
  virtual std::optional<Nanoseconds> wake_at() const { return std::nullopt; }
  virtual Result<void> move(const os::PollSet& set) = 0;  // bytes alone; nothing is believed yet
  virtual std::optional<Arrival> next() = 0;

  // The program has ended: reads what is left. drained() says that no more bytes can come; finish() then turns an
  // unfinished message into its arrival, for next(), and completes the log.
  virtual Result<void> drain() { return {}; }
  virtual bool drained() const { return true; }
  virtual Result<void> finish() { return {}; }

  // Nothing the model says can arrive any more though it may live: it closed its output or used up its quota.
  virtual bool mute() const { return false; }
  virtual std::string mute_reason() const { return {}; }  // for people
  virtual std::string log_tail() const { return {}; }     // printable lines of its stderr
};

struct PortParts {
  const spec::ModelSpec& model;
  std::string directory;                // what relative paths of the scenario are relative to
  sandbox::Sandbox* sandbox = nullptr;  // null where the adapter needs none
  LogKeeper log;
  FrameLimits limits;      // the largest of the model's links
  Digest id_secret;        // CaseIds
  std::uint64_t seed = 0;  // of the scenario, for whatever a port draws
  const Clock& clock;
};

// The port of the model's adapter. The error of a rules file or recording is the person's: Errc::invalid_argument.
Result<std::unique_ptr<Port>> make_port(PortParts parts);

}  // namespace belljar::scenario
