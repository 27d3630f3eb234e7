// Wire: one end of a connection as the gateway's coroutines use it: bytes, through TLS or not, with a deadline.
//
//   Wire wire{std::move(socket), watch};
//   wire.due_in(10s);                                     // until told otherwise; past it the socket is closed
//   Result<std::size_t> more = co_await wire.read(buffer);   // 0: the other end said goodbye
//   Result<void> sent = co_await wire.write("HTTP/1.1 200 OK\r\n...");
//
// A Watch closes what is overdue, every 50 ms for all wires at once: a timer for each would cost more than the bytes.
// This header, like everything that includes it, belongs to the gateway's thread and to its few files that know
// Boost.Asio.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "boundary/host.h"
#include "codec/tls.h"

namespace belljar::boundary {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using SteadyTime = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

class Wire;

// The wires of one sandbox.
class Watch {
 public:
  void close_overdue(SteadyTime now);
  void close_all();
  // Of the wires that wait for a request: closes the one that has waited longest. False: there is none.
  bool close_longest_waiting();

 private:
  friend class Wire;
  std::list<Wire*> wires_;
};

class Wire {
 public:
  Wire(tcp::socket socket, Watch& watch);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Appends what came, at most about 16 KiB.
  awaitable<Result<std::size_t>> read(std::string& buffer);
  awaitable<Result<void>> write(std::string_view bytes);
  // From here on everything goes through the session; `first` is what came of it already.
  awaitable<Result<void>> begin_tls(codec::TlsSession session, std::string first);
  // Says goodbye and lets the other end read what was sent before: a close with unread input would reset it away.
  awaitable<void> linger();

  void due_in(Milliseconds time) { due_ = std::chrono::steady_clock::now() + time; }
  bool overdue() const { return overdue_; }
  void set_waiting(bool waiting);
  void close();
  void reset();  // the other end sees a broken connection, not an end
  bool is_open() const { return socket_.is_open(); }
  // Whether something comes within that time; the socket stays open either way.
  awaitable<bool> comes_within(Milliseconds time);
  bool has_input();  // something has come, or the end: a connection kept for later is of no further use
  tcp::socket& socket() { return socket_; }

 private:
  friend class Watch;
  awaitable<Result<std::size_t>> read_sealed(std::string& buffer);
  awaitable<Result<void>> flush();

  tcp::socket socket_;
  Watch& watch_;
  std::list<Wire*>::iterator place_;
  std::optional<codec::TlsSession> tls_;
  SteadyTime due_;
  SteadyTime waiting_since_{};
  bool waiting_ = false;
  bool overdue_ = false;
};

awaitable<void> pause(Milliseconds time);

}  // namespace belljar::boundary
