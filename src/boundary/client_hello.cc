#include "boundary/client_hello.h"

#include <algorithm>
#include <set>

#include "boundary/host.h"

namespace belljar::boundary {

namespace {

constexpr std::size_t kHelloMax = 16U << 10;
constexpr int kRecordsMax = 32;
constexpr std::uint16_t kServerName = 0;
constexpr std::uint16_t kProtocols = 16;
constexpr std::uint16_t kEncryptedHello = 0xfe0d;

Error bad(std::string why) { return Error{Errc::corrupt, "TLS client hello: " + std::move(why)}; }

// Takes numbers and length-prefixed pieces off the front; once it has run short, everything is empty and sound is
// false.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_{bytes} {}

  std::size_t number(std::size_t width) {
    std::size_t value = 0;
    for (const char c : take(width)) value = value << 8U | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view take(std::size_t count) {
    if (count > bytes_.size()) {
      sound_ = false;
      bytes_ = {};
      return {};
    }
    const std::string_view piece = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return piece;
  }
  std::string_view vector(std::size_t width) { return take(number(width)); }
  bool empty() const { return bytes_.empty(); }
  bool sound() const { return sound_; }

 private:
  std::string_view bytes_;
  bool sound_ = true;
};

Result<std::string> read_server_name(std::string_view body) {
  Cursor outer{body};
  Cursor names{outer.vector(2)};
  const std::size_t kind = names.number(1);
  const std::string_view name = names.vector(2);
  if (!outer.sound() || !outer.empty() || !names.sound() || !names.empty() || kind != 0) {
    return bad("not one server name");
  }
  Host host = TRY_CTX(parse_host(name, Brackets::never), "TLS server name");
  if (host.kind != HostKind::name) return bad("an address for a server name");
  return std::move(host.text);
}

Result<std::vector<std::string>> read_protocols(std::string_view body) {
  Cursor outer{body};
  Cursor list{outer.vector(2)};
  std::vector<std::string> protocols;
  while (!list.empty()) protocols.emplace_back(list.vector(1));
  if (!outer.sound() || !outer.empty() || !list.sound() || protocols.size() > 16) return bad("broken protocol list");
  return protocols;
}

Result<ClientHello> read_extensions(std::string_view bytes) {
  ClientHello hello;
  Cursor list{bytes};
  std::set<std::size_t> seen;
  while (!list.empty()) {
    const std::size_t kind = list.number(2);
    const std::string_view body = list.vector(2);
    if (!list.sound()) return bad("an extension past its end");
    if (!seen.insert(kind).second) return bad("an extension twice");
    if (kind == kServerName) hello.server_name = TRY(read_server_name(body));
    if (kind == kProtocols) hello.protocols = TRY(read_protocols(body));
    // The inner kind of a grease extension (one byte, 1) is sent by nobody to a server it has no key of; the outer is
    // sent as grease by browsers, and cannot be told from a real one.
    if (kind == kEncryptedHello) return bad("an encrypted hello hides the server's name");
  }
  return hello;
}

Result<ClientHello> read_body(std::string_view body) {
  Cursor cursor{body};
  const std::size_t version = cursor.number(2);
  (void)cursor.take(32);  // random
  const std::string_view session = cursor.vector(1);
  const std::string_view suites = cursor.vector(2);
  const std::string_view compressions = cursor.vector(1);
  if (!cursor.sound() || session.size() > 32 || suites.size() < 2 || suites.size() % 2 != 0 || compressions.empty()) {
    return bad("broken before its extensions");
  }
  if (version < 0x0303) return bad("a version before TLS 1.2");
  if (cursor.empty()) return ClientHello{};
  const std::string_view extensions = cursor.vector(2);
  if (!cursor.sound() || !cursor.empty()) return bad("bytes after its extensions");
  return read_extensions(extensions);
}

}  // namespace

bool looks_like_tls(std::string_view bytes) {
  return !bytes.empty() && bytes[0] == '\x16' && (bytes.size() < 2 || bytes[1] == '\x03');
}

Result<std::optional<ClientHello>> read_client_hello(std::string_view bytes) {
  std::string message;
  for (int records = 0;; ++records) {
    // Each look begins anew, so that a hello in crumbs would cost its square.
    if (records > kRecordsMax) return bad("cut over more than 32 records");
    const std::size_t wanted = message.size() < 4 ? 4 : 4 + Cursor{std::string_view{message}.substr(1)}.number(3);
    if (wanted > kHelloMax) return bad("longer than 16 KiB");
    if (!message.empty() && message[0] != '\x01') return bad("another message first");
    if (message.size() >= 4 && message.size() >= wanted) {
      ClientHello hello = TRY(read_body(std::string_view{message}.substr(4, wanted - 4)));
      return std::optional{std::move(hello)};
    }
    if (bytes.empty()) return std::optional<ClientHello>{};
    if (!looks_like_tls(bytes)) return bad("no TLS handshake record");
    if (bytes.size() < 5) return std::optional<ClientHello>{};
    const std::size_t length = Cursor{bytes.substr(3)}.number(2);
    if (length == 0 || length > kHelloMax) return bad("a record of no or too much length");
    const std::size_t there = std::min(length, bytes.size() - 5);
    message += bytes.substr(5, there);
    bytes.remove_prefix(5 + there);
  }
}

}  // namespace belljar::boundary
