#include "scenario/resolve.h"

namespace belljar::scenario {
namespace {

using testing::MatchesRegex;

// Counts up, so that a test knows what comes and no two fills are equal.
class CountingEntropy final : public Entropy {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::byte& one : out) one = static_cast<std::byte>(next_++);
  }

 private:
  unsigned next_ = 0xa0;
};

TEST(Canary, LooksLikeWhatItPretendsToBe) {
  CountingEntropy entropy;
  EXPECT_THAT(canary_content("/work/.aws/credentials", entropy),
              MatchesRegex("\\[default\\]\naws_access_key_id = AKIA[0-9A-F]{16}\naws_secret_access_key = [^\n]{40}\n"));
  EXPECT_THAT(canary_content("/work/.netrc", entropy), MatchesRegex("token = [^\n]{40}\n"));
}

TEST(Canary, DiffersEachTime) {
  CountingEntropy entropy;
  const std::string first = canary_content("/work/key", entropy);
  EXPECT_NE(first, canary_content("/work/key", entropy));
}

}  // namespace
}  // namespace belljar::scenario
