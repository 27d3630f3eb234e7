// A request to a service: its body is read whole and filtered, the service answers when it likes, and what it says is
// framed, filtered and counted as any server's answer.
#include <algorithm>
#include <utility>

#include "boundary/gateway/doors.h"
#include "boundary/service_canaries.h"

namespace belljar::boundary {

namespace {

Milliseconds rounded(std::int64_t ns) { return Milliseconds{(ns + 999'999) / 1'000'000}; }

HttpAsk ask_of(const Caller& caller, HttpJob& job) {
  HttpAsk ask;
  ask.subject = caller.box->attached.given().name;
  ask.method = job.head.method;
  ask.scheme = job.scheme;
  ask.host = job.authority.host.text;
  ask.port = job.authority.port;
  ask.target = job.origin;
  ask.headers = job.head.headers;
  ask.body = std::move(*job.gathered);
  drop_hop_by_hop(ask.headers);
  std::erase_if(ask.headers,
                [](const auto& header) { return header.first == "content-length" || header.first == "expect"; });
  if (!ask.body.empty()) ask.headers.emplace_back("content-length", std::to_string(ask.body.size()));
  return ask;
}

// One answer of a service on its way to the program.
class ServiceAnswer {
 public:
  ServiceAnswer(Caller& caller, HttpJob& job, const Service& service)
      : caller_{caller},
        job_{job},
        filter_{job.screens, canary_home(service.name)},
        sink_{caller.wire, caller.box->attached.limits().progress_deadline} {}

  awaitable<After> run(ReplyQueue& queue);

 private:
  void head(ReplyPart& part);
  awaitable<bool> body(std::string_view bytes, bool last);
  awaitable<After> stop(Refusal refusal);

  Caller& caller_;
  HttpJob& job_;
  BodyFilter filter_;
  BodySink sink_;
  bool headed_ = false;
  bool keep_ = true;
  std::optional<Refusal> no_;
};

void ServiceAnswer::head(ReplyPart& part) {
  headed_ = true;
  BodySink::Mode mode = BodySink::Mode::none;
  std::string text = answer_head(job_, part.status, std::move(part.headers), !filter_.empty(), mode, keep_);
  sink_.begin(std::move(text), mode, job_.permit.terms->conditions.bytes_per_second);
}

awaitable<bool> ServiceAnswer::body(std::string_view bytes, bool last) {
  no_ = admit_down(caller_, job_, bytes.size());
  if (no_) co_return false;
  std::string passed = filter_.empty() ? std::string{bytes} : filter_.push(bytes);
  if (last && !filter_.empty()) passed += filter_.finish();
  tell_noted(caller_, job_, filter_);
  no_ = filter_.refusal();
  if (no_) co_return false;
  const Result<void> sent = co_await sink_.put(passed);
  co_return static_cast<bool>(sent);
}

awaitable<After> ServiceAnswer::stop(Refusal refusal) {
  if (sink_.begun()) {
    caller_.box->attached.tell(refusal, job_.asked);
    co_return After::reset;
  }
  co_await refuse_http(caller_, job_.asked, refusal, job_.head.method);
  co_return After::close;
}

awaitable<After> ServiceAnswer::run(ReplyQueue& queue) {
  const Milliseconds patience = caller_.box->attached.limits().service_deadline;
  while (true) {
    ReplyPart part = co_await queue.next(patience);
    caller_.wire.due_in(patience);
    if (part.kind == ReplyPart::Kind::wait) {
      co_await pause(rounded(part.wait_ns));
    } else if (part.kind == ReplyPart::Kind::head && !headed_) {
      head(part);
    } else if (part.kind == ReplyPart::Kind::body && headed_) {
      const bool sent = co_await body(part.bytes, false);
      if (!sent && !no_) co_return After::reset;
    } else if (part.kind == ReplyPart::Kind::end && headed_) {
      const bool sent = co_await body({}, true);
      if (!sent && !no_) co_return After::reset;
      if (no_) break;
      const Result<void> ended = co_await sink_.end();
      if (!ended) co_return After::reset;
      co_return keep_ ? After::another : After::close;
    } else if (part.kind == ReplyPart::Kind::ring && !headed_) {
      no_ = caller_.box->attached.touched(part.bytes);
    } else {
      const bool late = part.kind == ReplyPart::Kind::overdue;
      if (!late) co_return After::reset;  // as a server that crashed: nothing to tell
      no_ = Refusal{spec::NetworkKind::deadline, "gateway/service", "the service did not answer in time", {}, 504};
    }
    if (no_) break;
  }
  const After after = co_await stop(*no_);
  co_return after;
}

}  // namespace

awaitable<After> ask_service(Caller& caller, HttpJob& job, const Service& service) {
  std::optional<Refusal> no = co_await gather(caller, job, caller.box->attached.limits().body_bytes_max);
  if (no) {
    co_await refuse_http(caller, job.asked, *no, job.head.method);
    co_return After::close;
  }
  std::shared_ptr<Mailbox> mailbox = caller.box->mailbox.lock();
  if (!mailbox) co_return After::reset;
  caller.wire.due_in(caller.box->attached.limits().service_deadline);
  const auto queue = std::make_shared<ReplyQueue>(mailbox->context());
  service.http->answer(ask_of(caller, job), std::make_shared<ReplyHandle>(mailbox, queue));
  // The context owns this frame while it waits: a frame that owned the context would keep both for good.
  mailbox.reset();
  ServiceAnswer answer{caller, job, service};
  const After after = co_await answer.run(*queue);
  caller.box->attached.tell_allowed(job.permit, job.asked, job.up, job.down);
  co_return after;
}

}  // namespace belljar::boundary
