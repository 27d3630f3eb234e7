#include "codec/crypto.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace belljar::codec {
namespace {

TEST(Crypto, sha256_gives_the_standard_digests) {
  EXPECT_EQ(sha256("").hex(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc").text(), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Crypto, pieces_and_the_whole_have_one_digest) {
  Sha256 pieces;
  pieces.update("a");
  Sha256 moved = std::move(pieces);
  moved.update("");
  moved.update("bc");
  EXPECT_EQ(moved.finish(), sha256("abc"));
}

// RFC 8032 section 7.1, tests 1 and 2.
TEST(Crypto, ed25519_gives_the_standard_signatures) {
  const SigningKey first =
      SigningKey::from_seed(from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").value())
          .value();
  EXPECT_EQ(to_hex(first.sign("")),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f059"
            "5bbe246"
            "55141438e7a100b");
  const SigningKey second =
      SigningKey::from_seed(from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb").value())
          .value();
  const PublicKey key = second.public_key();
  EXPECT_EQ(to_hex({reinterpret_cast<const char*>(key.data()), key.size()}),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  EXPECT_EQ(to_hex(second.sign("\x72")),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4"
            "302aeeb00d291"
            "612bb0c00");
}

TEST(Crypto, a_changed_bit_anywhere_is_refused) {
  const SigningKey key = SigningKey::generate().value();
  const std::string message = "checkpoint";
  const std::string signature = key.sign(message);
  ASSERT_TRUE(verify(key.public_key(), message, signature));
  for (std::size_t at = 0; at < signature.size(); ++at) {
    std::string forged = signature;
    forged[at] = static_cast<char>(forged[at] ^ 1);
    EXPECT_FALSE(verify(key.public_key(), message, forged)) << at;
  }
  EXPECT_FALSE(verify(key.public_key(), "checkpoinu", signature));
  EXPECT_FALSE(verify(SigningKey::generate().value().public_key(), message, signature));
  EXPECT_FALSE(verify(key.public_key(), message, signature.substr(1)));
  EXPECT_FALSE(verify(key.public_key(), message, ""));
}

TEST(Crypto, a_seed_brings_its_key_back) {
  const SigningKey key = SigningKey::generate().value();
  EXPECT_EQ(SigningKey::from_seed(key.seed()).value().public_key(), key.public_key());
  EXPECT_NE(SigningKey::generate().value().seed(), key.seed());
  EXPECT_EQ(SigningKey::from_seed("short").error().message(), "signing key: found a seed of 5 bytes, expected 32");
}

}  // namespace
}  // namespace belljar::codec
