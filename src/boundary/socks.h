// Socks: SOCKS5 (RFC 1928) from the side of the proxy: a greeting without authentication, then CONNECT to a name or an
// address.
//
//   SocksReader reader;
//   while (true) {
//     Result<SocksStep> step = reader.feed(bytes);      // again and again, as bytes come
//     if (step.value() == SocksStep::greet) send(kSocksNoAuthentication);
//     if (step.value() == SocksStep::connect) break;    // reader.target(); reader.rest(): what came after the request
//   }
//   send(socks_reply(SocksCode::succeeded));
//
// A name is taken as bytes and read by parse_host(), so that a NUL inside is refused and not the end. An error carries
// the code to answer with in reader.code(). Pure; bounded by 262 bytes of a request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "boundary/host.h"

namespace belljar::boundary {

enum class SocksStep : std::uint8_t { more, greet, connect };
enum class SocksCode : std::uint8_t {
  succeeded = 0,
  failed = 1,
  not_allowed = 2,
  unreachable = 4,
  refused = 5,
  no_such_command = 7,
  no_such_address = 8,
};

inline constexpr std::string_view kSocksNoAuthentication{"\x05\x00", 2};
inline constexpr std::string_view kSocksNoMethod{"\x05\xff", 2};

class SocksReader {
 public:
  Result<SocksStep> feed(std::string_view bytes);
  const Authority& target() const { return target_; }
  const std::string& asked() const { return asked_; }  // the host as sent, for an event; printable
  std::uint16_t port() const { return target_.port; }
  SocksCode code() const { return code_; }
  bool greeted() const { return greeted_; }
  std::string rest() { return std::move(waiting_); }

 private:
  Result<SocksStep> read_greeting();
  Result<SocksStep> read_request();

  std::string waiting_;
  bool greeted_ = false;
  Authority target_;
  std::string asked_;
  SocksCode code_ = SocksCode::failed;
};

std::string socks_reply(SocksCode code);

}  // namespace belljar::boundary
