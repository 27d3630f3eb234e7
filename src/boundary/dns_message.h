// DnsMessage: the part of DNS (RFC 1035) that a sandbox needs and a resolver gives: one question, A and AAAA answers.
//
//   DnsQuestion asked = TRY(parse_dns_query(datagram));            // from inside: hostile
//   std::string answer = dns_address(asked, synthetic, 30);        // or dns_refusal(asked, DnsCode::refused)
//
//   std::string query = dns_query(id, "example.com", DnsType::a);  // to a resolver outside
//   std::vector<IpAddress> found = TRY(parse_dns_answer(reply, id, "example.com", DnsType::a));
//
// Queries: one question, no compression, class IN, at most 512 bytes, an additional record (EDNS) is passed over. The
// name comes out as text, in lower case; labels with bytes that are none of a host name stay escaped (\046) so that no
// name can pose as another. Answers: aliases are followed within the message, at most 16; compression only backwards.
// Pure; Errc::corrupt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "boundary/host.h"

namespace belljar::boundary {

enum class DnsType : std::uint16_t { a = 1, aaaa = 28 };
enum class DnsCode : std::uint8_t { ok = 0, malformed = 1, failed = 2, no_such_name = 3, refused = 5 };

struct DnsQuestion {
  std::uint16_t id = 0;
  std::uint16_t type = 0;  // as sent: DnsType, or one we do not answer
  bool recursion = true;
  std::string name;   // "example.com"
  std::string asked;  // the question section, as sent, for the answer repeats it
};

Result<DnsQuestion> parse_dns_query(std::string_view datagram);
std::string dns_address(const DnsQuestion& question, const IpAddress& address, std::uint32_t seconds);
std::string dns_refusal(const DnsQuestion& question,
                        DnsCode code);  // `ok`: the name is there, and has none of that type

std::string dns_query(std::uint16_t id, std::string_view name, DnsType type);
// The addresses; none: the name has none of that type, or there is no such name.
Result<std::vector<IpAddress>> parse_dns_answer(std::string_view message, std::uint16_t id, std::string_view name,
                                                DnsType type);

}  // namespace belljar::boundary
