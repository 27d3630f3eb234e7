#include "codec/zstd.h"

#include <gtest/gtest.h>

namespace belljar::codec {
namespace {

TEST(Zstd, GivesBackWhatItTook) {
  for (const std::string& bytes :
       {std::string{}, std::string{"a"}, std::string(3'000'000, 'x'), std::string("\0\1\2", 3)}) {
    const std::string frame = zstd_compress(bytes);
    EXPECT_EQ(zstd_decompress(frame, bytes.size()).value(), bytes);
  }
  EXPECT_LT(zstd_compress(std::string(3'000'000, 'x')).size(), 1000U);
}

TEST(Zstd, ABombIsRefusedUnopened) {
  const std::string frame = zstd_compress(std::string(3'000'000, 'x'));
  const Result<std::string> refused = zstd_decompress(frame, 2'999'999);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::exhausted);
  EXPECT_EQ(refused.error().message(), "zstd frame: it holds 3000000 bytes, more than 2.9 MiB");
}

TEST(Zstd, RefusesWhatIsNoWholeFrame) {
  const std::string frame = zstd_compress("some bytes, some bytes, some bytes");
  EXPECT_FALSE(zstd_decompress("", 100));
  EXPECT_FALSE(zstd_decompress("no frame at all", 100));
  EXPECT_FALSE(zstd_decompress(frame + 'x', 100));
  EXPECT_FALSE(zstd_decompress(frame + frame, 100));
  for (std::size_t keep = 0; keep < frame.size(); ++keep) EXPECT_FALSE(zstd_decompress(frame.substr(0, keep), 100));
}

}  // namespace
}  // namespace belljar::codec
