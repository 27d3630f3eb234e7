#include "boundary/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "boundary/gateway.h"

namespace belljar::boundary {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<Credential> kCredentials{{"api", "sk-live/0123456789+abc"}, {"other", "tok_42424242424242"}};

TEST(Credentials, ThePlaceholderBecomesTheSecretOfItsNameAlone) {
  Headers headers{{"authorization", "Bearer belljar-credential-api"},
                  {"x-both", "belljar-credential-other belljar-credential-api"}};
  EXPECT_TRUE(put_in(headers, kCredentials[0]));
  EXPECT_EQ(headers[0].second, "Bearer sk-live/0123456789+abc");
  EXPECT_EQ(headers[1].second, "belljar-credential-other sk-live/0123456789+abc");
  EXPECT_FALSE(put_in(headers, {"absent", "x"}));
  Headers basic{{"authorization", "Basic " + to_base64("me:belljar-credential-api")}};
  EXPECT_TRUE(put_in(basic, kCredentials[0]));
  EXPECT_EQ(basic[0].second, "Basic " + to_base64("me:" + kCredentials[0].secret));
}

TEST(Credentials, NoSecretComesBackHoweverTheAnswerIsCut) {
  const std::string& secret = kCredentials[0].secret;
  for (const std::string& spelled :
       {secret, to_base64(secret), to_base64("user:" + secret), to_base64("x" + secret + "yz"),
        std::string{"sk-live%2F0123456789%2Babc"}, secret + secret}) {
    const std::string text = "before sk-live/012 " + spelled + " after sk-live";
    Scrubber once{kCredentials};
    std::string expected = once.push(text);
    expected += once.finish();
    EXPECT_TRUE(once.found());
    EXPECT_THAT(expected, HasSubstr("belljar-credential-api"));
    EXPECT_THAT(expected, Not(HasSubstr("0123456789")));
    EXPECT_TRUE(expected.starts_with("before sk-live/012 ") && expected.ends_with(" after sk-live")) << expected;
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      Scrubber pieces{kCredentials};
      std::string out = pieces.push(std::string_view{text}.substr(0, cut));
      out += pieces.push(std::string_view{text}.substr(cut));
      out += pieces.finish();
      ASSERT_EQ(out, expected) << "cut at " << cut;
    }
    Scrubber bytes{kCredentials};
    std::string out;
    for (const char c : text) out += bytes.push({&c, 1});
    EXPECT_EQ(out + bytes.finish(), expected);
  }
}

}  // namespace
}  // namespace belljar::boundary
