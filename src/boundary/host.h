// Host: where a program wants to go, in the one spelling that the policy, the services and the dialler all see.
//
//   Authority to = TRY(parse_authority("Example.COM:8443", 80));   // name "example.com", port 8443
//   if (to.host.kind != HostKind::name) reason = special_use(to.host.address);
//
// One parser for every door, and it refuses whatever two readers could take differently: addresses in any spelling but
// the canonical one (0x7f.1, 017700000001, 2130706433, 127.1), IPv6 outside brackets or with a zone, user information,
// percent signs, control characters, bytes past ASCII (names in other scripts are written as their A-labels, xn--...),
// empty, over-long and hyphen-edged labels, a dot at the end. Names come out in lower case.
//
// special_use() says why an address is none to dial unless a rule names it: the special-purpose registries of IANA
// (RFC 6890) for IPv4; for IPv6 everything outside 2000::/3 and what carries an IPv4 address inside. Empty: go ahead.
// Pure functions, linear time, Errc::invalid_argument.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar::boundary {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // of IPv4 the first four
  bool is_v6 = false;

  static std::optional<IpAddress> parse(std::string_view text);  // canonical dotted quad, or RFC 4291 without a zone
  static IpAddress v4(std::uint32_t host_order);
  std::string text() const;
  bool operator==(const IpAddress&) const = default;
};

enum class HostKind : std::uint8_t { name, v4, v6 };

struct Host {
  HostKind kind = HostKind::name;
  std::string text;   // "example.com", "192.0.2.1", "2001:db8::1" (no brackets)
  IpAddress address;  // of v4 and v6

  std::string in_url() const { return kind == HostKind::v6 ? "[" + text + "]" : text; }
  bool operator==(const Host&) const = default;
};

struct Authority {
  Host host;
  std::uint16_t port = 0;

  bool operator==(const Authority&) const = default;
};

enum class Brackets : std::uint8_t { around_v6, never };  // in a URL, or where the host stands alone (SOCKS, SNI)

Result<Host> parse_host(std::string_view text, Brackets brackets);
// "host" or "host:port"; `port_default` 0: the port must be there.
Result<Authority> parse_authority(std::string_view text, std::uint16_t port_default);
// Decimal, no sign, no leading zero, 1 to 65535.
Result<std::uint16_t> parse_port(std::string_view text);

std::string_view special_use(const IpAddress& address);

}  // namespace belljar::boundary
