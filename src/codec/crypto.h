// Crypto: SHA-256 and Ed25519 from OpenSSL, behind values that cannot be mixed up.
//
//   Digest d = sha256(bytes);
//   SigningKey key = TRY(SigningKey::generate());
//   std::string signature = key.sign(message);   // 64 bytes
//   bool ok = verify(key.public_key(), message, signature);
//
// Pure functions; a SigningKey may be used from one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/result.h"

namespace belljar::codec {

Digest sha256(std::string_view bytes);
// Of the concatenation, which is never made.
Digest sha256_of(std::initializer_list<std::string_view> parts);
// From the system's generator, for secrets.
Result<std::string> random_bytes(std::size_t count);

// For input that comes in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

using PublicKey = std::array<std::uint8_t, 32>;

class SigningKey {
 public:
  static Result<SigningKey> generate();
  static Result<SigningKey> from_seed(std::string_view seed);  // 32 bytes
  std::string seed() const;
  PublicKey public_key() const;
  std::string sign(std::string_view message) const;

 private:
  SigningKey() = default;
  std::array<std::uint8_t, 32> seed_{};
};

bool verify(const PublicKey& key, std::string_view message, std::string_view signature);

}  // namespace belljar::codec
