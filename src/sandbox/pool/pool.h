// Pool: keeps sandboxes of one spec ready for other processes of the same user, which then need not make their own:
// they ask over a local socket, their program starts in a sandbox that stood ready, and the pool keeps the limits,
// answers for refused calls, ends it and proves the end.
//
//   std::unique_ptr<Pool> pool = TRY(Pool::open({spec, 4}, clock));
//   TRY(pool->serve(signals));                       // until a signal comes
//
// A guest that goes away takes its sandbox with it; so does a pool that goes away. What is not alike on both sides
// (likeness.h) is refused, and the guest makes a sandbox of its own. Single-threaded.
#pragma once

#include <array>
#include <list>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "os/fd.h"
#include "os/poll.h"
#include "os/stop_signals.h"
#include "sandbox/engine.h"
#include "sandbox/pool/frames.h"

namespace belljar::sandbox {

struct PoolOptions {
  spec::SandboxSpec spec;  // may_be_pooled()
  std::size_t depth = 4;   // how many stand ready
  EngineOptions engine = {};
  std::string socket = {};  // empty: pool_socket_path()
};

class Pool {
 public:
  // Returns once the first sandbox stood: what cannot be sealed here is told now.
  static Result<std::unique_ptr<Pool>> open(PoolOptions options, const Clock& clock);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  Result<void> serve(os::StopSignals& signals);
  // One turn of serve(): waits at most that long, or until `also` is readable, then does what is due.
  Result<void> turn(std::chrono::milliseconds at_most, int also = -1);
  const std::string& socket() const { return options_.socket; }
  std::size_t ready() const { return engine_->ready(options_.spec); }

 private:
  struct Guest {
    os::Fd connection;
    FrameReader reader;
    std::string out;  // not sent yet
    std::unique_ptr<Sandbox> sandbox;
    bool proof = true;  // wants all of the report
    bool gone = false;
  };

  Pool(PoolOptions options, std::string likeness, const Clock& clock);
  Result<void> accept();
  void hear(Guest& guest);
  void obey(Guest& guest, const Frame& frame);
  Result<void> start(Guest& guest, const Frame& frame);
  void conclude(Guest& guest);
  void say(Guest& guest, FrameKind kind, std::string word);
  void flush(Guest& guest);

  PoolOptions options_;
  std::string likeness_;
  std::string spec_text_;
  const Clock& clock_;
  std::unique_ptr<Engine> engine_;
  os::Fd listener_;
  std::list<Guest> guests_;
  os::PollSet poll_;
  std::array<char, 65536> buffer_{};
};

}  // namespace belljar::sandbox
