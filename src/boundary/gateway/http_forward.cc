// A request to a real server: what is between neighbours is taken out, a secret is put in where its rule says so, the
// body passes the filters in pieces, and the answer comes back filtered and without any secret.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "boundary/gateway/doors.h"

namespace belljar::boundary {

namespace {

// A filtered body up to this goes out with its length, which old servers want; a larger one in chunks.
constexpr std::uint64_t kGatheredMax = 1U << 20;

Refusal own(spec::NetworkKind kind, std::string_view rule, std::string reason, int status) {
  return Refusal{kind, "gateway/" + std::string{rule}, std::move(reason), {}, status};
}

bool is_encoded(const Headers& headers) {
  const std::string* const coding = find_header(headers, "content-encoding");
  return coding != nullptr && !has_token(headers, "content-encoding", "identity");
}

class Forward {
 public:
  Forward(Caller& caller, HttpJob& job)
      : caller_{caller},
        job_{job},
        attached_{caller.box->attached},
        scrubber_{attached_.given().credentials},
        filter_{job.screens},
        sink_{caller.wire, attached_.limits().progress_deadline},
        key_{job.scheme + "://" + job.authority.host.in_url() + ":" + std::to_string(job.authority.port)} {}

  awaitable<After> run();

 private:
  std::string request_head(BodySink::Mode& mode);
  awaitable<bool> connect();
  awaitable<bool> send_request();
  awaitable<bool> send_body(BodySink& out);
  awaitable<bool> read_answer();
  awaitable<bool> send_answer();
  awaitable<After> stop();
  bool alters_answers() const { return !job_.screens.empty() || !scrubber_.empty(); }

  Caller& caller_;
  HttpJob& job_;
  Attached& attached_;
  Scrubber scrubber_;
  BodyFilter filter_;
  BodySink sink_;
  std::string key_;
  std::unique_ptr<Wire> wire_;
  std::string buffer_;
  AnswerHead answer_;
  bool kept_ = false;  // the wire served an earlier request
  bool keep_caller_ = true;
  std::optional<Refusal> no_;
};

std::string Forward::request_head(BodySink::Mode& mode) {
  Headers headers = job_.head.headers;
  const std::string* const length = find_header(headers, "content-length");
  mode = length != nullptr ? BodySink::Mode::length : BodySink::Mode::none;
  std::string sized = length != nullptr ? *length : std::string{};
  if (job_.gathered) {
    sized = job_.gathered->empty() && length == nullptr ? std::string{} : std::to_string(job_.gathered->size());
  } else if (job_.framing.kind == Framing::Kind::chunked || (length != nullptr && !job_.screens.empty())) {
    sized.clear();
    mode = BodySink::Mode::chunked;
  }
  drop_hop_by_hop(headers);
  std::erase_if(headers, [&](const auto& header) {
    return header.first == "host" || header.first == "content-length" || header.first == "expect" ||
           (alters_answers() && header.first == "accept-encoding");
  });
  if (const Credential* const credential = attached_.credential(job_.permit)) (void)put_in(headers, *credential);
  const bool usual = job_.authority.port == default_port(job_.scheme);
  std::string text = job_.head.method + " " + job_.origin + " HTTP/1.1\r\nhost: " + job_.authority.host.in_url();
  if (!usual) text += ":" + std::to_string(job_.authority.port);
  text += "\r\n";
  for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
  if (alters_answers()) text += "accept-encoding: identity\r\n";
  if (!sized.empty()) text += "content-length: " + sized + "\r\n";
  if (mode == BodySink::Mode::chunked) text += "transfer-encoding: chunked\r\n";
  if (job_.gathered) mode = BodySink::Mode::length;
  return text += "\r\n";
}

awaitable<bool> Forward::connect() {
  wire_ = caller_.box->dialler.take_kept(key_);
  kept_ = wire_ != nullptr;
  if (kept_) co_return true;
  wire_ = co_await caller_.box->dialler.dial(job_.asked, job_.scheme == "https" ? Sealed::tls : Sealed::no, no_);
  co_return wire_ != nullptr;
}

awaitable<bool> Forward::send_body(BodySink& out) {
  BodyFilter filter{job_.screens};
  BodySource source{caller_.wire, caller_.buffer, job_.framing, attached_.limits().progress_deadline};
  std::string piece;
  while (!source.done()) {
    piece.clear();
    const Result<void> came = co_await source.next(piece);
    if (!came) {
      no_ = broken_body(caller_.wire, came.error());
      co_return false;
    }
    no_ = admit_up(caller_, job_, piece.size());
    if (no_) co_return false;
    if (!filter.empty()) piece = filter.push(piece);
    if (source.done() && !filter.empty()) piece += filter.finish();
    tell_noted(caller_, job_, filter);
    no_ = filter.refusal();
    if (no_) co_return false;
    const Result<void> sent = co_await out.put(piece);
    // A server may answer before it has read everything; then its answer says why.
    if (!sent) co_return true;
  }
  co_return true;
}

awaitable<bool> Forward::send_request() {
  BodySink out{*wire_, attached_.limits().progress_deadline};
  BodySink::Mode mode = BodySink::Mode::none;
  std::string head = request_head(mode);
  out.begin(std::move(head), mode, job_.permit.terms->conditions.bytes_per_second);
  if (job_.gathered) {
    (void)co_await out.put(*job_.gathered);
  } else {
    const bool sound = co_await send_body(out);
    if (!sound) co_return false;
  }
  (void)co_await out.end();
  co_return true;
}

awaitable<bool> Forward::read_answer() {
  constexpr int kInformationalMax = 8;
  buffer_.clear();
  wire_->due_in(attached_.limits().service_deadline);
  for (int informational = 0; informational <= kInformationalMax;) {
    const Result<std::size_t> end = buffer_.empty() ? Result<std::size_t>{std::size_t{0}} : head_end(buffer_);
    if (!end) {
      no_ = own(spec::NetworkKind::unreachable, "answer", "an answer that is no HTTP: " + end.error().message(), 502);
      co_return false;
    }
    if (end.value() == 0) {
      const Result<std::size_t> came = co_await wire_->read(buffer_);
      if (came && came.value() > 0) continue;
      no_ = own(wire_->overdue() ? spec::NetworkKind::deadline : spec::NetworkKind::unreachable, "answer",
                "the server ended the connection without an answer", wire_->overdue() ? 504 : 502);
      co_return false;
    }
    Result<AnswerHead> head = parse_answer_head(std::string_view{buffer_}.substr(0, end.value()));
    if (!head) {
      no_ = own(spec::NetworkKind::unreachable, "answer",
                "an answer that can be read two ways: " + head.error().message(), 502);
      co_return false;
    }
    buffer_.erase(0, end.value());
    answer_ = std::move(head).value();
    if (answer_.status >= 200) co_return true;
    ++informational;
    if (answer_.status == 101) break;
  }
  no_ = own(spec::NetworkKind::unreachable, "answer",
            "a change of protocol nobody asked for, or no end of interim answers", 502);
  co_return false;
}

awaitable<bool> Forward::send_answer() {
  const Result<Framing> framing = answer_framing(answer_, job_.head.method);
  if (!framing)
    no_ = own(spec::NetworkKind::unreachable, "answer",
              "an answer that can be read two ways: " + framing.error().message(), 502);
  if (!no_ && alters_answers() && framing.value().kind != Framing::Kind::none && is_encoded(answer_.headers)) {
    no_ = own(spec::NetworkKind::refused, "encoding", "an encoded answer, which no filter can read", 502);
  }
  if (no_) co_return false;
  for (auto& header : answer_.headers) header.second = scrubber_.whole(header.second);
  BodySink::Mode mode = BodySink::Mode::none;
  std::string head = answer_head(job_, answer_.status, answer_.headers, alters_answers(), mode, keep_caller_);
  sink_.begin(std::move(head), mode, job_.permit.terms->conditions.bytes_per_second);
  BodySource source{*wire_, buffer_, framing.value(), attached_.limits().progress_deadline};
  std::string piece;
  while (!source.done()) {
    piece.clear();
    const Result<void> came = co_await source.next(piece);
    if (!came) {
      no_ = own(wire_->overdue() ? spec::NetworkKind::deadline : spec::NetworkKind::unreachable, "answer",
                came.error().message(), 502);
      co_return false;
    }
    no_ = admit_down(caller_, job_, piece.size());
    if (no_) co_return false;
    if (!scrubber_.empty()) piece = scrubber_.push(piece);
    if (source.done() && !scrubber_.empty()) piece += scrubber_.finish();
    if (!filter_.empty()) piece = filter_.push(piece);
    if (source.done() && !filter_.empty()) piece += filter_.finish();
    tell_noted(caller_, job_, filter_);
    no_ = filter_.refusal();
    if (no_) co_return false;
    const Result<void> sent = co_await sink_.put(piece);
    if (!sent) co_return false;
  }
  const Result<void> ended = co_await sink_.end();
  const bool whole = buffer_.empty() && framing.value().kind != Framing::Kind::until_close;
  if (whole && keeps_alive(answer_.headers, answer_.minor)) caller_.box->dialler.keep(key_, std::move(wire_));
  co_return static_cast<bool>(ended);
}

awaitable<After> Forward::stop() {
  if (!no_) co_return After::reset;
  if (sink_.begun()) {
    attached_.tell(*no_, job_.asked);
    co_return After::reset;
  }
  co_await refuse_http(caller_, job_.asked, *no_, job_.head.method);
  co_return After::close;
}

awaitable<After> Forward::run() {
  if (!job_.screens.empty() && is_encoded(job_.head.headers)) {
    no_ = own(spec::NetworkKind::refused, "encoding", "an encoded body, which no filter can read", 403);
  } else if (job_.permit.depends || (!job_.screens.empty() && job_.framing.length <= kGatheredMax)) {
    no_ = co_await gather(caller_, job_, kGatheredMax);
  }
  bool sound = !no_;
  if (sound) sound = co_await connect();
  if (sound) sound = co_await send_request();
  if (sound) sound = co_await read_answer();
  // A kept connection may have been closed by the server just when it was taken; what had no body can be asked again.
  const bool again = !sound && kept_ && no_ && no_->rule == "gateway/answer" && buffer_.empty() &&
                     (job_.gathered || job_.framing.kind == Framing::Kind::none);
  if (again) {
    no_.reset();
    caller_.box->dialler.drop_kept();
    sound = co_await connect();
    if (sound) sound = co_await send_request();
    if (sound) sound = co_await read_answer();
  }
  if (sound) sound = co_await send_answer();
  if (!sound) {
    const After after = co_await stop();
    co_return after;
  }
  attached_.tell_allowed(job_.permit, job_.asked, job_.up, job_.down);
  co_return keep_caller_ ? After::another : After::close;
}

}  // namespace

void tell_noted(Caller& caller, const HttpJob& job, BodyFilter& filter) {
  if (filter.empty()) return;
  for (const Refusal& noted : filter.take_noted()) caller.box->attached.tell(noted, job.asked);
}

Refusal broken_body(const Wire& wire, const Error& error) {
  if (wire.overdue()) return own(spec::NetworkKind::deadline, "body", "a body that made no progress", 400);
  return own(spec::NetworkKind::malformed, "body", error.message(), 400);
}

awaitable<std::optional<Refusal>> gather(Caller& caller, HttpJob& job, std::uint64_t bytes_max) {
  BodyFilter filter{job.screens};
  BodySource source{caller.wire, caller.buffer, job.framing, caller.box->attached.limits().progress_deadline};
  std::string whole;
  std::uint64_t seen = 0;
  while (!source.done()) {
    std::string piece;
    const Result<void> came = co_await source.next(piece);
    if (!came) co_return broken_body(caller.wire, came.error());
    seen += piece.size();
    std::optional<Refusal> no = admit_up(caller, job, piece.size());
    if (!no && seen > bytes_max)
      no = own(spec::NetworkKind::budget, "size", "a body longer than a service or a filter takes whole", 413);
    if (!no && !job.held.add(caller.box, piece.size())) {
      no = own(spec::NetworkKind::budget, "held", "the sandbox's bodies under way are as many bytes as are held", 429);
    }
    if (no) co_return no;
    whole += filter.empty() ? piece : filter.push(piece);
  }
  if (!filter.empty()) whole += filter.finish();
  tell_noted(caller, job, filter);
  if (filter.refusal()) co_return filter.refusal();
  if (!filter.empty()) {
    std::optional<Refusal> no = caller.box->attached.follow(job.asked.host, whole);
    if (no) co_return no;
  }
  job.gathered = std::move(whole);
  if (!job.permit.depends) co_return std::nullopt;
  job.asked.bytes = seen;
  co_return caller.box->attached.ask(job.asked, Known::all, job.permit);
}

awaitable<After> forward(Caller& caller, HttpJob& job) {
  Forward work{caller, job};
  const After after = co_await work.run();
  co_return after;
}

}  // namespace belljar::boundary
