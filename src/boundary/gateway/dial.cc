#include "boundary/gateway/dial.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sstream>
#include <utility>

#include "boundary/dns_message.h"
#include "codec/crypto.h"
#include "os/file.h"

namespace belljar::boundary {

namespace {

constexpr auto kSettled = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kKeptMax = 64;
constexpr std::size_t kPinnedMax = 4096;
constexpr std::uint64_t kFileMax = 4U << 20;
constexpr Milliseconds kResolverWait{2000};
constexpr Milliseconds kConnectWait{5000};

asio::ip::address to_asio(const IpAddress& address) {
  if (!address.is_v6) {
    asio::ip::address_v4::bytes_type bytes{};
    std::copy_n(address.bytes.begin(), bytes.size(), bytes.begin());
    return asio::ip::address_v4{bytes};
  }
  return asio::ip::address_v6{address.bytes};
}

Refusal unreachable(const Asked& asked, std::string_view why) {
  Refusal refusal{spec::NetworkKind::unreachable, "gateway/dial", {}, {}, 502};
  refusal.reason = "connect to " + asked.host + ":" + std::to_string(asked.port) + ": " + std::string{why};
  return refusal;
}

}  // namespace

NameSources NameSources::read(const std::string& hosts_file, const std::string& resolver_file) {
  NameSources sources;
  const Result<std::string> hosts = os::read_file(hosts_file, kFileMax);
  std::istringstream lines{hosts ? hosts.value() : std::string{}};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line.substr(0, line.find('#'))};
    std::string word;
    if (!(words >> word)) continue;
    const auto address = IpAddress::parse(word);
    while (address && words >> word) {
      const Result<Host> host = parse_host(word, Brackets::never);
      if (host && host.value().kind == HostKind::name) sources.hosts[host.value().text].push_back(*address);
    }
  }
  const Result<std::string> resolvers = os::read_file(resolver_file, kFileMax);
  std::istringstream resolver_lines{resolvers ? resolvers.value() : std::string{}};
  for (std::string line; std::getline(resolver_lines, line);) {
    std::istringstream words{line};
    std::string key;
    std::string value;
    if (!(words >> key >> value) || key != "nameserver") continue;
    if (const auto address = IpAddress::parse(value)) sources.resolvers.push_back(*address);
  }
  return sources;
}

Outside::Outside(const GatewaySetup& setup)
    : names_{NameSources::read(setup.hosts_file, setup.resolver_file)}, trust_file_{setup.trust_file} {}

Result<codec::TlsTrust*> Outside::trust() {
  if (!trust_) {
    const std::string roots = TRY_CTX(os::read_file(trust_file_, kFileMax), "read who may vouch for servers");
    trust_ = TRY(codec::TlsTrust::from_pem(roots));
  }
  return trust_.get();
}

awaitable<std::vector<IpAddress>> Dialler::ask(const IpAddress& resolver, const std::string& name, bool v6) {
  const DnsType type = v6 ? DnsType::aaaa : DnsType::a;
  // Drawn anew each time, as is the port, so that nobody off the path can answer for the resolver.
  const Result<std::string> drawn = codec::random_bytes(2);
  if (!drawn) co_return std::vector<IpAddress>{};
  const auto id = static_cast<std::uint16_t>(static_cast<unsigned char>(drawn.value()[0]) << 8U |
                                             static_cast<unsigned char>(drawn.value()[1]));
  const auto executor = co_await asio::this_coro::executor;
  const asio::ip::udp::endpoint server{to_asio(resolver), 53};
  asio::ip::udp::socket socket{executor};
  boost::system::error_code error;
  (void)socket.open(server.protocol(), error);
  if (!error) (void)socket.connect(server, error);
  if (error) co_return std::vector<IpAddress>{};
  (void)socket.send(asio::buffer(dns_query(id, name, type)), 0, error);
  asio::steady_timer timer{executor, kResolverWait};
  timer.async_wait([&socket](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    boost::system::error_code ignored;
    (void)socket.cancel(ignored);
  });
  std::string message(4096, '\0');
  while (true) {
    const auto [failed, bytes] = co_await socket.async_receive(asio::buffer(message), kSettled);
    if (failed) break;
    Result<std::vector<IpAddress>> found = parse_dns_answer(std::string_view{message}.substr(0, bytes), id, name, type);
    if (found) {
      timer.cancel();
      co_return std::move(found).value();
    }
  }
  timer.cancel();
  co_return std::vector<IpAddress>{};
}

awaitable<std::vector<IpAddress>> Dialler::look_up(const std::string& name) {
  const auto known = outside_.names().hosts.find(name);
  if (known != outside_.names().hosts.end()) co_return known->second;
  for (int attempt = 0; attempt < 2; ++attempt) {
    for (const IpAddress& resolver : outside_.names().resolvers) {
      std::vector<IpAddress> found = co_await ask(resolver, name, false);
      const std::vector<IpAddress> more = co_await ask(resolver, name, true);
      found.insert(found.end(), more.begin(), more.end());
      if (!found.empty()) co_return found;
    }
  }
  co_return std::vector<IpAddress>{};
}

awaitable<std::vector<IpAddress>> Dialler::resolve(const Asked& asked, std::optional<Refusal>& refusal) {
  if (asked.is_address) {
    // That the policy let an address through says that a rule names it.
    std::vector<IpAddress> one(1, IpAddress::parse(asked.host).value_or(IpAddress{}));
    co_return one;
  }
  // Names of the house: what stands behind them stands in the run, and the world is not told of them.
  if (asked.host.ends_with(".belljar")) {
    refusal = Refusal{
        spec::NetworkKind::unresolved, "gateway/resolve", "nothing stands at " + asked.host + " in this run", {}, 502};
    co_return std::vector<IpAddress>{};
  }
  const auto pinned = pinned_.find(asked.host);
  if (pinned != pinned_.end()) co_return pinned->second;
  std::vector<IpAddress> found = co_await look_up(asked.host);
  if (found.empty()) {
    refusal = Refusal{spec::NetworkKind::unresolved, "gateway/resolve", "no address for " + asked.host, {}, 502};
    co_return found;
  }
  for (const IpAddress& address : found) {
    refusal = attached_.ask_address(asked, address);
    if (refusal) co_return std::vector<IpAddress>{};
  }
  if (pinned_.size() < kPinnedMax) pinned_.emplace(asked.host, found);
  co_return found;
}

awaitable<std::unique_ptr<Wire>> Dialler::connect(const std::vector<IpAddress>& addresses, std::uint16_t port) {
  const auto executor = co_await asio::this_coro::executor;
  for (const IpAddress& address : addresses) {
    tcp::socket socket{executor};
    auto wire = std::make_unique<Wire>(std::move(socket), watch_);
    const tcp::endpoint to{to_asio(address), port};
    boost::system::error_code error;
    (void)wire->socket().open(to.protocol(), error);
    if (error) continue;
    wire->due_in(kConnectWait);
    const auto [failed] = co_await wire->socket().async_connect(to, kSettled);
    if (failed) continue;
    (void)wire->socket().set_option(tcp::no_delay{true}, error);
    co_return wire;
  }
  co_return nullptr;
}

awaitable<std::unique_ptr<Wire>> Dialler::dial(const Asked& asked, Sealed sealed, std::optional<Refusal>& refusal) {
  const std::vector<IpAddress> addresses = co_await resolve(asked, refusal);
  if (refusal) co_return nullptr;
  std::unique_ptr<Wire> wire = co_await connect(addresses, asked.port);
  if (!wire) {
    refusal = unreachable(asked, "nobody answers");
    co_return nullptr;
  }
  if (sealed == Sealed::no) co_return wire;
  wire->due_in(attached_.limits().head_deadline);
  const Result<codec::TlsTrust*> trust = outside_.trust();
  if (!trust) {
    refusal = unreachable(asked, trust.error().message());
    co_return nullptr;
  }
  Result<codec::TlsSession> session = codec::TlsSession::client(*trust.value(), asked.host);
  if (!session) {
    refusal = unreachable(asked, session.error().message());
    co_return nullptr;
  }
  codec::TlsSession begin = std::move(session).value();
  std::string nothing;
  const Result<void> begun = co_await wire->begin_tls(std::move(begin), std::move(nothing));
  if (!begun) {
    refusal = unreachable(asked, begun.error().message());
    co_return nullptr;
  }
  co_return wire;
}

std::unique_ptr<Wire> Dialler::take_kept(const std::string& key) {
  for (auto at = kept_.rbegin(); at != kept_.rend(); ++at) {
    if (at->key != key) continue;
    std::unique_ptr<Wire> wire = std::move(at->wire);
    kept_.erase(std::next(at).base());
    if (wire->is_open() && !wire->has_input()) return wire;
    return take_kept(key);
  }
  return nullptr;
}

void Dialler::keep(const std::string& key, std::unique_ptr<Wire> wire) {
  wire->due_in(attached_.limits().idle_deadline);
  if (kept_.size() >= kKeptMax) kept_.pop_front();
  kept_.push_back({key, std::move(wire)});
}

}  // namespace belljar::boundary
