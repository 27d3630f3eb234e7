#include "codec/crypto.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>

#include "base/check.h"

namespace belljar::codec {

namespace {

constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kSignatureBytes = 64;

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using MdContext = std::unique_ptr<EVP_MD_CTX, Free>;
using Pkey = std::unique_ptr<EVP_PKEY, Free>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Pkey private_key(const std::array<std::uint8_t, kSeedBytes>& seed) {
  return Pkey{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size())};
}

}  // namespace

Result<std::string> random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    return Error{Errc::unavailable, "draw random bytes: the random number generator has no entropy (see getrandom(2))"};
  }
  return bytes;
}

Result<SigningKey> SigningKey::generate() { return from_seed(TRY_CTX(random_bytes(kSeedBytes), "make a signing key")); }

Result<SigningKey> SigningKey::from_seed(std::string_view seed) {
  if (seed.size() != kSeedBytes) {
    return Error{Errc::invalid_argument,
                 "signing key: found a seed of " + std::to_string(seed.size()) + " bytes, expected 32"};
  }
  SigningKey key;
  std::copy(seed.begin(), seed.end(), key.seed_.begin());
  return key;
}

std::string SigningKey::seed() const { return {reinterpret_cast<const char*>(seed_.data()), seed_.size()}; }

PublicKey SigningKey::public_key() const {
  const Pkey key = private_key(seed_);
  PublicKey out{};
  std::size_t length = out.size();
  CHECK(key && EVP_PKEY_get_raw_public_key(key.get(), out.data(), &length) == 1 && length == out.size(),
        "every 32 bytes are an Ed25519 seed");
  return out;
}

std::string SigningKey::sign(std::string_view message) const {
  const Pkey key = private_key(seed_);
  const MdContext context{EVP_MD_CTX_new()};
  std::string signature(kSignatureBytes, '\0');
  std::size_t length = signature.size();
  CHECK(key && context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1,
        "every 32 bytes are an Ed25519 seed");
  CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length, bytes_of(message),
                       message.size()) == 1 &&
            length == kSignatureBytes,
        "Ed25519 signs any bytes");
  return signature;
}

bool verify(const PublicKey& key, std::string_view message, std::string_view signature) {
  if (signature.size() != kSignatureBytes) return false;
  const Pkey pkey{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size())};
  const MdContext context{EVP_MD_CTX_new()};
  if (!pkey || !context) return false;
  if (EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, pkey.get()) != 1) return false;
  const int verified =
      EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size());
  // A forged signature leaves entries on this thread's error queue, which nobody else reads.
  ERR_clear_error();
  return verified == 1;
}

}  // namespace belljar::codec
