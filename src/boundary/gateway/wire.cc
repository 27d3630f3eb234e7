#include "boundary/gateway/wire.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace belljar::boundary {

namespace {

constexpr std::size_t kReadBytes = 16U << 10;
constexpr auto kSettled = asio::as_tuple(asio::use_awaitable);

}  // namespace

void Watch::close_overdue(SteadyTime now) {
  for (Wire* const wire : wires_) {
    if (wire->due_ > now || !wire->is_open()) continue;
    wire->overdue_ = true;
    wire->close();
  }
}

void Watch::close_all() {
  for (Wire* const wire : wires_) wire->reset();
}

bool Watch::close_longest_waiting() {
  Wire* longest = nullptr;
  for (Wire* const wire : wires_) {
    if (!wire->waiting_ || !wire->is_open()) continue;
    if (longest == nullptr || wire->waiting_since_ < longest->waiting_since_) longest = wire;
  }
  if (longest == nullptr) return false;
  longest->overdue_ = true;
  longest->reset();
  return true;
}

Wire::Wire(tcp::socket socket, Watch& watch)
    : socket_{std::move(socket)},
      watch_{watch},
      place_{watch.wires_.insert(watch.wires_.end(), this)},
      due_{SteadyTime::max()} {
  boost::system::error_code ignored;
  (void)socket_.set_option(tcp::no_delay{true}, ignored);
}

Wire::~Wire() { watch_.wires_.erase(place_); }

void Wire::set_waiting(bool waiting) {
  if (waiting && !waiting_) waiting_since_ = std::chrono::steady_clock::now();
  waiting_ = waiting;
}

awaitable<Result<std::size_t>> Wire::read_sealed(std::string& buffer) {
  std::array<char, kReadBytes> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): read into
  const auto [error, bytes] = co_await socket_.async_read_some(asio::buffer(piece), kSettled);
  if (error == asio::error::eof) co_return std::size_t{0};
  if (error) co_return Error{overdue_ ? Errc::timeout : Errc::unavailable, error.message()};
  buffer.append(piece.data(), bytes);
  co_return bytes;
}

awaitable<Result<std::size_t>> Wire::read(std::string& buffer) {
  if (!tls_) {
    Result<std::size_t> plain = co_await read_sealed(buffer);
    co_return plain;
  }
  while (true) {
    const std::string plain = tls_->take_plain();
    buffer += plain;
    if (!plain.empty() || tls_->closed()) co_return plain.size();
    std::string sealed;
    const Result<std::size_t> came = co_await read_sealed(sealed);
    if (!came) co_return came;
    // An end without a goodbye: whoever counts bytes sees that some are missing.
    if (came.value() == 0) co_return std::size_t{0};
    const Result<void> fed = tls_->feed(sealed);
    const Result<void> sent = co_await flush();
    if (!fed) co_return fed.error();
    if (!sent) co_return sent.error();
  }
}

awaitable<Result<void>> Wire::flush() {
  const std::string sealed = tls_->take_output();
  if (sealed.empty()) co_return Result<void>{};
  const auto [error, bytes] = co_await asio::async_write(socket_, asio::buffer(sealed), kSettled);
  (void)bytes;
  if (error) co_return Error{overdue_ ? Errc::timeout : Errc::unavailable, error.message()};
  co_return Result<void>{};
}

awaitable<Result<void>> Wire::write(std::string_view bytes) {
  if (tls_) {
    const Result<void> taken = tls_->write(bytes);
    if (!taken) co_return taken;
    Result<void> flushed = co_await flush();
    co_return flushed;
  }
  const auto [error, sent] = co_await asio::async_write(socket_, asio::buffer(bytes), kSettled);
  (void)sent;
  if (error) co_return Error{overdue_ ? Errc::timeout : Errc::unavailable, error.message()};
  co_return Result<void>{};
}

awaitable<Result<void>> Wire::begin_tls(codec::TlsSession session, std::string first) {
  tls_.emplace(std::move(session));
  while (!tls_->ready()) {
    const Result<void> fed = tls_->feed(first);
    const Result<void> sent = co_await flush();
    if (!fed) co_return fed;
    if (!sent) co_return sent;
    if (tls_->ready()) break;
    first.clear();
    const Result<std::size_t> came = co_await read_sealed(first);
    if (!came) co_return came.error();
    if (came.value() == 0) co_return Error{Errc::corrupt, "the connection ended during the TLS handshake"};
  }
  co_return Result<void>{};
}

awaitable<void> Wire::linger() {
  constexpr std::size_t kDrained = 256U << 10;
  if (!socket_.is_open()) co_return;
  due_in(Milliseconds{1000});
  if (tls_) {
    tls_->close();
    (void)co_await flush();
  }
  boost::system::error_code ignored;
  (void)socket_.shutdown(tcp::socket::shutdown_send, ignored);
  std::string thrown;
  for (std::size_t drained = 0; drained < kDrained && socket_.is_open();) {
    thrown.clear();
    const Result<std::size_t> came = co_await read_sealed(thrown);
    if (!came || came.value() == 0) break;
    drained += came.value();
  }
  close();
}

void Wire::close() {
  boost::system::error_code ignored;
  (void)socket_.close(ignored);
}

void Wire::reset() {
  boost::system::error_code ignored;
  (void)socket_.set_option(tcp::socket::linger{true, 0}, ignored);
  (void)socket_.close(ignored);
}

awaitable<bool> Wire::comes_within(Milliseconds time) {
  asio::steady_timer timer{socket_.get_executor(), time};
  timer.async_wait([this](const boost::system::error_code& cancelled) {
    boost::system::error_code ignored;
    if (!cancelled) (void)socket_.cancel(ignored);
  });
  const auto [error] = co_await socket_.async_wait(tcp::socket::wait_read, kSettled);
  // Cancelled before this frame goes: the timer's handler refers to the wire.
  timer.cancel();
  co_return !error;
}

bool Wire::has_input() {
  boost::system::error_code error;
  std::array<char, 1> peeked{};
  (void)socket_.non_blocking(true, error);
  (void)socket_.receive(asio::buffer(peeked), tcp::socket::message_peek, error);
  return error != asio::error::would_block;
}

awaitable<void> pause(Milliseconds time) {
  if (time.count() <= 0) co_return;
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer{executor, time};
  (void)co_await timer.async_wait(kSettled);
}

}  // namespace belljar::boundary
