// SHA-256 alone, so that a program which only hashes is linked without OpenSSL's providers and tables.

#include "codec/crypto.h"

#include <openssl/sha.h>

#include <utility>

#include "base/check.h"

namespace belljar::codec {

// The one-block interface of libcrypto: EVP would first load OpenSSL's configuration and providers, which takes longer
// than starting a sandbox. It is marked deprecated for the sake of providers, not of its results.
struct Sha256::State {
  SHA256_CTX context{};
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

Sha256::Sha256() : state_{std::make_unique<State>()} {
  CHECK(SHA256_Init(&state_->context) == 1, "libcrypto has SHA-256");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  CHECK(state_, "Sha256 is used neither after finish() nor after a move");
  CHECK(SHA256_Update(&state_->context, bytes.data(), bytes.size()) == 1, "SHA-256 takes any bytes");
}

Digest Sha256::finish() {
  CHECK(state_, "Sha256 is finished once");
  Digest digest;
  CHECK(SHA256_Final(digest.bytes.data(), &state_->context) == 1, "SHA-256 gives 32 bytes");
  state_.reset();
  return digest;
}

// On the stack: small inputs by the million are what the ledger hashes.
Digest sha256_of(std::initializer_list<std::string_view> parts) {
  SHA256_CTX context;
  CHECK(SHA256_Init(&context) == 1, "libcrypto has SHA-256");
  for (const std::string_view part : parts) {
    CHECK(SHA256_Update(&context, part.data(), part.size()) == 1, "SHA-256 takes any bytes");
  }
  Digest digest;
  CHECK(SHA256_Final(digest.bytes.data(), &context) == 1, "SHA-256 gives 32 bytes");
  return digest;
}

#pragma GCC diagnostic pop

Digest sha256(std::string_view bytes) { return sha256_of({bytes}); }

}  // namespace belljar::codec
