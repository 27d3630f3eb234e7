#include "boundary/path_and_query.h"

namespace belljar::boundary {
namespace {

TEST(PathAndQuery, TakesApart) {
  const auto target = parse_path_and_query("/a%20b/c/?x=1+2&y=%26&flag");
  ASSERT_TRUE(target);
  EXPECT_EQ(target.value().steps, (std::vector<std::string>{"a b", "c", ""}));
  EXPECT_EQ(*target.value().find("x"), "1 2");
  EXPECT_EQ(*target.value().find("y"), "&");
  EXPECT_EQ(*target.value().find("flag"), "");
  EXPECT_EQ(target.value().find("z"), nullptr);
}

class BadTarget : public testing::TestWithParam<const char*> {};
TEST_P(BadTarget, IsRefused) { EXPECT_FALSE(parse_path_and_query(GetParam())); }
INSTANTIATE_TEST_SUITE_P(Each, BadTarget,
                         testing::Values("", "a", "*", "http://a/", "/../etc", "/a/%2e%2E/b", "/%2e", "/a%2f..%2fb",
                                         "/%2e%2f", "/%00", "/%", "/%4", "/%zz", "/a#b", "/%ff%fe", "/?%zz=1"));

TEST(PathAndQuery, EncodingIsUndoneByDecoding) {
  std::string all;
  for (int c = 1; c < 128; ++c) all += static_cast<char>(c);
  const auto target = parse_path_and_query("/" + percent_encode(all, Slash::escaped));
  ASSERT_TRUE(target);
  EXPECT_EQ(target.value().steps[0], all);
}

}  // namespace
}  // namespace belljar::boundary
