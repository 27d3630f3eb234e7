#include "ledger/body_pack.h"

#include <gtest/gtest.h>

#include "codec/crypto.h"
#include "codec/zstd.h"

namespace belljar::ledger {
namespace {

const std::string kSalt(kSaltBytes, 's');

TEST(BodyPack, GivesBackItsBodiesInOrder) {
  PackWriter pack;
  pack.add(kSalt, "first");
  pack.add_erased();
  pack.add(kSalt, "");
  EXPECT_EQ(pack.count(), 3U);
  const std::string raw = open_pack(pack.file()).value();
  PackReader reader{raw};
  const PackedBody first = *reader.next().value();
  EXPECT_EQ(first.body, "first");
  EXPECT_EQ(first.salted(), salted_digest(kSalt, "first"));
  EXPECT_TRUE(reader.next().value()->erased);
  EXPECT_EQ(reader.next().value()->body, "");
  EXPECT_FALSE(reader.next().value());
}

TEST(BodyPack, TheDigestIsOfSaltAndBodyAndNoTreeHash) {
  EXPECT_EQ(salted_digest(kSalt, "body"), codec::sha256("\x02" + kSalt + "body"));
  EXPECT_NE(salted_digest(kSalt, "body"), salted_digest(std::string(kSaltBytes, 't'), "body"));
}

TEST(BodyPack, RefusesRecordsThatAreNone) {
  PackWriter pack;
  pack.add(kSalt, "body");
  const std::string raw = open_pack(pack.file()).value();
  for (std::size_t keep = 1; keep < raw.size(); ++keep) {
    EXPECT_FALSE(PackReader{std::string_view{raw}.substr(0, keep)}.next()) << keep;
  }
  EXPECT_FALSE(PackReader{"\x07"}.next());
  std::string lies = raw;
  lies[1 + kSaltBytes] = '\xFF';
  EXPECT_FALSE(PackReader{lies}.next());
}

TEST(BodyPack, PathsHaveOneSpelling) {
  EXPECT_EQ(pack_path(0), "blobs/000");
  EXPECT_EQ(pack_path(1234067), "blobs/x001/x234/067");
  EXPECT_EQ(parse_pack_path("blobs/x001/x234/067"), 1234067U);
  for (const char* path : {"blobs/", "blobs/0", "blobs/0000", "blobs/x000/000", "blobs/000/", "blobs/000.p/1", "000",
                           "blobs/x001/", "blobs/x001", "blobs/-01"}) {
    EXPECT_FALSE(parse_pack_path(path)) << path;
  }
}

}  // namespace
}  // namespace belljar::ledger
