#include "boundary/gateway.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>
#include <thread>
#include <utility>

#include "boundary/gateway/doors.h"
#include "os/sockets.h"

namespace belljar::boundary {

namespace {

constexpr auto kSettled = asio::as_tuple(asio::use_awaitable);
constexpr Milliseconds kSweep{50};

awaitable<void> serve(std::shared_ptr<Caller> caller, std::optional<boundary::Place> place) {
  if (place) {
    co_await serve_http(*caller, std::move(place));
  } else if (caller->door == "socks") {
    co_await serve_socks(*caller);
  } else if (caller->door == "transparent") {
    co_await serve_transparent(*caller);
  } else {
    co_await serve_http(*caller, std::nullopt);
  }
}

// Makes room by closing the connection that has waited longest; where all are busy, the new one has to go.
bool make_room(Box& box) {
  if (box.connections < box.attached.limits().connections_max) return true;
  Asked asked;
  asked.door = "http";
  const Refusal crowded{spec::NetworkKind::budget,
                        "gateway/connections",
                        std::to_string(box.attached.limits().connections_max) + " connections at once are the most",
                        {},
                        429};
  box.attached.tell(crowded, asked);
  return box.watch.close_longest_waiting();
}

}  // namespace

class Gateway::Engine {
 public:
  Engine(const GatewaySetup& setup, std::unique_ptr<codec::TlsAuthority> authority, os::Signal signal,
         os::SpareDescriptor spare)
      : events_{std::move(signal)}, spare_{std::move(spare)}, outside_{setup}, authority_{std::move(authority)} {
    asio::co_spawn(*context_, sweep(), asio::detached);
    thread_ = std::thread{[this] { context_->run(); }};
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  Result<void> attach(Attachment attachment);
  void detach(std::string_view name);
  Result<os::Fd> connect(std::string_view name, const std::string& host, std::uint16_t port);
  void throttle(std::string_view name, std::chrono::nanoseconds interval);
  const codec::TlsAuthority& authority() const { return *authority_; }
  EventLog& events() { return events_; }

 private:
  struct Place {
    std::shared_ptr<Box> box;
    std::vector<std::shared_ptr<tcp::acceptor>> acceptors;
    std::shared_ptr<asio::ip::udp::socket> dns;
    void close();
  };

  // On the gateway's thread, waited for.
  template <class Work>
  auto there(Work work) {
    std::packaged_task<decltype(work())()> task{std::move(work)};
    auto done = task.get_future();
    asio::post(*context_, [&task] { task(); });
    return done.get();
  }
  Result<void> open(Attachment attachment);
  awaitable<void> sweep();
  awaitable<void> accept(std::shared_ptr<Box> box, std::shared_ptr<tcp::acceptor> acceptor, std::string_view door);
  // `place`: where everything of it goes, where that is known already.
  void welcome(const std::shared_ptr<Box>& box, tcp::socket socket, std::string_view door,
               std::optional<boundary::Place> place = std::nullopt);

  std::shared_ptr<asio::io_context> context_ = std::make_shared<asio::io_context>(1);
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>(context_);
  EventLog events_;
  os::SpareDescriptor spare_;
  Outside outside_;
  std::unique_ptr<codec::TlsAuthority> authority_;
  std::map<std::string, Place, std::less<>> places_;
  std::thread thread_;
};

void Gateway::Engine::Place::close() {
  boost::system::error_code ignored;
  box->closed = true;
  for (const auto& acceptor : acceptors) (void)acceptor->close(ignored);
  if (dns) (void)dns->close(ignored);
  box->dialler.drop_kept();
  box->watch.close_all();
}

Gateway::Engine::~Engine() {
  there([this] {
    for (auto& [name, place] : places_) place.close();
    return 0;
  });
  context_->stop();
  thread_.join();
  mailbox_->close();
}

Result<void> Gateway::Engine::attach(Attachment attachment) {
  if (!attachment.policy)
    return Error{Errc::invalid_argument, "attach " + attachment.name + " to the gateway: no policy"};
  for (const spec::PolicyRule& rule : attachment.policy->spec().rules) {
    if (rule.effect != spec::Effect::permit) continue;
    const auto missing = std::find_if(rule.terms.filters.begin(), rule.terms.filters.end(),
                                      [&](const std::string& name) { return !attachment.filters.contains(name); });
    if (missing != rule.terms.filters.end()) {
      return Error{Errc::invalid_argument, "attach " + attachment.name + " to the gateway: rule " + rule.id +
                                               " names filters " + *missing + ", which are not given"};
    }
    const std::string& credential = rule.terms.credential;
    const bool known =
        std::any_of(attachment.credentials.begin(), attachment.credentials.end(),
                    [&](const Credential& one) { return one.name == credential && !one.secret.empty(); });
    if (!credential.empty() && !known) {
      return Error{Errc::invalid_argument, "attach " + attachment.name + " to the gateway: rule " + rule.id +
                                               " names credential " + credential + ", which is not given"};
    }
  }
  return there([&] { return open(std::move(attachment)); });
}

Result<void> Gateway::Engine::open(Attachment attachment) {
  if (places_.contains(attachment.name))
    return Error{Errc::invalid_argument, "attach " + attachment.name + " to the gateway: twice"};
  Doors doors = std::move(attachment.doors);
  const std::string name = attachment.name;
  auto box = std::make_shared<Box>(std::move(attachment), events_, outside_, *authority_, mailbox_);
  Place place{box, {}, nullptr};
  boost::system::error_code error;
  const auto listen = [&](os::Fd& fd, std::string_view door) {
    if (!fd || error) return;
    auto acceptor = std::make_shared<tcp::acceptor>(*context_);
    (void)acceptor->assign(tcp::v4(), fd.get(), error);
    if (error) return;
    (void)fd.release();
    place.acceptors.push_back(acceptor);
    asio::co_spawn(*context_, accept(box, acceptor, door), asio::detached);
  };
  listen(doors.http, "http");
  listen(doors.socks, "socks");
  listen(doors.transparent, "transparent");
  if (doors.dns && !error) {
    place.dns = std::make_shared<asio::ip::udp::socket>(*context_);
    (void)place.dns->assign(asio::ip::udp::v4(), doors.dns.get(), error);
    if (!error) {
      (void)doors.dns.release();
      asio::co_spawn(*context_, serve_dns(box, place.dns), asio::detached);
    }
  }
  if (error) {
    place.close();
    return Error{Errc::invalid_argument, "attach " + name + " to the gateway: take over a door: " + error.message()};
  }
  places_.emplace(name, std::move(place));
  return {};
}

void Gateway::Engine::detach(std::string_view name) {
  there([&] {
    const auto found = places_.find(name);
    if (found == places_.end()) return 0;
    found->second.close();
    places_.erase(found);
    return 0;
  });
}

Result<os::Fd> Gateway::Engine::connect(std::string_view name, const std::string& host, std::uint16_t port) {
  boundary::Place place{"https", {TRY_CTX(parse_host(host, Brackets::never), "connect to the gateway"), port}};
  auto [ours, theirs] = TRY_CTX(os::make_socket_pair(), "connect to the gateway");
  os::Fd& end = theirs;
  const Result<void> taken = there([&]() -> Result<void> {
    const auto found = places_.find(name);
    if (found == places_.end()) {
      return Error{Errc::not_found, "connect to the gateway: nothing is attached as " + std::string{name}};
    }
    boost::system::error_code error;
    tcp::socket socket{*context_};
    (void)socket.assign(tcp::v4(), end.get(), error);
    if (error) return Error{Errc::internal, "connect to the gateway: " + error.message()};
    (void)end.release();
    welcome(found->second.box, std::move(socket), "connect", std::move(place));
    return {};
  });
  TRY(taken);
  return std::move(ours);
}

void Gateway::Engine::throttle(std::string_view name, std::chrono::nanoseconds interval) {
  there([&] {
    const auto found = places_.find(name);
    if (found != places_.end()) found->second.box->attached.slow_down(interval);
    return 0;
  });
}

awaitable<void> Gateway::Engine::sweep() {
  while (true) {
    co_await pause(kSweep);
    const SteadyTime now = std::chrono::steady_clock::now();
    for (auto& [name, place] : places_) place.box->watch.close_overdue(now);
  }
}

awaitable<void> Gateway::Engine::accept(std::shared_ptr<Box> box, std::shared_ptr<tcp::acceptor> acceptor,
                                        std::string_view door) {
  while (!box->closed) {
    auto [error, socket] = co_await acceptor->async_accept(kSettled);
    if (box->closed || error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
    if (error == asio::error::no_descriptors || error == boost::system::errc::too_many_files_open_in_system) {
      spare_.shed(acceptor->native_handle());
      co_await pause(Milliseconds{20});
      continue;
    }
    if (error) {
      co_await pause(Milliseconds{5});
      continue;
    }
    welcome(box, std::move(socket), door);
  }
}

void Gateway::Engine::welcome(const std::shared_ptr<Box>& box, tcp::socket socket, std::string_view door,
                              std::optional<boundary::Place> place) {
  if (!make_room(*box)) return;
  auto caller = std::make_shared<Caller>(box, std::move(socket), door);
  ++box->connections;
  asio::co_spawn(*context_, serve(caller, std::move(place)), [caller](const std::exception_ptr&) {
    caller->wire.reset();
    --caller->box->connections;
  });
}

Gateway::Gateway(std::unique_ptr<Engine> engine) : engine_{std::move(engine)} {}
Gateway::~Gateway() = default;

Result<std::unique_ptr<Gateway>> Gateway::start(const GatewaySetup& setup) {
  auto authority = TRY(codec::TlsAuthority::make("Belljar run authority"));
  os::Signal signal = TRY(os::Signal::make());
  os::SpareDescriptor spare = TRY(os::SpareDescriptor::make());
  auto engine = std::make_unique<Engine>(setup, std::move(authority), std::move(signal), std::move(spare));
  return std::unique_ptr<Gateway>{new Gateway{std::move(engine)}};
}

std::string Gateway::authority_pem() const { return engine_->authority().certificate_pem(); }
Result<void> Gateway::attach(Attachment attachment) { return engine_->attach(std::move(attachment)); }
void Gateway::detach(std::string_view name) { engine_->detach(name); }
Result<os::Fd> Gateway::connect(std::string_view name, const std::string& host, std::uint16_t port) {
  return engine_->connect(name, host, port);
}
void Gateway::throttle(std::string_view name, std::chrono::nanoseconds interval) { engine_->throttle(name, interval); }
std::vector<spec::NetworkEvent> Gateway::take_events() { return engine_->events().take(); }
int Gateway::poll_fd() const { return engine_->events().poll_fd(); }

}  // namespace belljar::boundary
