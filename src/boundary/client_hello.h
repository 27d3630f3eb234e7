// ClientHello: what a TLS client says in clear before anything else: the server's name and the protocols it would
// speak.
//
//   Result<std::optional<ClientHello>> hello = read_client_hello(bytes);   // nullopt: more bytes are needed
//   if (hello.value()->server_name != connect_host) refuse();
//
// Reads the first handshake message out of its records (it may be cut over several) and nothing after it. Refused: what
// is no TLS, SSLv2 hellos, a message longer than 16 KiB, extensions that overlap, repeat or run past their end, more
// than one name, a name that parse_host() refuses, an encrypted hello (ECH), whose real name nobody here could check.
// Pure; Errc::corrupt. Source: RFC 8446 section 4.1.2, RFC 6066 section 3.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace belljar::boundary {

struct ClientHello {
  std::string server_name;             // normalised; empty: none was sent
  std::vector<std::string> protocols;  // ALPN
};

// Whether these bytes begin a TLS handshake record.
bool looks_like_tls(std::string_view bytes);
Result<std::optional<ClientHello>> read_client_hello(std::string_view bytes);

}  // namespace belljar::boundary
