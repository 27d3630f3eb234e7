// Connections whose place is named before anything is said: CONNECT, SOCKS, and what was redirected from a synthetic
// address. Which protocol is spoken shows in the first bytes; from there it is HTTP that is seen request by request,
// TLS that is passed or ended here as the rule says, a conversation with a service, or plain bytes to a real server.
#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/experimental/awaitable_operators.hpp>

#include "base/text.h"
#include "boundary/client_hello.h"
#include "boundary/gateway/body_filter.h"
#include "boundary/gateway/doors.h"
#include "boundary/socks.h"
#include "os/sockets.h"

namespace belljar::boundary {

namespace {

// How long a client may keep still before it counts as one whose server speaks first.
constexpr Milliseconds kFirstWord{1000};
// What of a conversation is looked at again with the next piece, so that nothing hides across the cut.
constexpr std::size_t kWindowBytes = 4096;

enum class Alert : char { handshake_failure = 40, access_denied = 49, decode_error = 50, unrecognized_name = 112 };

Refusal own(spec::NetworkKind kind, std::string_view rule, std::string reason, int status) {
  return Refusal{kind, "gateway/" + std::string{rule}, std::move(reason), {}, status};
}

bool looks_like_http(std::string_view bytes) {
  constexpr std::size_t kMethodMax = 20;
  const std::size_t end = std::min(bytes.find(' '), bytes.size());
  return end > 0 && end <= kMethodMax &&
         std::all_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(end),
                     [](char c) { return c >= 'A' && c <= 'Z'; });
}

// Looks at what was said with the end of what was said before it.
class TalkScreen {
 public:
  explicit TalkScreen(std::vector<const content::Screen*> screens) : screens_{std::move(screens)} {}
  std::optional<Refusal> see(std::string_view bytes) {
    if (screens_.empty()) return std::nullopt;
    window_ += bytes;
    std::optional<Refusal> no = screen_whole(screens_, window_);
    if (window_.size() > kWindowBytes) window_.erase(0, window_.size() - kWindowBytes);
    return no;
  }

 private:
  std::vector<const content::Screen*> screens_;
  std::string window_;
};

class StreamDoor {
 public:
  StreamDoor(Caller& caller, Authority authority)
      : caller_{caller}, attached_{caller.box->attached}, authority_{std::move(authority)} {
    asked_.door = caller.door;
    asked_.host = authority_.host.text;
    asked_.is_address = authority_.host.kind != HostKind::name;
    asked_.port = authority_.port;
    service_ = attached_.service(asked_.host, asked_.port);
  }

  // Before the program is told that it may speak.
  awaitable<std::optional<Refusal>> may_open();
  awaitable<void> run();
  const Asked& asked() const { return asked_; }

 private:
  awaitable<void> run_tls();
  awaitable<void> end_tls_here();
  awaitable<void> talk(TalkService& service);
  awaitable<bool> say(const Said& said);
  awaitable<void> tunnel();
  awaitable<void> carry(Wire& from, Wire& to, bool up);
  std::optional<Refusal> count(bool up, std::size_t bytes);
  std::optional<Refusal> check_hello(const ClientHello& hello);
  std::optional<Refusal> allow_bytes();
  awaitable<void> refuse_tls(Refusal refusal, Alert alert);
  void refuse(const Refusal& refusal);

  Caller& caller_;
  Attached& attached_;
  Authority authority_;
  Asked asked_;
  Permit permit_;
  const Service* service_ = nullptr;
  std::uint64_t up_ = 0;
  std::uint64_t down_ = 0;
  TalkScreen screen_{{}};
};

awaitable<std::optional<Refusal>> StreamDoor::may_open() {
  co_await caller_.wait_turn();
  std::optional<Refusal> no = attached_.ask_decoy(asked_);
  if (!no) no = attached_.ask(asked_, Known::part, permit_);
  if (!no) no = caller_.count_connection(permit_);
  if (!no) no = screen_whole(attached_.screens(permit_), asked_.host);
  if (no || service_ != nullptr) co_return no;
  (void)co_await caller_.box->dialler.resolve(asked_, no);
  co_return no;
}

void StreamDoor::refuse(const Refusal& refusal) {
  attached_.tell(refusal, asked_);
  caller_.wire.reset();
}

awaitable<void> StreamDoor::refuse_tls(Refusal refusal, Alert alert) {
  attached_.tell(refusal, asked_);
  std::string record("\x15\x03\x03\x00\x02\x02\x00", 7);
  record.back() = static_cast<char>(alert);
  (void)co_await caller_.wire.write(record);
  co_await caller_.wire.linger();
}

// The policy's last word where nothing further will be seen than that bytes flow.
std::optional<Refusal> StreamDoor::allow_bytes() {
  asked_.scheme = "tcp";
  std::optional<Refusal> no = attached_.ask(asked_, Known::all, permit_);
  if (!no && attached_.draw_reset(*permit_.terms)) {
    no = own(spec::NetworkKind::condition, "reset", "the link's conditions reset this connection", 502);
  }
  return no;
}

awaitable<void> StreamDoor::run() {
  caller_.wire.set_waiting(false);
  caller_.wire.due_in(attached_.limits().head_deadline);
  const bool server_first = service_ != nullptr && service_->talk;
  if (server_first) {
    const std::optional<Refusal> no = allow_bytes();
    if (no) {
      refuse(*no);
      co_return;
    }
    co_await talk(*service_->talk);
    co_return;
  }
  if (caller_.buffer.empty()) {
    // Against a service nobody keeps still: it is the client that speaks first.
    const Milliseconds patience = service_ != nullptr ? attached_.limits().head_deadline : kFirstWord;
    const bool said = co_await caller_.wire.comes_within(patience);
    if (said) {
      const Result<std::size_t> came = co_await caller_.wire.read(caller_.buffer);
      if (!came || came.value() == 0) co_return;
    }
  }
  if (looks_like_tls(caller_.buffer)) {
    co_await run_tls();
  } else if (looks_like_http(caller_.buffer)) {
    Place place{"http", authority_};
    co_await serve_http(caller_, std::move(place));
  } else {
    std::optional<Refusal> no = allow_bytes();
    if (!no && service_ != nullptr)
      no = own(spec::NetworkKind::malformed, "http", "the service there speaks HTTP alone", 400);
    if (no) {
      refuse(*no);
    } else {
      co_await tunnel();
    }
  }
}

std::optional<Refusal> StreamDoor::check_hello(const ClientHello& hello) {
  const bool agrees = asked_.is_address ? hello.server_name.empty() : hello.server_name == asked_.host;
  if (!agrees) {
    return own(spec::NetworkKind::mismatch, "sni",
               hello.server_name.empty()
                   ? "a TLS hello without a server name; the connection is for " + asked_.host
                   : "the TLS hello names " + hello.server_name + ", the connection is for " + asked_.host,
               403);
  }
  asked_.scheme = "https";
  std::optional<Refusal> no = attached_.ask(asked_, Known::part, permit_);
  if (no || service_ != nullptr || permit_.terms->tls == spec::Tls::intercept || !permit_.depends) return no;
  return own(spec::NetworkKind::refused, "tunnel",
             "rule " + permit_.rule + " asks for what TLS hides from the gateway; its terms may say tls: intercept",
             403);
}

awaitable<void> StreamDoor::run_tls() {
  while (true) {
    Result<std::optional<ClientHello>> hello = read_client_hello(caller_.buffer);
    if (!hello) {
      Refusal no = malformed("gateway/hello", hello.error());
      co_await refuse_tls(std::move(no), Alert::decode_error);
      co_return;
    }
    if (hello.value()) {
      std::optional<Refusal> no = check_hello(*hello.value());
      if (no) {
        const Alert alert = no->kind == spec::NetworkKind::mismatch ? Alert::unrecognized_name : Alert::access_denied;
        Refusal refusal = std::move(*no);
        co_await refuse_tls(std::move(refusal), alert);
        co_return;
      }
      break;
    }
    const Result<std::size_t> came = co_await caller_.wire.read(caller_.buffer);
    if (came && came.value() > 0) continue;
    refuse(own(spec::NetworkKind::deadline, "hello", "a TLS hello that was never finished", 400));
    co_return;
  }
  if (service_ != nullptr || permit_.terms->tls == spec::Tls::intercept) {
    co_await end_tls_here();
  } else if (attached_.draw_reset(*permit_.terms)) {
    refuse(own(spec::NetworkKind::condition, "reset", "the link's conditions reset this connection", 502));
  } else {
    co_await tunnel();
  }
}

awaitable<void> StreamDoor::end_tls_here() {
  Result<codec::TlsSession> session = codec::TlsSession::server(caller_.box->authority, asked_.host);
  if (!session) {
    refuse(own(spec::NetworkKind::unreachable, "tls", session.error().message(), 502));
    co_return;
  }
  std::string first = std::exchange(caller_.buffer, {});
  const Result<void> begun = co_await caller_.wire.begin_tls(std::move(session).value(), std::move(first));
  if (!begun) {
    const bool late = caller_.wire.overdue();
    refuse(own(late ? spec::NetworkKind::deadline : spec::NetworkKind::malformed, "tls",
               late ? "a TLS handshake that was never finished" : begun.error().message(), 400));
    co_return;
  }
  Place place{"https", authority_};
  co_await serve_http(caller_, std::move(place));
}

std::optional<Refusal> StreamDoor::count(bool up, std::size_t bytes) {
  (up ? up_ : down_) += bytes;
  return up ? attached_.count_up(permit_, bytes) : attached_.count_down(permit_, bytes);
}

awaitable<bool> StreamDoor::say(const Said& said) {
  const Milliseconds later{(said.after_ns + 999'999) / 1'000'000};
  co_await pause(later);
  std::optional<Refusal> no = count(false, said.bytes.size());
  if (no) {
    refuse(*no);
    co_return false;
  }
  if (!said.bytes.empty()) {
    caller_.wire.due_in(attached_.limits().progress_deadline);
    const Result<void> sent = co_await caller_.wire.write(said.bytes);
    if (!sent) co_return false;
  }
  co_return !said.close;
}

awaitable<void> StreamDoor::talk(TalkService& service) {
  if (service_->transport == Transport::tls) {
    Result<codec::TlsSession> session = codec::TlsSession::server(caller_.box->authority, asked_.host);
    Result<void> begun = session ? Result<void>{} : Result<void>{session.error()};
    if (session) {
      std::string first = std::exchange(caller_.buffer, {});
      begun = co_await caller_.wire.begin_tls(std::move(session).value(), std::move(first));
    }
    if (!begun) {
      refuse(own(spec::NetworkKind::malformed, "tls", begun.error().message(), 400));
      co_return;
    }
  }
  const std::unique_ptr<Talk> conversation = service.open(attached_.given().name);
  screen_ = TalkScreen{attached_.screens(permit_)};
  const Said hello = conversation->open();
  bool more = co_await say(hello);
  while (more) {
    caller_.wire.due_in(attached_.limits().idle_deadline);
    if (caller_.buffer.empty()) {
      const Result<std::size_t> came = co_await caller_.wire.read(caller_.buffer);
      if (!came || came.value() == 0) break;
    }
    const std::string bytes = std::exchange(caller_.buffer, {});
    std::optional<Refusal> no = count(true, bytes.size());
    if (!no) no = screen_.see(bytes);
    if (no) {
      refuse(*no);
      co_return;
    }
    co_await pause(attached_.draw_latency(*permit_.terms));
    const Said answer = conversation->feed(bytes);
    more = co_await say(answer);
  }
  attached_.tell_allowed(permit_, asked_, up_, down_);
  co_await caller_.wire.linger();
}

awaitable<void> StreamDoor::carry(Wire& from, Wire& to, bool up) {
  const std::uint64_t speed = permit_.terms->conditions.bytes_per_second;
  std::string piece = up ? std::exchange(caller_.buffer, {}) : std::string{};
  while (from.is_open() && to.is_open()) {
    if (piece.empty()) {
      const Result<std::size_t> came = co_await from.read(piece);
      if (!came || came.value() == 0) break;
    }
    std::optional<Refusal> no = count(up, piece.size());
    if (!no && up && asked_.scheme == "tcp") no = screen_.see(piece);
    if (no) {
      to.reset();
      refuse(*no);
      co_return;
    }
    const Milliseconds latency = attached_.draw_latency(*permit_.terms);
    co_await pause(latency);
    from.due_in(attached_.limits().idle_deadline);
    to.due_in(attached_.limits().idle_deadline);
    const Result<void> sent = co_await to.write(piece);
    if (!sent) break;
    if (speed != 0) co_await pause(Milliseconds{static_cast<std::int64_t>(piece.size() * 1000 / speed)});
    piece.clear();
  }
  // An end in one direction is passed on; the other may have more to say.
  boost::system::error_code ignored;
  if (to.is_open()) (void)to.socket().shutdown(tcp::socket::shutdown_send, ignored);
}

awaitable<void> StreamDoor::tunnel() {
  using namespace asio::experimental::awaitable_operators;  // NOLINT(google-build-using-namespace): && on awaitables
  std::optional<Refusal> no;
  std::unique_ptr<Wire> server = co_await caller_.box->dialler.dial(asked_, Sealed::no, no);
  if (no) {
    refuse(*no);
    co_return;
  }
  screen_ = TalkScreen{attached_.screens(permit_)};
  caller_.wire.due_in(attached_.limits().idle_deadline);
  server->due_in(attached_.limits().idle_deadline);
  co_await (carry(caller_.wire, *server, true) && carry(*server, caller_.wire, false));
  server->close();
  caller_.wire.close();
  attached_.tell_allowed(permit_, asked_, up_, down_);
}

// What CONNECT names, agreed upon by its line and its Host.
Result<Authority> connect_target(const RequestHead& head) {
  Authority to = TRY(parse_authority(head.target, 0));
  const Framing framing = TRY(request_framing(head));
  if (framing.kind != Framing::Kind::none && framing.length + (framing.kind == Framing::Kind::chunked ? 1 : 0) > 0) {
    return Error{Errc::corrupt, "CONNECT with a body"};
  }
  const std::string* const host = find_header(head.headers, "host");
  if (host == nullptr) return to;
  const Authority named = TRY(parse_authority(*host, to.port));
  if (named == to) return to;
  return Error{Errc::denied, "Host says " + printable(*host, 100) + ", CONNECT says " + printable(head.target, 100)};
}

SocksCode socks_code(const Refusal& refusal) {
  const bool unreachable =
      refusal.kind == spec::NetworkKind::unresolved || refusal.kind == spec::NetworkKind::unreachable;
  return unreachable ? SocksCode::unreachable : SocksCode::not_allowed;
}

// The request, or nothing when the program has been refused already.
awaitable<bool> read_socks(Caller& caller, SocksReader& reader) {
  caller.wire.set_waiting(true);
  caller.wire.due_in(caller.box->attached.limits().head_deadline);
  std::string bytes;
  while (true) {
    const Result<SocksStep> step = reader.feed(bytes);
    bytes.clear();
    if (!step) {
      Asked asked;
      asked.door = caller.door;
      asked.host = reader.asked();
      asked.port = reader.port();
      caller.box->attached.tell(malformed("gateway/socks", step.error()), asked);
      std::string reply{kSocksNoMethod};
      if (reader.greeted()) reply = socks_reply(reader.code());
      (void)co_await caller.wire.write(reply);
      co_await caller.wire.linger();
      co_return false;
    }
    if (step.value() == SocksStep::connect) co_return true;
    if (step.value() == SocksStep::greet) {
      const Result<void> sent = co_await caller.wire.write(kSocksNoAuthentication);
      if (!sent) co_return false;
      continue;
    }
    const Result<std::size_t> came = co_await caller.wire.read(bytes);
    if (came && came.value() > 0) continue;
    Asked asked;
    asked.door = caller.door;
    caller.box->attached.tell(own(spec::NetworkKind::deadline, "socks", "a request that was never finished", 400),
                              asked);
    co_return false;
  }
}

}  // namespace

awaitable<void> serve_connect(Caller& caller, const RequestHead& head) {
  caller.door = "connect";
  Asked asked;
  asked.door = caller.door;
  Result<Authority> to = connect_target(head);
  if (!to) {
    asked.host = head.target;
    Refusal no = malformed("gateway/connect", to.error());
    if (to.error().code() == Errc::denied) no.kind = spec::NetworkKind::mismatch;
    co_await refuse_http(caller, asked, no, head.method);
    co_await caller.wire.linger();
    co_return;
  }
  StreamDoor door{caller, std::move(to).value()};
  const std::optional<Refusal> no = co_await door.may_open();
  if (no) {
    co_await refuse_http(caller, door.asked(), *no, head.method);
    co_await caller.wire.linger();
    co_return;
  }
  const Result<void> sent = co_await caller.wire.write("HTTP/1.1 200 Connection established\r\n\r\n");
  if (sent) co_await door.run();
}

awaitable<void> serve_socks(Caller& caller) {
  SocksReader reader;
  const bool asked = co_await read_socks(caller, reader);
  if (!asked) co_return;
  caller.buffer = reader.rest();
  StreamDoor door{caller, reader.target()};
  const std::optional<Refusal> no = co_await door.may_open();
  if (no) caller.box->attached.tell(*no, door.asked());
  const std::string reply = socks_reply(no ? socks_code(*no) : SocksCode::succeeded);
  const Result<void> sent = co_await caller.wire.write(reply);
  if (no) {
    co_await caller.wire.linger();
  } else if (sent) {
    co_await door.run();
  }
}

awaitable<void> serve_transparent(Caller& caller) {
  Asked asked;
  asked.door = caller.door;
  Attached& attached = caller.box->attached;
  const Result<os::InternetAddress> meant = os::original_destination(caller.wire.socket().native_handle());
  if (meant) {
    asked.host = IpAddress::v4(meant.value().address).text();
    asked.port = meant.value().port;
  }
  const std::string* const name = meant ? attached.name_of(meant.value().address) : nullptr;
  const IpAddress address = IpAddress::v4(meant ? meant.value().address : 0);
  if (!meant || asked.port == 0 || (name == nullptr && (meant.value().address >> 17U) == (198U << 7U | 18U >> 1U))) {
    attached.tell(own(spec::NetworkKind::refused, "transparent", "an address that no name was answered with", 403),
                  asked);
    caller.wire.reset();
    co_return;
  }
  // An address that the program knew without asking is one that a rule has to name.
  Host host = name != nullptr ? Host{HostKind::name, *name, {}} : Host{HostKind::v4, address.text(), address};
  StreamDoor door{caller, Authority{std::move(host), meant.value().port}};
  const std::optional<Refusal> no = co_await door.may_open();
  if (no) {
    attached.tell(*no, door.asked());
    caller.wire.reset();
    co_return;
  }
  co_await door.run();
}

}  // namespace belljar::boundary
