#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "boundary/gateway/body_filter.h"
#include "boundary/gateway/doors.h"
#include "boundary/target.h"
#include "codec/json.h"

namespace belljar::boundary {

namespace {

std::string_view phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 413:
      return "Content Too Large";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 502:
      return "Bad Gateway";
    case 504:
      return "Gateway Timeout";
    default:
      return "Answer";
  }
}

// A header's value: what is no visible ASCII would be another reader's line break.
std::string header_safe(std::string_view text) {
  std::string safe = printable(text, 300);
  std::replace_if(
      safe.begin(), safe.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return safe;
}

Refusal own(spec::NetworkKind kind, std::string_view rule, std::string reason, int status) {
  return Refusal{kind, "gateway/" + std::string{rule}, std::move(reason), {}, status};
}

// The request's place, agreed upon by its line, its Host and the tunnel it came through.
std::optional<Refusal> locate(HttpJob& job, const std::optional<Place>& place) {
  const std::string* const host = find_header(job.head.headers, "host");
  if (!place) {
    Result<AbsoluteTarget> to = parse_absolute(job.head.target);
    if (!to) return malformed("gateway/target", to.error());
    job.scheme = to.value().scheme;
    job.authority = std::move(to.value().authority);
    job.origin = std::move(to.value().origin);
  } else {
    job.scheme = place->scheme;
    job.authority = place->authority;
    Result<std::string> origin = normal_target(job.head.target, job.head.method);
    if (!origin) return malformed("gateway/target", origin.error());
    job.origin = std::move(origin).value();
  }
  job.asked.host = job.authority.host.text;
  job.asked.is_address = job.authority.host.kind != HostKind::name;
  job.asked.port = job.authority.port;
  if (host == nullptr) return std::nullopt;
  const Result<Authority> named = parse_authority(*host, default_port(job.scheme));
  if (!named) return malformed("gateway/host", named.error());
  if (named.value() == job.authority) return std::nullopt;
  return own(spec::NetworkKind::mismatch, "host",
             "Host says " + printable(*host, 100) + ", but the connection is for " + job.authority.host.in_url() + ":" +
                 std::to_string(job.authority.port),
             400);
}

std::optional<Refusal> check_method(const RequestHead& head) {
  constexpr std::array<std::string_view, 4> kNever{"TRACE", "TRACK", "CONNECT", "PRI"};
  if (std::find(kNever.begin(), kNever.end(), head.method) != kNever.end()) {
    return own(spec::NetworkKind::refused, "method", "method " + head.method + " goes through here to nobody", 403);
  }
  if (find_header(head.headers, "upgrade") != nullptr) {
    return own(spec::NetworkKind::refused, "upgrade", "a change of protocol goes through here to nobody", 403);
  }
  const std::string* const expect = find_header(head.headers, "expect");
  if (expect != nullptr && !has_token(head.headers, "expect", "100-continue")) {
    return own(spec::NetworkKind::malformed, "expect", "an expectation other than 100-continue", 417);
  }
  return std::nullopt;
}

// Everything in a head that a program could hide something in.
std::string head_text(const HttpJob& job) {
  std::string text = job.head.method + " " + job.origin + "\n";
  for (const auto& [name, value] : job.head.headers) text.append(name).append(": ").append(value).append("\n");
  return text;
}

std::optional<Refusal> admit(Caller& caller, HttpJob& job, const std::optional<Place>& place) {
  std::optional<Refusal> no = locate(job, place);
  if (!no) no = check_method(job.head);
  if (no) return no;
  const Result<Framing> framing = request_framing(job.head);
  if (!framing) return malformed("gateway/framing", framing.error());
  job.framing = framing.value();
  Attached& attached = caller.box->attached;
  job.asked.scheme = job.scheme;
  job.asked.method = job.head.method;
  job.asked.path = path_of(job.origin);
  const bool sized = job.framing.kind != Framing::Kind::chunked;
  if (sized) job.asked.bytes = job.framing.length;
  no = attached.ask_decoy(job.asked);
  if (!no) no = attached.ask(job.asked, sized ? Known::all : Known::part, job.permit);
  if (!no) no = caller.count_connection(job.permit);
  if (!no) no = attached.count_request(job.permit);
  if (no) return no;
  job.screens = attached.screens(job.permit);
  if (!job.screens.empty()) {
    const std::string text = head_text(job);
    no = screen_whole(job.screens, text);
    if (!no) no = attached.follow(job.asked.host, text);
  }
  if (!no && job.permit.terms->request_bytes_max && job.framing.length > *job.permit.terms->request_bytes_max) {
    no = own(spec::NetworkKind::budget, "size",
             "a body of " + std::to_string(job.framing.length) + " bytes; rule " + job.permit.rule + " lets " +
                 std::to_string(*job.permit.terms->request_bytes_max) + " pass",
             413);
  }
  return no ? no : admit_up(caller, job, job.head.target.size());
}

// The next head, or nothing when the connection has ended, one way or the other.
awaitable<std::size_t> read_head(Caller& caller, bool first, std::optional<Refusal>& refusal) {
  const GatewayLimits& limits = caller.box->attached.limits();
  caller.wire.set_waiting(true);
  caller.wire.due_in(first || !caller.buffer.empty() ? limits.head_deadline : limits.idle_deadline);
  while (true) {
    const Result<std::size_t> end =
        caller.buffer.empty() ? Result<std::size_t>{std::size_t{0}} : head_end(caller.buffer);
    if (!end) {
      refusal = malformed("gateway/head", end.error());
      co_return 0;
    }
    if (end.value() > 0) {
      caller.wire.set_waiting(false);
      co_return end.value();
    }
    const bool idle = caller.buffer.empty();
    const Result<std::size_t> came = co_await caller.wire.read(caller.buffer);
    if (!came || came.value() == 0) {
      if (!caller.buffer.empty() || (first && caller.wire.overdue())) {
        refusal = own(spec::NetworkKind::deadline, "head", "a request that was never finished", 400);
      }
      co_return 0;
    }
    if (idle && !first) caller.wire.due_in(limits.head_deadline);
  }
}

awaitable<After> serve_one(Caller& caller, HttpJob& job, const std::optional<Place>& place) {
  co_await caller.wait_turn();
  std::optional<Refusal> no = admit(caller, job, place);
  if (no) {
    co_await refuse_http(caller, job.asked, *no, job.head.method);
    co_return After::close;
  }
  Attached& attached = caller.box->attached;
  if (attached.draw_reset(*job.permit.terms)) {
    attached.tell(own(spec::NetworkKind::condition, "reset", "the link's conditions reset this connection", 502),
                  job.asked);
    co_return After::reset;
  }
  caller.wire.due_in(attached.limits().service_deadline);
  co_await pause(attached.draw_latency(*job.permit.terms));
  if (has_token(job.head.headers, "expect", "100-continue") && job.framing.kind != Framing::Kind::none) {
    const Result<void> sent = co_await caller.wire.write("HTTP/1.1 100 Continue\r\n\r\n");
    if (!sent) co_return After::reset;
  }
  const Service* const service = attached.service(job.authority.host.text, job.authority.port);
  if (service != nullptr && !service->http) {
    no = own(spec::NetworkKind::mismatch, "service", "the service there speaks no HTTP", 400);
    co_await refuse_http(caller, job.asked, *no, job.head.method);
    co_return After::close;
  }
  After after = After::reset;
  if (service != nullptr) {
    after = co_await ask_service(caller, job, *service);
  } else {
    after = co_await forward(caller, job);
  }
  co_return after;
}

}  // namespace

std::uint16_t default_port(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

std::optional<Refusal> Caller::count_connection(const Permit& permit) {
  if (std::exchange(counted_terms, permit.terms) == permit.terms) return std::nullopt;
  return box->attached.count_connection(permit);
}

awaitable<void> Caller::wait_turn() {
  const Milliseconds wait = box->attached.take_turn();
  if (wait.count() == 0) co_return;
  wire.due_in(wait + box->attached.limits().head_deadline);
  co_await pause(wait);
}

std::optional<Refusal> admit_up(Caller& caller, HttpJob& job, std::uint64_t bytes) {
  job.up += bytes;
  const auto& most = job.permit.terms->request_bytes_max;
  if (most && job.up > *most + job.head.target.size()) {
    return own(spec::NetworkKind::budget, "size",
               "a body past the " + std::to_string(*most) + " bytes of rule " + job.permit.rule, 413);
  }
  return caller.box->attached.count_up(job.permit, bytes);
}

std::optional<Refusal> admit_down(Caller& caller, HttpJob& job, std::uint64_t bytes) {
  job.down += bytes;
  const auto& most = job.permit.terms->answer_bytes_max;
  if (most && job.down > *most) {
    return own(spec::NetworkKind::budget, "size",
               "an answer past the " + std::to_string(*most) + " bytes of rule " + job.permit.rule, 502);
  }
  return caller.box->attached.count_down(job.permit, bytes);
}

awaitable<void> refuse_http(Caller& caller, const Asked& asked, const Refusal& refusal, std::string_view method) {
  caller.box->attached.tell(refusal, asked);
  const std::string message =
      "belljar refused this request: " + printable(refusal.reason, 400) + " (rule " + printable(refusal.rule) + ")";
  codec::Json error{codec::Json::Object{}};
  error.set("message", message);
  error.set("type", "belljar_refused");
  error.set("rule", printable(refusal.rule));
  error.set("kind", spec::name_of(refusal.kind));
  codec::Json body{codec::Json::Object{}};
  body.set("error", std::move(error));
  const std::string text = codec::to_json(body) + "\n";
  std::string answer =
      "HTTP/1.1 " + std::to_string(refusal.status) + " " + std::string{phrase(refusal.status)} + "\r\n";
  answer += "content-type: application/json\r\nx-belljar-rule: " + header_safe(refusal.rule);
  answer += "\r\nx-belljar-reason: " + header_safe(refusal.reason);
  answer += "\r\nconnection: close\r\ncontent-length: " + std::to_string(text.size()) + "\r\n\r\n";
  if (method != "HEAD") answer += text;
  caller.wire.due_in(caller.box->attached.limits().head_deadline);
  (void)co_await caller.wire.write(answer);
}

awaitable<void> serve_http(Caller& caller, std::optional<Place> place) {
  After after = After::another;
  for (bool first = true; after == After::another; first = false) {
    HttpJob job;
    job.asked.door = caller.door;
    if (place) {
      job.asked.host = place->authority.host.text;
      job.asked.port = place->authority.port;
    }
    std::optional<Refusal> no;
    const std::size_t end = co_await read_head(caller, first, no);
    if (no) co_await refuse_http(caller, job.asked, *no, {});
    if (end == 0) break;
    Result<RequestHead> head = parse_request_head(std::string_view{caller.buffer}.substr(0, end));
    caller.buffer.erase(0, end);
    if (!head) {
      const Refusal broken = malformed("gateway/head", head.error());
      co_await refuse_http(caller, job.asked, broken, {});
      break;
    }
    job.head = std::move(head).value();
    if (!place && job.head.method == "CONNECT") {
      co_await serve_connect(caller, job.head);
      co_return;
    }
    after = co_await serve_one(caller, job, place);
  }
  if (after == After::reset) {
    caller.wire.reset();
  } else {
    co_await caller.wire.linger();
  }
}

std::string answer_head(const HttpJob& job, int status, Headers headers, bool may_rewrite, BodySink::Mode& mode,
                        bool& keep) {
  drop_hop_by_hop(headers);
  const std::string* const length = find_header(headers, "content-length");
  const bool bodiless = status == 204 || status == 304 || job.head.method == "HEAD";
  if (bodiless) {
    mode = BodySink::Mode::none;
  } else if (length != nullptr && !may_rewrite) {
    mode = BodySink::Mode::length;
  } else {
    std::erase_if(headers, [](const auto& header) { return header.first == "content-length"; });
    mode = job.head.minor == 1 ? BodySink::Mode::chunked : BodySink::Mode::until_close;
  }
  keep = keep && mode != BodySink::Mode::until_close && keeps_alive(job.head.headers, job.head.minor);
  std::string text = "HTTP/1.1 " + std::to_string(status) + " " + std::string{phrase(status)} + "\r\n";
  for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
  if (mode == BodySink::Mode::chunked) text += "transfer-encoding: chunked\r\n";
  if (!keep) text += "connection: close\r\n";
  if (keep && job.head.minor == 0) text += "connection: keep-alive\r\n";
  return text += "\r\n";
}

awaitable<Result<void>> BodySource::next(std::string& piece) {
  const std::size_t before = piece.size();
  while (!reader_.done() && piece.size() == before) {
    if (buffer_.empty()) {
      wire_.due_in(progress_);
      const Result<std::size_t> came = co_await wire_.read(buffer_);
      if (!came) co_return came.error();
      if (came.value() == 0) {
        Result<void> ended = reader_.closed();
        co_return ended;
      }
    }
    const Result<std::size_t> used = reader_.feed(buffer_, piece);
    if (!used) co_return used.error();
    buffer_.erase(0, used.value());
  }
  co_return Result<void>{};
}

void BodySink::begin(std::string head, Mode mode, std::uint64_t bytes_per_second) {
  waiting_ = std::move(head);
  mode_ = mode;
  bytes_per_second_ = bytes_per_second;
}

awaitable<Result<void>> BodySink::send(std::string_view bytes) {
  begun_ = true;
  wire_.due_in(progress_);
  Result<void> sent = co_await wire_.write(bytes);
  if (sent && bytes_per_second_ != 0) {
    const auto time = Milliseconds{static_cast<std::int64_t>(bytes.size() * 1000 / bytes_per_second_)};
    wire_.due_in(progress_ + time);
    co_await pause(time);
  }
  co_return sent;
}

awaitable<Result<void>> BodySink::put(std::string_view piece) {
  if (piece.empty()) co_return Result<void>{};
  if (mode_ == Mode::none) piece = {};
  std::string framed = std::exchange(waiting_, {});
  if (mode_ == Mode::chunked) {
    std::array<char, 20> size{};
    (void)std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
    framed += size.data();
  }
  framed += piece;
  if (mode_ == Mode::chunked) framed += "\r\n";
  if (framed.empty()) co_return Result<void>{};
  Result<void> sent = co_await send(framed);
  co_return sent;
}

awaitable<Result<void>> BodySink::end() {
  std::string last = std::exchange(waiting_, {});
  if (mode_ == Mode::chunked) last += "0\r\n\r\n";
  if (last.empty()) co_return Result<void>{};
  Result<void> sent = co_await send(last);
  co_return sent;
}

}  // namespace belljar::boundary
