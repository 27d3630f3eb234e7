// Names: one that some rule may let through gets an address of its own that leads back here; nothing else is answered,
// so that a question carries nothing out.
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/text.h"
#include "boundary/dns_message.h"
#include "boundary/gateway/doors.h"

namespace belljar::boundary {

namespace {

constexpr std::uint32_t kSeconds = 60;
constexpr std::size_t kDatagramMax = 1500;

Refusal own(spec::NetworkKind kind, std::string reason) {
  return Refusal{kind, "gateway/dns", std::move(reason), {}, 403};
}

std::optional<Refusal> check(Attached& attached, const std::string& name) {
  const Result<Host> host = parse_host(name, Brackets::never);
  if (!host) return malformed("gateway/dns", host.error());
  if (host.value().kind != HostKind::name) return own(spec::NetworkKind::malformed, "a question for an address");
  // Screened before the policy speaks: a refused question has told the asker nothing, and its name may be the message.
  std::optional<Refusal> no = attached.count_query(name);
  if (!no) no = screen_whole(attached.screens({}), name);
  if (!no) no = attached.follow("dns", name);
  if (!no) no = attached.ask_name(name);
  return no;
}

// The datagram to answer with; nothing for what is no query.
std::string answer_query(Attached& attached, std::string_view datagram) {
  Asked asked;
  asked.door = "dns";
  asked.port = 53;
  const Result<DnsQuestion> question = parse_dns_query(datagram);
  if (!question) {
    attached.tell(malformed("gateway/dns", question.error()), asked);
    return {};
  }
  const DnsQuestion& query = question.value();
  asked.host = query.name;
  std::optional<Refusal> no = check(attached, query.name);
  std::optional<IpAddress> address;
  if (!no) address = attached.address_of(query.name);
  if (!no && !address) no = own(spec::NetworkKind::budget, "more names than the sandbox may have addresses for");
  if (no) {
    attached.tell(*no, asked);
    return dns_refusal(query, no->kind == spec::NetworkKind::malformed ? DnsCode::malformed : DnsCode::refused);
  }
  if (query.type == static_cast<std::uint16_t>(DnsType::a)) return dns_address(query, *address, kSeconds);
  return dns_refusal(query, DnsCode::ok);
}

}  // namespace

awaitable<void> serve_dns(std::shared_ptr<Box> box, std::shared_ptr<asio::ip::udp::socket> socket) {
  constexpr auto kSettled = asio::as_tuple(asio::use_awaitable);
  std::array<char, kDatagramMax> buffer{};
  while (!box->closed) {
    asio::ip::udp::endpoint from;
    const auto [error, bytes] = co_await socket->async_receive_from(asio::buffer(buffer), from, kSettled);
    if (box->closed || error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
    if (error) {
      co_await pause(Milliseconds{10});
      continue;
    }
    const std::string answer = answer_query(box->attached, std::string_view{buffer.data(), bytes});
    if (answer.empty()) continue;
    const auto [failed, sent] = co_await socket->async_send_to(asio::buffer(answer), from, kSettled);
    (void)failed;
    (void)sent;
  }
}

}  // namespace belljar::boundary
