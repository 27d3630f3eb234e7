// Tls: TLS over bytes in memory, for who has the sockets himself: an authority made for one run, the server's side that
// it vouches for, and the client's side that checks a real server.
//
//   auto authority = TRY(TlsAuthority::make("belljar run"));
//   TlsSession session = TRY(TlsSession::server(*authority, "api.example.com"));
//   TRY(session.feed(bytes_from_the_socket));
//   send(session.take_output());                    // after every call: what is to be sent, sealed
//   if (session.ready()) { plain = session.take_plain(); TRY(session.write(answer)); }
//
// TLS 1.2 and 1.3, HTTP/1.1 as the only protocol by ALPN, no renegotiation, no tickets, no compression. The authority
// is an EC P-256 key and a certificate of 7 days with a constraint to sign no further authorities; leaf certificates
// carry the one name, share one key, and are kept for up to 512 names. Neither key leaves this object. A client checks
// the chain, the dates and the name, at least TLS 1.2. Errors: Errc::corrupt from the other side, Errc::denied where it
// cannot be trusted. A session is used by one thread at a time; an authority and a trust store by one thread at a time
// too.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace belljar::codec {

class TlsAuthority {
 public:
  static Result<std::unique_ptr<TlsAuthority>> make(std::string_view common_name);
  ~TlsAuthority();
  TlsAuthority(const TlsAuthority&) = delete;
  TlsAuthority& operator=(const TlsAuthority&) = delete;

  std::string certificate_pem() const;

 private:
  friend class TlsSession;
  struct State;
  explicit TlsAuthority(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Who may vouch for a server.
class TlsTrust {
 public:
  static Result<std::unique_ptr<TlsTrust>> from_pem(std::string_view certificates);  // many, one after another
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

 private:
  friend class TlsSession;
  struct State;
  explicit TlsTrust(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class TlsSession {
 public:
  // `host`: the name or address that the certificate is to carry, or that the server must prove.
  static Result<TlsSession> server(TlsAuthority& authority, const std::string& host);
  static Result<TlsSession> client(TlsTrust& trust, const std::string& host);
  ~TlsSession();
  TlsSession(TlsSession&&) noexcept;
  TlsSession& operator=(TlsSession&&) noexcept;

  Result<void> feed(std::string_view sealed);
  Result<void> write(std::string_view plain);  // ready()
  void close();                                // a close-notify goes into the output
  std::string take_output();
  std::string take_plain();
  bool ready() const;   // the handshake is done
  bool closed() const;  // the other side has said goodbye: what take_plain() gave is whole

 private:
  struct State;
  explicit TlsSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace belljar::codec
