// The gateway against tinyproxy (plain forwarding) and mitmproxy (TLS ended at the proxy), on the same traffic over
// loopback, interleaved; and what it takes in memory.
//
//   gateway_bench [--rounds 5] [--seconds 2] [--callers 8]      the comparison
//   gateway_bench --requests 1000000                            memory of the gateway over so many requests
//   gateway_bench --loris 1000                                  memory with so many heads that never end, and a good
//   request
//
// An origin (a process of its own, 1 KiB answers, connections kept), a proxy (another), and callers (threads) that each
// keep one connection where the proxy lets them. The gateway decides every request by a policy; in the second half it
// filters bodies too (size, encoding, hidden characters, 222 rules for secrets, five recognisers, injection), which
// mitmproxy does not.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "boundary/gateway.h"
#include "codec/tls.h"
#include "content/screen.h"
#include "measure.h"
#include "policy/policy.h"
#include "spec/filters.h"

namespace {

using namespace belljar;         // NOLINT(google-build-using-namespace): one program
using namespace belljar::bench;  // NOLINT(google-build-using-namespace)

constexpr std::uint16_t kPlain = 18080;
constexpr std::uint16_t kSealed = 18443;
constexpr std::uint16_t kGateway = 13128;
constexpr std::uint16_t kTinyproxy = 18888;
constexpr std::uint16_t kMitmproxy = 18889;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in place{};
  place.sin_family = AF_INET;
  place.sin_port = htons(port);
  place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return place;
}

os::Fd listen_on(std::uint16_t port) {
  os::Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int on = 1;
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in place = loopback(port);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0 || ::listen(fd.get(), 1024) != 0) {
    (void)std::fprintf(stderr, "port %u is taken\n", port);
    std::exit(4);
  }
  return fd;
}

os::Fd connect_to(std::uint16_t port) {
  os::Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const sockaddr_in place = loopback(port);
  const int on = 1;
  (void)::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&place), sizeof place) != 0) fd.reset();
  return fd;
}

// One end of a connection, plain or sealed, blocking.
class Link {
 public:
  explicit Link(os::Fd fd) : fd_{std::move(fd)} {}
  bool seal(codec::TlsSession session) {
    tls_.emplace(std::move(session));
    while (!tls_->ready()) {
      flush();
      if (!more()) return false;
    }
    return flush();
  }
  bool send(std::string_view bytes) {
    if (!tls_) return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    return tls_->write(bytes) && flush();
  }
  // Up to the end of a head and the body its content-length tells.
  bool receive_message() {
    while (true) {
      const std::size_t end = plain_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t whole = end + 4 + body_length(end);
        closing_ = plain_.substr(0, end).find("onnection: close") != std::string::npos;
        sound_ = plain_.find(" 200") != std::string::npos || plain_.starts_with("GET ");
        if (plain_.size() >= whole) {
          plain_.erase(0, whole);
          return true;
        }
      }
      if (!more()) return false;
    }
  }
  bool is_open() const { return static_cast<bool>(fd_); }
  bool closing() const { return closing_; }
  bool sound() const { return sound_; }

 private:
  std::size_t body_length(std::size_t head_end) const {
    const std::string_view head = std::string_view{plain_}.substr(0, head_end);
    for (const std::string_view name : {"content-length: ", "Content-Length: "}) {
      const std::size_t at = head.find(name);
      if (at != std::string_view::npos) return std::strtoul(head.data() + at + name.size(), nullptr, 10);
    }
    if (head.find("chunked") == std::string_view::npos) return 0;
    const std::size_t last = plain_.find("\r\n0\r\n\r\n", head_end + 4);
    return last == std::string::npos ? plain_.size() : last + 7 - head_end - 4;
  }
  bool more() {
    char piece[16384];
    const ssize_t bytes = ::recv(fd_.get(), piece, sizeof piece, 0);
    if (bytes <= 0) return false;
    const std::string_view came{piece, static_cast<std::size_t>(bytes)};
    if (!tls_) {
      plain_ += came;
      return true;
    }
    if (!tls_->feed(came)) return false;
    plain_ += tls_->take_plain();
    return true;
  }
  bool flush() {
    const std::string out = tls_->take_output();
    return out.empty() || ::send(fd_.get(), out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
  }

  os::Fd fd_;
  std::optional<codec::TlsSession> tls_;
  std::string plain_;
  bool closing_ = false;
  bool sound_ = false;
};

pid_t child(const std::function<void()>& work) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  work();
  std::_Exit(0);
}

// 1 KiB for every request, connections kept; threads are cheap enough for a peer that is the same for all.
void origin(codec::TlsAuthority& authority) {
  std::string words;
  while (words.size() < 1024) words += "plain words of an answer that nobody minds\n";
  words.resize(1024);
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + words;
  const auto serve = [&](std::uint16_t port, bool sealed) {
    const os::Fd listener = listen_on(port);
    std::mutex lock;
    while (true) {
      os::Fd fd{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
      const int on = 1;
      (void)::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      std::thread{[&, sealed, link = std::make_shared<Link>(std::move(fd))] {
        if (sealed) {
          std::optional<codec::TlsSession> session;
          {
            const std::lock_guard held{lock};
            session.emplace(must(codec::TlsSession::server(authority, "127.0.0.1")));
          }
          if (!link->seal(std::move(*session))) return;
        }
        while (link->receive_message() && link->send(answer)) {
        }
      }}.detach();
    }
  };
  std::thread sealed{serve, kSealed, true};
  serve(kPlain, false);
}

std::unique_ptr<boundary::Gateway> make_gateway(const std::string& trust_file, bool filtered) {
  auto gateway = must(boundary::Gateway::start({.trust_file = trust_file}));
  const std::string text = R"(belljar-policy: 1
name: bench
rules:
  - permit: plain
    action: connect
    what: {hosts: ["127.0.0.1"], ports: [18080], methods: [GET], paths: [/**]}
  - permit: sealed
    action: connect
    what: {hosts: ["127.0.0.1"], ports: [18443], methods: [GET], paths: [/**]}
    terms: {tls: intercept}
)";
  boundary::Attachment attachment;
  attachment.name = "bench";
  attachment.doors.http = listen_on(kGateway);
  attachment.limits.connections_max = 2048;
  auto spec = must(spec::parse_policy(text, "bench.yaml", [](const std::string& path) -> Result<std::string> {
    return Error{Errc::not_found, path};
  }));
  attachment.policy = std::make_shared<const policy::Policy>(must(policy::compile(std::move(spec))));
  if (filtered) {
    spec::FilterSpec filters;
    filters.size = spec::MostSpec{.most = 1U << 20U, .then = spec::Treatment::refuse};
    filters.encoding = spec::Treatment::refuse;
    filters.unicode = spec::Treatment::redact;
    filters.secrets = spec::SecretsSpec{};
    for (const char* name : {"EMAIL_ADDRESS", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "PHONE_NUMBER"}) {
      filters.pii.push_back({name, spec::Treatment::redact});
    }
    filters.injection = spec::Treatment::refuse;
    attachment.screen = std::make_shared<const content::Screen>(must(content::Screen::make(filters)));
  }
  must(gateway->attach(std::move(attachment)));
  return gateway;
}

double resident_kib(pid_t pid) {
  std::ifstream status{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

bool reachable(std::uint16_t port) {
  for (int tries = 0; tries < 200; ++tries) {
    if (connect_to(port)) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return false;
}

struct Load {
  std::uint16_t proxy = 0;
  bool sealed = false;
  std::string authority;  // whom the callers trust
  bool keep = true;       // the callers' connections, where the proxy lets them
};

struct Seen {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
};

std::unique_ptr<Link> open_link(const Load& load, codec::TlsTrust* trust) {
  auto link = std::make_unique<Link>(connect_to(load.proxy));
  if (!link->is_open() || !load.sealed) return link->is_open() ? std::move(link) : nullptr;
  const bool through =
      link->send("CONNECT 127.0.0.1:18443 HTTP/1.1\r\nHost: 127.0.0.1:18443\r\n\r\n") && link->receive_message();
  if (!through || !link->seal(must(codec::TlsSession::client(*trust, "127.0.0.1")))) return nullptr;
  return link;
}

Seen run_load(const Load& load, int callers, double seconds, std::uint64_t requests_max) {
  std::atomic<std::uint64_t> failed = 0;
  std::vector<std::vector<double>> times(static_cast<std::size_t>(callers));
  std::atomic<std::uint64_t> done = 0;
  const std::int64_t begin = now_ns();
  const std::int64_t end = seconds > 0 ? begin + static_cast<std::int64_t>(seconds * 1e9) : INT64_MAX;
  std::string request = load.sealed ? "GET /x HTTP/1.1\r\nHost: 127.0.0.1:18443\r\n\r\n"
                                    : "GET http://127.0.0.1:18080/x HTTP/1.1\r\nHost: 127.0.0.1:18080\r\n\r\n";
  if (!load.keep) request.insert(request.size() - 2, "Connection: close\r\n");
  std::vector<std::thread> threads;
  for (auto& own : times) {
    threads.emplace_back([&] {
      const auto trust = load.sealed ? must(codec::TlsTrust::from_pem(load.authority)) : nullptr;
      std::unique_ptr<Link> link;
      while (now_ns() < end && done.fetch_add(1) < requests_max) {
        const std::int64_t sent = now_ns();
        const auto ask = [&] { return link && link->send(request) && link->receive_message() && link->sound(); };
        const bool kept = link != nullptr;
        if (!kept) link = open_link(load, trust.get());
        bool answered = ask();
        // A proxy that does not keep connections closes without a word; that is no failure of it.
        if (!answered && kept) {
          link = open_link(load, trust.get());
          answered = ask();
        }
        if (!answered) ++failed;
        if (answered && own.size() < 2'000'000) own.push_back(static_cast<double>(now_ns() - sent) / 1e3);
        if (!answered || link->closing() || !load.keep) link.reset();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double took = static_cast<double>(now_ns() - begin) / 1e9;
  std::vector<double> all;
  for (const auto& own : times) all.insert(all.end(), own.begin(), own.end());
  return {static_cast<double>(all.size()) / took, quantile(all, 0.5), quantile(all, 0.99), all.size(), failed};
}

pid_t spawn(const std::vector<std::string>& argv) {
  return child([&] {
    std::vector<char*> words;
    for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)::dup2(nowhere, STDOUT_FILENO);
    (void)::dup2(nowhere, STDERR_FILENO);
    (void)::execvp(words[0], words.data());
  });
}

void end_child(pid_t pid) {
  if (pid <= 0) return;
  (void)::kill(pid, SIGKILL);
  (void)::waitpid(pid, nullptr, 0);
}

struct Proxies {
  pid_t gateway = 0;
  pid_t peer = 0;
  std::string gateway_authority;
  std::string peer_authority;
};

// The gateway's process tells its authority through a file.
pid_t start_gateway(const std::string& folder, bool filtered) {
  const std::string authority = folder + "/gateway.pem";
  (void)::unlink(authority.c_str());
  const pid_t pid = child([&] {
    const auto gateway = make_gateway(folder + "/origin.pem", filtered);
    std::ofstream{authority} << gateway->authority_pem();
    while (true) {
      (void)gateway->take_events();
      std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
  });
  if (!reachable(kGateway)) std::exit(4);
  std::this_thread::sleep_for(std::chrono::milliseconds{200});
  return pid;
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

void compare(const char* name, const Load& ours, const Load& theirs, const char* peer, int rounds, double seconds,
             int callers) {
  std::vector<double> own;
  std::vector<double> other;
  for (int round = 0; round < rounds; ++round) {
    const Seen a = run_load(ours, callers, seconds, UINT64_MAX);
    const Seen b = run_load(theirs, callers, seconds, UINT64_MAX);
    own.push_back(a.per_second);
    other.push_back(b.per_second);
    (void)std::printf(
        "%s round %d: gateway %.0f/s p50 %.0f us p99 %.0f us (%llu failed), %s %.0f/s p50 %.0f us p99 %.0f us (%llu "
        "failed)\n",
        name, round, a.per_second, a.p50_us, a.p99_us, static_cast<unsigned long long>(a.failed), peer, b.per_second,
        b.p50_us, b.p99_us, static_cast<unsigned long long>(b.failed));
  }
  (void)std::printf("%s: gateway %.0f/s, %s %.0f/s, ratio %.2f (medians of %d rounds)\n", name, quantile(own, 0.5),
                    peer, quantile(other, 0.5), quantile(own, 0.5) / quantile(other, 0.5), rounds);
}

void memory_over_requests(pid_t gateway, const Load& load, std::uint64_t requests, int callers) {
  (void)run_load(load, callers, 0, 10'000);
  const double begin = resident_kib(gateway);
  for (int part = 1; part <= 10; ++part) {
    const Seen seen = run_load(load, callers, 0, requests / 10);
    (void)std::printf("after %llu requests: %.0f KiB resident, %.0f/s, %llu failed\n",
                      static_cast<unsigned long long>(requests / 10 * static_cast<std::uint64_t>(part)),
                      resident_kib(gateway), seen.per_second, static_cast<unsigned long long>(seen.failed));
  }
  (void)std::printf("memory over %llu requests: %.0f KiB at the start, %.0f KiB at the end\n",
                    static_cast<unsigned long long>(requests), begin, resident_kib(gateway));
}

void memory_with_loris(pid_t gateway, const Load& load, int count) {
  (void)run_load(load, 4, 0, 1'000);
  const double begin = resident_kib(gateway);
  std::vector<os::Fd> slow;
  for (int at = 0; at < count; ++at) {
    slow.push_back(connect_to(load.proxy));
    (void)::send(slow.back().get(), "GET http://127.0.0.1:18080/ HTTP/1.1\r\nHost", 43, MSG_NOSIGNAL);
  }
  for (int second = 0; second < 15; ++second) {
    for (const os::Fd& fd : slow) (void)::send(fd.get(), "x", 1, MSG_NOSIGNAL);
    const Seen seen = run_load(load, 1, 0.5, UINT64_MAX);
    (void)std::printf(
        "%d slow heads, second %d: %.0f KiB resident (%.0f before), a good caller gets %.0f/s, p99 %.0f us\n", count,
        second, resident_kib(gateway), begin, seen.per_second, seen.p99_us);
    std::this_thread::sleep_for(std::chrono::milliseconds{500});
  }
}

}  // namespace

int main(int argc, char** argv) {
  double seconds = 2;
  int rounds = 5;
  int callers = 8;
  int loris = 0;
  std::uint64_t requests = 0;
  for (int at = 1; at + 1 < argc; at += 2) {
    const std::string key = argv[at];
    const double value = std::strtod(argv[at + 1], nullptr);
    if (key == "--seconds") seconds = value;
    if (key == "--rounds") rounds = static_cast<int>(value);
    if (key == "--callers") callers = static_cast<int>(value);
    if (key == "--loris") loris = static_cast<int>(value);
    if (key == "--requests") requests = static_cast<std::uint64_t>(value);
  }
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)std::setvbuf(stdout, nullptr, _IOLBF, 0);
  char folder_name[] = "/tmp/belljar_gateway_bench.XXXXXX";
  const std::string folder = ::mkdtemp(folder_name);
  const auto authority = must(codec::TlsAuthority::make("bench origin"));
  std::ofstream{folder + "/origin.pem"} << authority->certificate_pem();
  const pid_t outside = child([&] { origin(*authority); });
  if (!reachable(kPlain) || !reachable(kSealed)) return 4;

  pid_t gateway = start_gateway(folder, false);
  const Load plain{kGateway, false, {}};
  if (requests != 0) memory_over_requests(gateway, plain, requests, callers);
  if (loris != 0) memory_with_loris(gateway, plain, loris);
  if (requests == 0 && loris == 0) {
    std::ofstream{folder + "/tinyproxy.conf"} << "Port " << kTinyproxy
                                              << "\nListen 127.0.0.1\nTimeout 60\nMaxClients 200\nLogLevel Critical\n";
    const pid_t tinyproxy = spawn({"tinyproxy", "-d", "-c", folder + "/tinyproxy.conf"});
    if (reachable(kTinyproxy)) {
      compare("plain", plain, Load{kTinyproxy, false, {}}, "tinyproxy", rounds, seconds, callers);
      const Load closing{kGateway, false, {}, false};
      compare("plain, a connection each", closing, Load{kTinyproxy, false, {}, false}, "tinyproxy", rounds, seconds,
              callers);
    }
    end_child(tinyproxy);
    end_child(gateway);

    gateway = start_gateway(folder, true);
    const pid_t mitmproxy =
        spawn({"mitmdump", "-q", "--listen-host", "127.0.0.1", "-p", std::to_string(kMitmproxy), "--set",
               "confdir=" + folder, "--set", "ssl_verify_upstream_trusted_ca=" + folder + "/origin.pem"});
    if (reachable(kMitmproxy)) {
      const Load ours{kGateway, true, text_of(folder + "/gateway.pem")};
      const Load theirs{kMitmproxy, true, text_of(folder + "/mitmproxy-ca-cert.pem")};
      compare("intercepted", ours, theirs, "mitmproxy", rounds, seconds, callers);
    }
    end_child(mitmproxy);
  }
  end_child(gateway);
  end_child(outside);
  for (const char* name : {"origin.pem", "gateway.pem", "tinyproxy.conf"})
    (void)::unlink((folder + "/" + name).c_str());
  return 0;
}
