// HttpLine: one connection to a server, such as a sandbox that serves, one request at a time on it, kept open in
// between.
//
//   HttpLine line{[&](std::size_t lane) { return sandbox.connect(lane); }, 0};
//   line.send(bytes, limits);                 // connects or connects again when it must
//   line.watch(set);  ... wait ...  line.move(set);
//   if (line.reader().head_done()) ...        // pieces of the body: line.reader().take_body()
//   if (line.state() == HttpLine::State::done) ...  line.settle();
//
// Never blocks. A kept connection that the server closed before a byte of its answer came is opened anew once, for then
// the request was not taken; so is one on which something came unasked, for it is no answer. Memory is bounded by the
// request and the reader's limits. One thread at a time; whoever connects owns the
// descriptors.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "codec/http.h"
#include "os/poll.h"

namespace belljar::scenario {

class HttpLine {
 public:
  enum class State {
    idle,     // may send; perhaps connected
    busy,     // a request is under way
    done,     // reader().done(); settle() makes it idle
    refused,  // nobody listens
    broken,   // the response is no HTTP or ended early; failure() tells
  };

  // Connects the line of that number, hanging up whatever was open on it; the descriptor is non-blocking and may still
  // be connecting. Errc::unavailable: nothing listens yet.
  using Connect = std::function<Result<int>(std::size_t line)>;

  HttpLine(Connect connect, std::size_t line) : connect_{std::move(connect)}, line_{line} {}

  void send(std::string request, codec::HttpLimits limits);
  void watch(os::PollSet& set) const;
  void move(const os::PollSet& set);

  State state() const { return state_; }
  codec::HttpResponseReader& reader() { return *reader_; }
  const std::string& failure() const { return failure_; }
  // After done, refused or broken: idle again. Keeps the connection where both sides do.
  void settle();
  // Breaks off whatever is under way.
  void hang_up();

 private:
  void begin();
  void write();
  void read();
  void lose(std::string why);

  Connect connect_;
  std::size_t line_;
  State state_ = State::idle;
  int fd_ = -1;         // not ours; -1: not connected
  bool kept_ = false;   // this request began on a connection that had served another
  bool heard_ = false;  // a byte of the answer has come
  std::string request_;
  std::size_t written_ = 0;
  codec::HttpLimits limits_;
  std::optional<codec::HttpResponseReader> reader_;
  std::string failure_;
};

}  // namespace belljar::scenario
