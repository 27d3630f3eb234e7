#include "ledger/checkpoint.h"

#include <gtest/gtest.h>

#include "ledger/note.h"

namespace belljar::ledger {
namespace {

const char* const kExample =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

TEST(Checkpoint, ReadsTheSpecificationsExample) {
  const Result<Checkpoint> checkpoint = parse_checkpoint(kExample);
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint.value().origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint.value().head.size, 20852163U);
  EXPECT_EQ(checkpoint.value().text(), kExample);
}

TEST(Checkpoint, RefusesEverySecondForm) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  const std::string rows[] = {
      "",
      "o\n",
      "o\n1\n",
      "o\n1\n" + root,
      "o\n1\n" + root + "\n\n",
      "o\n1\n" + root + "\nextension\n",
      "\n1\n" + root + "\n",
      "o\n01\n" + root + "\n",
      "o\n+1\n" + root + "\n",
      "o\n-1\n" + root + "\n",
      "o\n 1\n" + root + "\n",
      "o\n\n" + root + "\n",
      "o\n18446744073709551616\n" + root + "\n",
      "o\n1\n" + root.substr(4) + "\n",
      "o\n1\nAAAA" + root + "\n",
      "o\n1\n" + root.substr(0, 42) + "J=\n",  // bits after the last byte
      "o\x7F\n1\n" + root + "\n",
      std::string(1025, 'o') + "\n1\n" + root + "\n",
  };
  for (const std::string& row : rows) EXPECT_FALSE(parse_checkpoint(row)) << row;
  EXPECT_TRUE(parse_checkpoint("o\n0\n" + root + "\n"));
}

TEST(Checkpoint, IsSignedAsANote) {
  const codec::SigningKey key = codec::SigningKey::from_seed(std::string(32, 1)).value();
  const Checkpoint checkpoint{"belljar.local/run/r_1", {3, codec::sha256("root")}};
  const Note note = parse_note(sign_checkpoint(checkpoint, key)).value();
  EXPECT_EQ(note.text, checkpoint.text());
  EXPECT_TRUE(verify_note(note, {std::string{kKeyName}, key.public_key()}));
}

}  // namespace
}  // namespace belljar::ledger
