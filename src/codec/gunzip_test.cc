#include "codec/gunzip.h"

#include "base/text.h"

namespace belljar::codec {
namespace {

using testing::HasSubstr;

// printf 'hello, hello, hello' | gzip -n
std::string hello() { return from_hex("1f8b0800000000000003cb48cdc9c9d751c840a2009fa1ca0913000000").value(); }

TEST(Gunzip, Unpacks) {
  const Result<std::string> text = gunzip(hello(), 100);
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(text.value(), "hello, hello, hello");
}

TEST(Gunzip, RefusesMoreThanItsBound) {
  const Result<std::string> text = gunzip(hello(), 18);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), Errc::exhausted);
}

TEST(Gunzip, RefusesEveryCutAndEveryFlippedByteOfTheBodyOrEndsUnderItsBound) {
  const std::string whole = hello();
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(gunzip(whole.substr(0, size), 100)) << size;
  for (std::size_t at = 10; at < whole.size() - 4; ++at) {
    std::string broken = whole;
    broken[at] = static_cast<char>(broken[at] ^ 0x11);
    EXPECT_FALSE(gunzip(broken, 100)) << at;
  }
}

TEST(Tar, FindsAFileAndEndsWhereTheArchiveDoes) {
  std::string tar(1024, '\0');
  tar.replace(0, 20, "package/package.json");
  tar.replace(124, 11, "00000000005");
  tar[156] = '0';
  tar.replace(512, 5, "{\"a\"}");
  EXPECT_EQ(find_in_tar(tar, "package/package.json"), "{\"a\"}");
  EXPECT_EQ(find_in_tar(tar, "package"), std::nullopt);
  tar.replace(124, 11, "77777777777");
  EXPECT_EQ(find_in_tar(tar, "package/package.json"), std::nullopt);
}

}  // namespace
}  // namespace belljar::codec
