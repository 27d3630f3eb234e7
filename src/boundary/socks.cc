#include "boundary/socks.h"

#include <algorithm>

#include "base/text.h"

namespace belljar::boundary {

namespace {

constexpr unsigned char kVersion = 5;
constexpr unsigned char kConnect = 1;
constexpr unsigned char kAddressV4 = 1;
constexpr unsigned char kName = 3;
constexpr unsigned char kAddressV6 = 4;

Error bad(std::string why) { return Error{Errc::corrupt, "SOCKS: " + std::move(why)}; }

unsigned char byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

Host host_of(std::string_view bytes) {
  IpAddress address;
  address.is_v6 = bytes.size() == 16;
  std::transform(bytes.begin(), bytes.end(), address.bytes.begin(),
                 [](char c) { return static_cast<std::uint8_t>(c); });
  return Host{address.is_v6 ? HostKind::v6 : HostKind::v4, address.text(), address};
}

}  // namespace

Result<SocksStep> SocksReader::feed(std::string_view bytes) {
  waiting_ += bytes;
  if (waiting_.empty()) return SocksStep::more;
  if (byte_at(waiting_, 0) != kVersion) return bad("a version other than 5");
  return greeted_ ? read_request() : read_greeting();
}

Result<SocksStep> SocksReader::read_greeting() {
  if (waiting_.size() < 2) return SocksStep::more;
  const std::size_t methods = byte_at(waiting_, 1);
  if (waiting_.size() < 2 + methods) return SocksStep::more;
  if (waiting_.find('\0', 2) >= 2 + methods) return bad("no method without authentication offered");
  waiting_.erase(0, 2 + methods);
  greeted_ = true;
  return SocksStep::greet;
}

Result<SocksStep> SocksReader::read_request() {
  if (waiting_.size() < 5) return SocksStep::more;
  code_ = SocksCode::no_such_command;
  if (byte_at(waiting_, 1) != kConnect) return bad("a command other than CONNECT");
  code_ = SocksCode::no_such_address;
  if (byte_at(waiting_, 2) != 0) return bad("a reserved byte that is not zero");
  const unsigned char kind = byte_at(waiting_, 3);
  if (kind != kAddressV4 && kind != kAddressV6 && kind != kName) return bad("an address of unknown kind");
  const std::size_t begin = kind == kName ? 5 : 4;
  const std::size_t length = kind == kName ? byte_at(waiting_, 4) : kind == kAddressV4 ? 4 : 16;
  if (waiting_.size() < begin + length + 2) return SocksStep::more;
  const std::string host = waiting_.substr(begin, length);
  target_.port =
      static_cast<std::uint16_t>(byte_at(waiting_, begin + length) << 8U | byte_at(waiting_, begin + length + 1));
  waiting_.erase(0, begin + length + 2);
  asked_ = kind == kName ? printable(host, 255) : host_of(host).text;
  if (target_.port == 0) return bad("port 0");
  target_.host = kind == kName ? TRY(parse_host(host, Brackets::never)) : host_of(host);
  code_ = SocksCode::failed;
  return SocksStep::connect;
}

std::string socks_reply(SocksCode code) {
  std::string reply("\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10);
  reply[1] = static_cast<char>(code);
  return reply;
}

}  // namespace belljar::boundary
