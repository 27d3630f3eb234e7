#include "sandbox/pool/pool.h"

#include <charconv>

#include "codec/json.h"
#include "os/local_socket.h"
#include "sandbox/pool/likeness.h"

namespace belljar::sandbox {

namespace {

constexpr std::size_t kGuestsMax = 512;
constexpr std::size_t kStartWords = 5;  // before argv
constexpr std::chrono::milliseconds kNap{10'000};

Result<std::size_t> read_number(const std::string& word) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc{} && end == word.data() + word.size()) return number;
  return Error{Errc::corrupt, "read a frame of the pool: a word that is no number"};
}

Result<spec::Command> command_of(const Frame& frame) {
  const Error incomplete{Errc::corrupt, "read a frame of the pool: a start without its words"};
  if (frame.words.size() < kStartWords) return incomplete;
  const std::size_t count = TRY(read_number(frame.words[4]));
  if (count > frame.words.size() - kStartWords) return incomplete;
  const auto first = frame.words.begin() + kStartWords;
  const auto middle = first + static_cast<std::ptrdiff_t>(count);
  return spec::Command{{first, middle}, {middle, frame.words.end()}, frame.words[3]};
}

}  // namespace

Pool::Pool(PoolOptions options, std::string likeness, const Clock& clock)
    : options_{std::move(options)},
      likeness_{std::move(likeness)},
      spec_text_{spec_text(options_.spec)},
      clock_{clock} {}

Result<std::unique_ptr<Pool>> Pool::open(PoolOptions options, const Clock& clock) {
  if (!may_be_pooled(options.spec)) {
    return Error{Errc::invalid_argument,
                 "keep sandboxes ready: found files, a network, a port or determinism in their spec, expected none"};
  }
  if (options.socket.empty()) options.socket = TRY(pool_socket_path());
  // Before anything is made of it: a profile that is edited from now on is told apart.
  std::string alike = TRY(likeness(options.engine));
  std::unique_ptr<Pool> pool{new Pool{std::move(options), std::move(alike), clock}};
  pool->listener_ = TRY_CTX(os::listen_local(pool->options_.socket), "keep sandboxes ready");
  pool->engine_ = TRY(Engine::start(pool->options_.engine, clock));
  TRY(pool->engine_->keep_ready(pool->options_.spec, pool->options_.depth));
  // Claimed and let go: its reason, where none can be made, is the pool's.
  (void)TRY(pool->engine_->claim(pool->options_.spec));
  return pool;
}

Pool::~Pool() {
  if (listener_) os::unlisten_local(options_.socket);
}

Result<void> Pool::serve(os::StopSignals& signals) {
  for (;;) {
    TRY(turn(kNap, signals.fd()));
    if (poll_.ready(signals.fd()) && signals.take()) return {};
  }
}

Result<void> Pool::turn(std::chrono::milliseconds at_most, int also) {
  poll_.clear();
  poll_.add(also, os::Interest::read);
  if (guests_.size() < kGuestsMax) poll_.add(listener_.get(), os::Interest::read);
  poll_.add(engine_->poll_fd(), os::Interest::read);
  for (const Guest& guest : guests_) {
    poll_.add(guest.connection.get(), os::Interest::read);
    if (!guest.out.empty()) poll_.add(guest.connection.get(), os::Interest::write);
  }
  TRY(poll_.wait(at_most));
  for (Guest& guest : guests_) {
    if (poll_.ready(guest.connection.get())) hear(guest);
  }
  if (poll_.ready(listener_.get())) TRY(accept());
  TRY(engine_->pump());
  for (Guest& guest : guests_) {
    if (guest.sandbox && guest.sandbox->ended()) conclude(guest);
    flush(guest);
  }
  // With its guest a sandbox ends; it is torn down beside all else.
  guests_.remove_if([](const Guest& guest) { return guest.gone; });
  return {};
}

// A guest speaks as soon as it is connected: most often its words are there already.
Result<void> Pool::accept() {
  while (guests_.size() < kGuestsMax) {
    std::optional<os::Fd> connection = TRY(os::accept_local(listener_.get()));
    if (!connection) return {};
    guests_.emplace_back().connection = *std::move(connection);
    hear(guests_.back());
  }
  return {};
}

void Pool::hear(Guest& guest) {
  const os::Taken taken = os::read_ready(guest.connection.get(), buffer_);
  guest.reader.feed({buffer_.data(), taken.bytes});
  guest.gone = guest.gone || taken.closed;
  while (!guest.gone) {
    const Result<std::optional<Frame>> frame = guest.reader.next();
    if (!frame) guest.gone = true;
    if (!frame || !frame.value()) return;
    obey(guest, *frame.value());
  }
}

void Pool::obey(Guest& guest, const Frame& frame) {
  if (frame.kind == FrameKind::start && !guest.sandbox) {
    const Result<void> started = start(guest, frame);
    if (!started) say(guest, FrameKind::refused, started.error().message());
    return;
  }
  const bool known = (frame.kind == FrameKind::signal || frame.kind == FrameKind::kill) && frame.words.size() == 1;
  if (!known) guest.gone = true;
  if (!known || !guest.sandbox) return;  // a signal that crossed the end
  if (frame.kind == FrameKind::kill) return guest.sandbox->kill(spec::EndStatus::denied, frame.words[0]);
  const Result<std::size_t> number = read_number(frame.words[0]);
  if (number) guest.sandbox->signal(static_cast<int>(number.value()));
}

Result<void> Pool::start(Guest& guest, const Frame& frame) {
  const spec::Command command = TRY(command_of(frame));
  if (frame.words[0] != likeness_) {
    return Error{Errc::unavailable, "another Belljar, other profiles, or another place than the pool's"};
  }
  if (frame.words[1] != spec_text_) return Error{Errc::unavailable, "another sandbox than the pool keeps ready"};
  std::unique_ptr<Sandbox> sandbox = TRY(engine_->claim(options_.spec));
  TRY(sandbox->start(command));
  const std::array<int, 3> ends{sandbox->input_fd(), sandbox->output_fd(Stream::out),
                                sandbox->output_fd(Stream::error)};
  // It runs by now: a guest that cannot hear so must not hear that nothing was started.
  guest.gone = !os::send_with_descriptors(guest.connection.get(), encode_frame({FrameKind::started, {}}), ends);
  sandbox->close_input();  // the guest's to close from now on
  guest.sandbox = std::move(sandbox);
  guest.proof = frame.words[2] == "1";
  return {};
}

void Pool::conclude(Guest& guest) {
  const std::unique_ptr<Sandbox> sandbox = std::exchange(guest.sandbox, nullptr);
  const Result<spec::SandboxReport> report = guest.proof ? sandbox->destroy() : sandbox->await_end();
  if (!report) return say(guest, FrameKind::failed, report.error().message());
  say(guest, FrameKind::ended, codec::to_json(spec::report_json(report.value())));
}

void Pool::say(Guest& guest, FrameKind kind, std::string word) {
  guest.out += encode_frame({kind, {std::move(word)}});
  flush(guest);
}

void Pool::flush(Guest& guest) {
  if (guest.gone || guest.out.empty()) return;
  const Result<os::Written> written = os::write_some(guest.connection.get(), guest.out);
  if (!written || written.value().closed) {
    guest.gone = true;
    return;
  }
  guest.out.erase(0, written.value().bytes);
}

}  // namespace belljar::sandbox
