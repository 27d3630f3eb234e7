// What every door of one sandbox shares, and the coroutines behind the doors. Internal to the gateway; its thread
// alone.
//
//   http_door.cc    the proxy's requests, and those inside a tunnel that may be seen
//   http_forward.cc a request on its way to a real server, and its answer back
//   http_service.cc a request to a service, and its answer back
//   stream_door.cc  CONNECT, SOCKS, transparent connections: which protocol is spoken, then tunnel, talk or HTTP
//   dns_door.cc     names for synthetic addresses
#pragma once

#include <boost/asio/ip/udp.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boundary/gateway/attached.h"
#include "boundary/gateway/body_filter.h"
#include "boundary/gateway/dial.h"
#include "boundary/gateway/reply_queue.h"
#include "boundary/gateway/wire.h"
#include "boundary/http_message.h"
#include "codec/tls.h"

namespace belljar::boundary {

struct Box {
  Box(Attachment attachment, EventLog& events, Outside& outside, codec::TlsAuthority& own, std::weak_ptr<Mailbox> mail)
      : attached{std::move(attachment), events},
        dialler{attached, watch, outside},
        authority{own},
        mailbox{std::move(mail)} {}

  Watch watch;  // outlives what is kept in the dialler
  Attached attached;
  Dialler dialler;
  codec::TlsAuthority& authority;
  std::weak_ptr<Mailbox> mailbox;
  std::uint32_t connections = 0;
  std::uint64_t held_bytes = 0;  // of bodies that wait to be whole
  bool closed = false;
};

// Bodies that are held whole are bounded for the sandbox, not for each of its connections.
inline constexpr std::uint64_t kHeldBytesMax = 64U << 20;

// A body's share of it, given back when the request is over.
class Held {
 public:
  Held() = default;
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    if (box_) box_->held_bytes -= bytes_;
  }
  // False: the sandbox holds as much as it may.
  bool add(const std::shared_ptr<Box>& box, std::uint64_t bytes) {
    if (box->held_bytes + bytes > kHeldBytesMax) return false;
    box_ = box;
    box_->held_bytes += bytes;
    bytes_ += bytes;
    return true;
  }

 private:
  std::shared_ptr<Box> box_;
  std::uint64_t bytes_ = 0;
};

// One connection of a program inside.
struct Caller {
  Caller(std::shared_ptr<Box> whose, tcp::socket socket, std::string_view which)
      : box{std::move(whose)}, wire{std::move(socket), box->watch}, door{which} {}

  std::shared_ptr<Box> box;
  Wire wire;
  std::string_view door;
  std::string buffer;                          // has come, is not used yet
  const spec::Terms* counted_terms = nullptr;  // whose connections this one was counted among

  std::optional<Refusal> count_connection(const Permit& permit);
  // Waits where the policy has slowed the sandbox down, before it is asked whether anything is allowed.
  awaitable<void> wait_turn();
};

// Where everything of a connection goes, once that is known.
struct Place {
  std::string scheme;  // "http", "https"
  Authority authority;
};

std::uint16_t default_port(std::string_view scheme);

awaitable<void> serve_http(Caller& caller, std::optional<Place> place);
awaitable<void> serve_socks(Caller& caller);
awaitable<void> serve_transparent(Caller& caller);
// The head of a CONNECT request has been read; what follows it may be in the buffer.
awaitable<void> serve_connect(Caller& caller, const RequestHead& head);
awaitable<void> serve_dns(std::shared_ptr<Box> box, std::shared_ptr<asio::ip::udp::socket> socket);

// Tells the refusal and shows it to a program that speaks HTTP; the connection is of no further use.
awaitable<void> refuse_http(Caller& caller, const Asked& asked, const Refusal& refusal, std::string_view method);

// The rest of a body, decoded, piece by piece.
class BodySource {
 public:
  BodySource(Wire& wire, std::string& buffer, Framing framing, Milliseconds progress)
      : wire_{wire}, buffer_{buffer}, reader_{framing}, progress_{progress} {}
  bool done() const { return reader_.done(); }
  // Appends something to `piece`, or is done.
  awaitable<Result<void>> next(std::string& piece);

 private:
  Wire& wire_;
  std::string& buffer_;
  BodyReader reader_;
  Milliseconds progress_;
};

// A message's body on its way out, framed as its head said.
class BodySink {
 public:
  enum class Mode : std::uint8_t { none, length, chunked, until_close };
  BodySink(Wire& wire, Milliseconds progress) : wire_{wire}, progress_{progress} {}

  // The head waits for the first piece, so that both go in one packet.
  void begin(std::string head, Mode mode, std::uint64_t bytes_per_second);
  awaitable<Result<void>> put(std::string_view piece);
  awaitable<Result<void>> end();
  bool begun() const { return begun_; }  // something has been sent: it can no longer be another answer

 private:
  awaitable<Result<void>> send(std::string_view bytes);

  Wire& wire_;
  Milliseconds progress_;
  std::string waiting_;
  Mode mode_ = Mode::none;
  std::uint64_t bytes_per_second_ = 0;
  bool begun_ = false;
};

// One request, understood and permitted.
struct HttpJob {
  RequestHead head;
  Framing framing;
  std::string scheme;
  Authority authority;
  std::string origin;
  Asked asked;
  Permit permit;
  std::vector<const content::Screen*> screens;
  std::optional<std::string> gathered{};  // the whole body, filtered, where it could not go on in pieces
  Held held;
  std::uint64_t up = 0;
  std::uint64_t down = 0;
};

enum class After { another, close, reset };
// The status line and headers for a program of that version; how the body is framed comes back in `mode`.
std::string answer_head(const HttpJob& job, int status, Headers headers, bool may_rewrite, BodySink::Mode& mode,
                        bool& keep);
awaitable<After> forward(Caller& caller, HttpJob& job);
awaitable<After> ask_service(Caller& caller, HttpJob& job, const Service& service);
// Reads and filters the whole body, at most `bytes_max`; what only its size could decide is asked of the policy then.
awaitable<std::optional<Refusal>> gather(Caller& caller, HttpJob& job, std::uint64_t bytes_max);
void tell_noted(Caller& caller, const HttpJob& job, BodyFilter& filter);
Refusal broken_body(const Wire& wire, const Error& error);
// Counts so many bytes of a body against what may pass.
std::optional<Refusal> admit_up(Caller& caller, HttpJob& job, std::uint64_t bytes);
std::optional<Refusal> admit_down(Caller& caller, HttpJob& job, std::uint64_t bytes);

}  // namespace belljar::boundary
