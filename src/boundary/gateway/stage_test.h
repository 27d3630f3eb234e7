// What the gateway's tests stand on: a network namespace of their own in which a few public addresses are this
// machine's, so that stand-ins for the world answer and no packet can leave; plain sockets for both sides; a policy
// from text.
#pragma once

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "boundary/gateway.h"
#include "os/fd.h"
#include "policy/policy.h"

namespace belljar::boundary::testing {

inline sockaddr_in at(const std::string& address, std::uint16_t port) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(port);
  (void)inet_pton(AF_INET, address.c_str(), &place.sin_addr);
  return place;
}

// Once for the process: nothing of these tests can reach, or be reached by, the machine's own network.
inline bool enter_own_network(const std::vector<std::string>& addresses) {
  static const bool entered = [&] {
    if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) return false;
    const os::Fd control{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    for (std::size_t index = 0; index <= addresses.size(); ++index) {
      ifreq request{};
      const std::string name = index == 0 ? "lo" : "lo:" + std::to_string(index);
      std::memcpy(request.ifr_name, name.data(), name.size());
      const sockaddr_in own = at(index == 0 ? "127.0.0.1" : addresses[index - 1], 0);
      std::memcpy(&request.ifr_addr, &own, sizeof own);
      if (::ioctl(control.get(), SIOCSIFADDR, &request) != 0) return false;
      request.ifr_flags = IFF_UP;
      if (::ioctl(control.get(), SIOCSIFFLAGS, &request) != 0) return false;
    }
    return true;
  }();
  return entered;
}

inline os::Fd listen_at(const std::string& address, std::uint16_t port, int type = SOCK_STREAM) {
  os::Fd fd{::socket(AF_INET, type | SOCK_CLOEXEC, 0)};
  const int on = 1;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in place = at(address, port);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0)
    throw std::runtime_error{"bind " + address};
  if (type == SOCK_STREAM && ::listen(fd.get(), 1024) != 0) throw std::runtime_error{"listen " + address};
  return fd;
}

inline std::uint16_t port_of(const os::Fd& fd) {
  sockaddr_in place{};
  socklen_t bytes = sizeof place;
  (void)::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&place), &bytes);
  return ntohs(place.sin_port);
}

// One connection of a program inside.
class Program {
 public:
  explicit Program(std::uint16_t port, int type = SOCK_STREAM) : fd_{::socket(AF_INET, type | SOCK_CLOEXEC, 0)} {
    const sockaddr_in place = at("127.0.0.1", port);
    if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0)
      throw std::runtime_error{"connect"};
  }
  void say(std::string_view bytes) { (void)::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  // What has come by the end, or when nothing more comes within that time, or once `until` has been read.
  std::string hear(std::string_view until = {}, int quiet_ms = 3000) {
    std::string heard;
    while (until.empty() || heard.find(until) == std::string::npos) {
      pollfd waiting{fd_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, quiet_ms) <= 0) break;
      char piece[16384];
      const ssize_t bytes = ::recv(fd_.get(), piece, sizeof piece, 0);
      if (bytes < 0) was_reset_ = true;
      if (bytes <= 0) break;
      heard.append(piece, static_cast<std::size_t>(bytes));
    }
    return heard;
  }
  // The next piece; empty at the end.
  std::string hear_some() {
    char piece[16384];
    pollfd waiting{fd_.get(), POLLIN, 0};
    if (::poll(&waiting, 1, 3000) <= 0) return {};
    const ssize_t bytes = ::recv(fd_.get(), piece, sizeof piece, 0);
    return bytes > 0 ? std::string(piece, static_cast<std::size_t>(bytes)) : std::string{};
  }
  bool was_reset() const { return was_reset_; }
  void finish() { (void)::shutdown(fd_.get(), SHUT_WR); }

 private:
  os::Fd fd_;
  bool was_reset_ = false;
};

// A server outside, one thread, one request at a time per connection: `answer` gets what came of one request, head and
// body, and gives the bytes to send.
class StandIn {
 public:
  using Answer = std::function<std::string(const std::string& request)>;
  StandIn(const std::string& address, std::uint16_t port, Answer answer)
      : listener_{listen_at(address, port)}, answer_{std::move(answer)}, thread_{[this] { run(); }} {}
  ~StandIn() {
    stop_ = true;
    thread_.join();
  }
  StandIn(const StandIn&) = delete;
  StandIn& operator=(const StandIn&) = delete;

  std::vector<std::string> requests() {
    const std::lock_guard held{lock_};
    return requests_;
  }
  int connections() const { return connections_; }

 private:
  static bool is_whole(const std::string& bytes) {
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return bytes.find("HTTP/1") == std::string::npos && !bytes.empty();
    if (bytes.find("transfer-encoding: chunked") < end) return bytes.ends_with("0\r\n\r\n");
    const std::size_t length = bytes.find("content-length: ");
    if (length > end) return true;
    return bytes.size() >= end + 4 + std::stoul(bytes.substr(length + 16));
  }
  void run() {
    std::vector<std::pair<os::Fd, std::string>> open;
    while (!stop_) {
      std::vector<pollfd> waiting{{listener_.get(), POLLIN, 0}};
      for (const auto& [fd, bytes] : open) waiting.push_back({fd.get(), POLLIN, 0});
      if (::poll(waiting.data(), waiting.size(), 20) <= 0) continue;
      for (std::size_t index = waiting.size() - 1; index > 0; --index) {
        if (waiting[index].revents != 0 && !serve(open[index - 1].first, open[index - 1].second)) {
          open.erase(open.begin() + static_cast<std::ptrdiff_t>(index - 1));
        }
      }
      if (waiting[0].revents == 0) continue;
      os::Fd fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      ++connections_;
      if (fd) open.emplace_back(std::move(fd), std::string{});
    }
  }
  bool serve(const os::Fd& fd, std::string& bytes) {
    char piece[16384];
    const ssize_t got = ::recv(fd.get(), piece, sizeof piece, 0);
    if (got <= 0) return false;
    bytes.append(piece, static_cast<std::size_t>(got));
    if (!is_whole(bytes)) return true;
    {
      const std::lock_guard held{lock_};
      requests_.push_back(bytes);
    }
    const std::string answer = answer_(std::exchange(bytes, {}));
    (void)::send(fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    return answer.find("connection: close") == std::string::npos;
  }

  os::Fd listener_;
  Answer answer_;
  std::atomic<bool> stop_ = false;
  std::atomic<int> connections_ = 0;
  std::mutex lock_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

inline std::shared_ptr<const policy::Policy> policy_of(const std::string& rules) {
  const std::string text = "belljar-policy: 1\nname: test\nrules:\n" + rules;
  Result<spec::PolicySpec> spec =
      spec::parse_policy(text, "test.yaml", [](const std::string& path) -> Result<std::string> {
        return Error{Errc::not_found, path};
      });
  if (!spec) throw std::runtime_error{spec.error().message()};
  return std::make_shared<const policy::Policy>(policy::compile(std::move(spec).value()).value());
}

// A gateway with one sandbox whose doors are here.
struct Stage {
  explicit Stage(Attachment attachment, const std::string& hosts = {}, const std::string& trust_file = "/dev/null") {
    const std::string path = "/tmp/belljar_gateway_test." + std::to_string(::getpid());
    std::ofstream{path} << hosts;
    Result<std::unique_ptr<Gateway>> started =
        Gateway::start({.hosts_file = path, .resolver_file = "/dev/null", .trust_file = trust_file});
    if (!started) throw std::runtime_error{started.error().message()};
    gateway = std::move(started).value();
    (void)::unlink(path.c_str());
    attachment.name = "box";
    attachment.doors = {listen_at("127.0.0.1", 0), listen_at("127.0.0.1", 0), os::Fd{},
                        listen_at("127.0.0.1", 0, SOCK_DGRAM)};
    http = port_of(attachment.doors.http);
    socks = port_of(attachment.doors.socks);
    dns = port_of(attachment.doors.dns);
    const Result<void> attached = gateway->attach(std::move(attachment));
    if (!attached) throw std::runtime_error{attached.error().message()};
  }

  std::string ask(std::string_view bytes) {
    Program program{http};
    program.say(bytes);
    return program.hear();
  }
  std::string get(const std::string& url, const std::string& more = {}) {
    const std::string host = url.substr(7, url.find('/', 7) - 7);
    return ask("GET " + url + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + more + "\r\n");
  }
  // Those of one kind of thing since it was last asked; waits until there is one.
  std::vector<spec::NetworkEvent> refusals() {
    std::vector<spec::NetworkEvent> found;
    for (int tries = 0; tries < 100 && found.empty(); ++tries) {
      for (spec::NetworkEvent& event : gateway->take_events()) {
        if (event.is_refusal()) found.push_back(std::move(event));
      }
      if (found.empty()) std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    return found;
  }

  std::unique_ptr<Gateway> gateway;
  std::uint16_t http = 0;
  std::uint16_t socks = 0;
  std::uint16_t dns = 0;
};

}  // namespace belljar::boundary::testing
