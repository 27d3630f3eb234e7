#include "boundary/host.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace belljar::boundary {

namespace {

constexpr std::size_t kNameMax = 253;  // RFC 1035, as text without the final dot
constexpr std::size_t kLabelMax = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

Error bad(std::string_view text, std::string_view why) {
  return Error{Errc::invalid_argument, "host " + printable(text, 80) + ": " + std::string{why}};
}

std::string_view bad_byte(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) return "a NUL byte inside";
    if (byte == '\r' || byte == '\n') return "a line break inside";
    if (byte <= 0x20 || byte == 0x7f) return "a space or control character inside";
    if (byte >= 0x80) return "bytes past ASCII; a name in another script is written as its A-label (xn--...)";
    if (c == '%') return "percent-encoding inside";
    if (c == '@') return "user information before a host";
    if (c == '\\') return "a backslash inside";
  }
  return {};
}

// Whether readers of URLs would take it for an IPv4 address: its last label is a number in some base.
bool ends_in_number(std::string_view lower) {
  const std::size_t dot = lower.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? lower : lower.substr(dot + 1);
  if (last.empty()) return false;
  if (std::all_of(last.begin(), last.end(), is_digit)) return true;
  return last.size() >= 2 && last.starts_with("0x") && std::all_of(last.begin() + 2, last.end(), is_hex);
}

std::string_view bad_label(std::string_view label) {
  if (label.empty()) return "an empty label";
  if (label.size() > kLabelMax) return "a label longer than 63 bytes";
  if (label.front() == '-' || label.back() == '-') return "a label that begins or ends with a hyphen";
  const auto letter = [](char c) { return is_lower(c) || is_digit(c) || c == '-'; };
  if (!std::all_of(label.begin(), label.end(), letter)) return "characters other than letters, digits and hyphens";
  return {};
}

Result<Host> parse_name(std::string lower, std::string_view text) {
  if (lower.back() == '.') return bad(text, "a dot at the end; write the name without it");
  if (lower.size() > kNameMax) return bad(text, "a name longer than 253 bytes");
  for (std::size_t at = 0; at <= lower.size();) {
    const std::size_t dot = std::min(lower.find('.', at), lower.size());
    const std::string_view why = bad_label(std::string_view{lower}.substr(at, dot - at));
    if (!why.empty()) return bad(text, why);
    at = dot + 1;
  }
  return Host{HostKind::name, std::move(lower), {}};
}

struct Block {
  std::uint32_t first;
  int bits;
  std::string_view why;
};

constexpr std::uint32_t quad(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24U | b << 16U | c << 8U | d;
}

constexpr std::array kBlocks{
    Block{quad(0, 0, 0, 0), 8, "this network (0.0.0.0/8)"},
    Block{quad(10, 0, 0, 0), 8, "private (10.0.0.0/8)"},
    Block{quad(100, 64, 0, 0), 10, "shared by carriers (100.64.0.0/10)"},
    Block{quad(127, 0, 0, 0), 8, "loopback (127.0.0.0/8)"},
    Block{quad(168, 63, 129, 16), 32, "metadata (168.63.129.16)"},
    Block{quad(169, 254, 0, 0), 16, "link-local and metadata (169.254.0.0/16)"},
    Block{quad(172, 16, 0, 0), 12, "private (172.16.0.0/12)"},
    Block{quad(192, 0, 0, 0), 24, "protocol assignments (192.0.0.0/24)"},
    Block{quad(192, 0, 2, 0), 24, "documentation (192.0.2.0/24)"},
    Block{quad(192, 88, 99, 0), 24, "6to4 relay (192.88.99.0/24)"},
    Block{quad(192, 168, 0, 0), 16, "private (192.168.0.0/16)"},
    Block{quad(198, 18, 0, 0), 15, "benchmarking and synthetic (198.18.0.0/15)"},
    Block{quad(198, 51, 100, 0), 24, "documentation (198.51.100.0/24)"},
    Block{quad(203, 0, 113, 0), 24, "documentation (203.0.113.0/24)"},
    Block{quad(224, 0, 0, 0), 4, "multicast (224.0.0.0/4)"},
    Block{quad(240, 0, 0, 0), 4, "reserved and broadcast (240.0.0.0/4)"},
};

std::string_view special_v6(const std::array<std::uint8_t, 16>& b) {
  const auto zeros = [&b](std::size_t from, std::size_t to) {
    return std::all_of(b.begin() + static_cast<std::ptrdiff_t>(from), b.begin() + static_cast<std::ptrdiff_t>(to),
                       [](std::uint8_t byte) { return byte == 0; });
  };
  if (zeros(0, 15) && b[15] == 1) return "loopback (::1)";
  if (zeros(0, 16)) return "unspecified (::)";
  if (zeros(0, 10) && b[10] == 0xff && b[11] == 0xff) return "IPv4 mapped into IPv6 (::ffff:0:0/96)";
  if (zeros(0, 12)) return "IPv4 inside IPv6 (::/96)";
  if (b[0] == 0x00 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b) return "IPv4 translated into IPv6 (64:ff9b::/32)";
  if ((b[0] & 0xfeU) == 0xfc) return "private (fc00::/7)";
  if (b[0] == 0xfe && (b[1] & 0xc0U) == 0x80) return "link-local (fe80::/10)";
  if (b[0] == 0xff) return "multicast (ff00::/8)";
  if ((b[0] & 0xe0U) != 0x20) return "not global unicast (outside 2000::/3)";
  if (b[0] == 0x20 && b[1] == 0x02) return "IPv4 inside IPv6 (2002::/16)";
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] < 0x02) return "protocol assignments (2001::/23)";
  if (b[0] == 0x20 && b[1] == 0x01 && b[2] == 0x0d && b[3] == 0xb8) return "documentation (2001:db8::/32)";
  if (b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10) return "documentation (3fff::/20)";
  return {};
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  // inet_pton reads to a NUL, so that one inside would hide the rest.
  if (text.empty() || text.size() > INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string whole{text};
  IpAddress address;
  address.is_v6 = whole.find(':') != std::string::npos;
  if (inet_pton(address.is_v6 ? AF_INET6 : AF_INET, whole.c_str(), address.bytes.data()) != 1) return std::nullopt;
  if (!address.is_v6 && address.text() != whole) return std::nullopt;
  return address;
}

IpAddress IpAddress::v4(std::uint32_t host_order) {
  IpAddress address;
  for (std::size_t at = 0; at < 4; ++at) {
    address.bytes.at(at) = static_cast<std::uint8_t>(host_order >> (24 - 8 * at));
  }
  return address;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  (void)inet_ntop(is_v6 ? AF_INET6 : AF_INET, bytes.data(), out.data(), out.size());
  return out.data();
}

Result<Host> parse_host(std::string_view text, Brackets brackets) {
  if (text.empty()) return bad(text, "no host");
  if (text.size() > 2 * kNameMax) return bad(text, "a name longer than 253 bytes");
  const std::string_view why = bad_byte(text);
  if (!why.empty()) return bad(text, why);
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const bool bracketed = lower.front() == '[';
  if (bracketed || lower.find(':') != std::string::npos) {
    if (bracketed != (brackets == Brackets::around_v6))
      return bad(text, "an IPv6 address stands in brackets in a URL alone");
    if (bracketed && lower.back() != ']') return bad(text, "a bracket that does not close");
    const auto address = IpAddress::parse(bracketed ? std::string_view{lower}.substr(1, lower.size() - 2) : lower);
    if (!address || !address->is_v6) return bad(text, "no IPv6 address (zones are none of a URL)");
    return Host{HostKind::v6, address->text(), *address};
  }
  if (ends_in_number(lower) || (lower.back() == '.' && ends_in_number(lower.substr(0, lower.size() - 1)))) {
    const auto address = IpAddress::parse(lower);
    if (!address) return bad(text, "an IPv4 address is written as four decimal numbers, as in 192.0.2.1");
    return Host{HostKind::v4, address->text(), *address};
  }
  return parse_name(std::move(lower), text);
}

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || port == 0 || text.front() == '0') {
    return Error{Errc::invalid_argument, "port " + printable(text, 20) + ": expected 1 to 65535"};
  }
  return port;
}

Result<Authority> parse_authority(std::string_view text, std::uint16_t port_default) {
  std::string_view host = text;
  std::uint16_t port = port_default;
  const std::size_t after = text.starts_with('[') ? text.find(']') : 0;
  if (after == std::string_view::npos) return bad(text, "a bracket that does not close");
  const std::size_t colon = text.find(':', after);
  if (colon != std::string_view::npos) {
    host = text.substr(0, colon);
    // The host's own faults are told first: a NUL or an address without brackets makes nonsense of the port.
    if (text.find(':', colon + 1) != std::string_view::npos) return bad(text, "an IPv6 address stands in brackets");
    const std::string_view why = bad_byte(text);
    if (!why.empty()) return bad(text, why);
    port = TRY(parse_port(text.substr(colon + 1)));
  }
  if (port == 0) return bad(text, "a port is missing, as in example.com:443");
  Host parsed = TRY(parse_host(host, Brackets::around_v6));
  return Authority{std::move(parsed), port};
}

std::string_view special_use(const IpAddress& address) {
  if (address.is_v6) return special_v6(address.bytes);
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < 4; ++at) value = value << 8U | address.bytes.at(at);
  const auto* const found = std::find_if(kBlocks.begin(), kBlocks.end(), [value](const Block& block) {
    return block.bits == 0 || (value >> (32 - block.bits)) == (block.first >> (32 - block.bits));
  });
  return found == kBlocks.end() ? std::string_view{} : found->why;
}

}  // namespace belljar::boundary
